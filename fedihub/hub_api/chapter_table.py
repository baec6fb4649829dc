"""The operations of `/api/hub/v1` that are about chapters; `table.py` has all."""

from fedihub.hub_api import chapters, openings
from fedihub.hub_api.chapter_models import (
    Bans,
    ChapterChanges,
    ChapterList,
    ChapterShown,
    Decision,
    Moderators,
    NewChapter,
    OpeningList,
    OpeningShown,
    PartChange,
    QueuePage,
)
from fedihub.hub_api.models import Page
from fedihub.hub_api.operations import Operation

_CHAPTER = "/chapters/{id}"
_PART = "/chapters/{id}/moderators/{member_id}"
_OPENING = "/chapters/{id}/openings/{opening_id}"
_BAN = "/chapters/{id}/bans/{actor_id}"

CHAPTERS: tuple[Operation, ...] = (
    Operation("listChapters", "GET", "/chapters", chapters.show_all, "read", query=Page, answer=ChapterList),
    Operation(
        "foundChapter", "POST", "/chapters", chapters.found, "write",
        body=NewChapter, answer=ChapterShown, status=201, place=_CHAPTER, refuses=(409,),
    ),
    Operation("showChapter", "GET", _CHAPTER, chapters.show, "read", answer=ChapterShown),
    Operation("changeChapter", "PATCH", _CHAPTER, chapters.change, "write", body=ChapterChanges, answer=ChapterShown),
    Operation("showModerators", "GET", f"{_CHAPTER}/moderators", chapters.show_moderators, "read", answer=Moderators),
    Operation(
        "setModerator", "PUT", _PART, chapters.set_moderator, "write",
        body=PartChange, answer=Moderators, refuses=(409,),
    ),
    Operation("leaveChapter", "DELETE", _PART, chapters.leave, "write", status=204, refuses=(409,)),
    Operation(
        "listOpenings", "GET", f"{_CHAPTER}/openings", openings.show_all, "read", query=Page, answer=OpeningList,
    ),
    Operation(
        "showQueue", "GET", f"{_CHAPTER}/queue", openings.show_queue, "read", query=QueuePage, answer=OpeningList,
    ),
    Operation(
        "approveOpening", "POST", f"{_OPENING}/approve", openings.approve, "write",
        answer=OpeningShown, refuses=(409,),
    ),
    Operation(
        "declineOpening", "POST", f"{_OPENING}/decline", openings.decline, "write",
        body=Decision, answer=OpeningShown, refuses=(409,),
    ),
    Operation(
        "removeOpening", "POST", f"{_OPENING}/remove", openings.remove, "write",
        body=Decision, answer=OpeningShown, refuses=(409,),
    ),
    Operation("listBans", "GET", f"{_CHAPTER}/bans", openings.show_bans, "read", answer=Bans),
    Operation("ban", "PUT", _BAN, openings.ban, "write", body=Decision, answer=Bans),
    Operation("unban", "DELETE", _BAN, openings.unban, "write", status=204),
)  # fmt: skip
