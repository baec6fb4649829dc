"""What a member wrote, before it is a post: checked, rendered, its mentions and links resolved.

All of that may need the network, so it happens before the transaction that stores the post.
"""

from dataclasses import dataclass, field
from typing import Any

from fedihub.errors import Invalid
from fedihub.hub import Hub
from fedihub.services.object_links import find_object_links
from fedihub.services.resolving import resolve_mentions
from fedihub.text.clean import can_be_seen, clean_text
from fedihub.text.find import find_handles
from fedihub.text.render import Format, Rendered, render

LONGEST_WARNING = 500


@dataclass(frozen=True, slots=True)
class Draft:
    """A post before it exists. `links` are the posts that its text links to."""

    text: str
    rendered: Rendered
    content_warning: str
    sensitive: bool
    language: str | None
    links: list[dict[str, Any]] = field(default_factory=list)


async def make_draft(
    hub: Hub, *, text: str, content_warning: str, sensitive: bool, language: str | None, format: Format
) -> Draft:
    """Check and render what was written. Raises Invalid."""
    longest = hub.settings.post_max_characters
    text = clean_text(text, limit=longest + 1)
    if len(text) > longest:
        raise Invalid(f"a post has at most {longest} characters", field="text")
    if len(content_warning) > LONGEST_WARNING:
        raise Invalid(f"a content warning has at most {LONGEST_WARNING} characters", field="content_warning")
    named = await resolve_mentions(hub, find_handles(text))
    warning = clean_text(content_warning, limit=LONGEST_WARNING)
    rendered = render(text, hub.uris, named=named, format=format)
    links = await find_object_links(hub, text)
    return Draft(text, rendered, warning, sensitive or bool(warning), language, links)


def check_says_something(draft: Draft, *, has_files: bool) -> None:
    """A post without files needs a text. Raises Invalid."""
    if not has_files and not can_be_seen(draft.text):
        raise Invalid("a post needs a text", field="text")
