"""What the whole protocol needs: polls, quotes, edit history, chapters, reports, decisions about actors and hosts."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    for table, columns in _NEW_COLUMNS.items():
        for name, type_, default in columns:
            op.add_column(table, sa.Column(name, type_, nullable=default is None, server_default=default))
    op.create_index("ix_conversations_check_wanted_at", "conversations", ["check_wanted_at"])
    op.create_index(
        "ix_outgoing_activities_passing",
        "outgoing_activities",
        ["created_at"],
        sqlite_where=sa.text("post_id IS NULL AND is_public = 0"),
        postgresql_where=sa.text("post_id IS NULL AND NOT is_public"),
    )
    for create in _TABLES:
        create()
    _change_tombstones()


def downgrade() -> None:
    _change_tombstones_back()
    for create in reversed(_TABLES):
        op.drop_table(create.__name__.removeprefix("_"))
    op.drop_index("ix_outgoing_activities_passing", "outgoing_activities")
    op.drop_index("ix_conversations_check_wanted_at", "conversations")
    for table, columns in _NEW_COLUMNS.items():
        for name, _, _ in columns:
            op.drop_column(table, name)


_EMPTY_LIST, _NONE, _FALSE, _ZERO = sa.text("'[]'"), None, sa.false(), sa.text("0")
_EMPTY = sa.text("''")
_NEW_COLUMNS: dict[str, list[tuple[str, Any, Any]]] = {
    "actors": [
        ("avatar_description", sa.String(), _EMPTY),
        ("header_description", sa.String(), _EMPTY),
        ("emojis", JSON, _EMPTY_LIST),
        ("suspended_at", MOMENT, _NONE),
        ("origin_suspended_at", MOMENT, _NONE),
        ("limited_at", MOMENT, _NONE),
        ("host_level", sa.String(), sa.text("'open'")),
        ("moved_to_uri", sa.String(), _NONE),
        ("moved_at", MOMENT, _NONE),
        ("also_known_as", JSON, _EMPTY_LIST),
    ],
    "actor_keys": [("retired_rsa_private_pem", sa.String(), _NONE), ("retired_at", MOMENT, _NONE)],
    "conversations": [
        ("checked_at", MOMENT, _NONE),
        ("check_after", MOMENT, _NONE),
        ("check_wanted_at", MOMENT, _NONE),
        ("checks", sa.Integer(), _ZERO),
        ("missing", sa.Integer(), _NONE),
    ],
    "received_activities": [("followers_header", sa.String(), _NONE)],
    "follows": [("asked_at", MOMENT, _NONE), ("asks", sa.Integer(), _ZERO)],
    "hosts": [
        ("software_version", sa.String(), _NONE),
        ("software_checked_at", MOMENT, _NONE),
        ("failed_days", sa.Integer(), _ZERO),
        ("unavailable_at", MOMENT, _NONE),
    ],
    "mentions": [("is_silent", sa.Boolean(), _FALSE)],
    "outgoing_activities": [("signed_with_retired", sa.Boolean(), _FALSE)],
    "posts": [
        ("emojis", JSON, _EMPTY_LIST),
        ("links", JSON, _EMPTY_LIST),
        ("quote_policy", sa.String(), _NONE),
        ("is_local_only", sa.Boolean(), _FALSE),
        ("replies_uri", sa.String(), _NONE),
        ("replies_checked_at", MOMENT, _NONE),
        ("origin_likes", sa.Integer(), _NONE),
        ("origin_boosts", sa.Integer(), _NONE),
    ],
}
_ALL_BUT_ONE_OF_EACH_URI = """
    DELETE FROM tombstones
    WHERE actor_uri > (SELECT min(same.actor_uri) FROM tombstones AS same WHERE same.uri = tombstones.uri)
"""


def _change_tombstones() -> None:
    """Several actors may say of one object that it is gone; whose word counts is seen when it comes."""
    _identify_tombstones_by("uri", "actor_uri")


def _change_tombstones_back() -> None:
    op.execute(_ALL_BUT_ONE_OF_EACH_URI)
    _identify_tombstones_by("uri")


def _identify_tombstones_by(*columns: str) -> None:
    with op.batch_alter_table("tombstones") as tombstones:
        tombstones.drop_constraint("pk_tombstones", type_="primary")
        tombstones.create_primary_key("pk_tombstones", list(columns))


def _columns(type_: Any, *names: str, nullable: bool = False) -> list[sa.Column[Any]]:
    return [sa.Column(name, type_, nullable=nullable, autoincrement=False) for name in names]


def _reference(table: str, column: str, target: str, *, on_delete: str = "CASCADE") -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_{column}_{target.partition('.')[0]}"
    return sa.ForeignKeyConstraint([column], [target], name=name, ondelete=on_delete)


def _polls() -> None:
    op.create_table(
        "polls",
        *_columns(BIG, "post_id"),
        *_columns(sa.Boolean(), "is_multiple", "hides_counts"),
        *_columns(MOMENT, "ends_at", "closed_at", "told_at", "checked_at", "news_due_at", nullable=True),
        *_columns(sa.Integer(), "voters_count", nullable=True),
        sa.PrimaryKeyConstraint("post_id", name="pk_polls"),
        _reference("polls", "post_id", "posts.id"),
    )
    op.create_index("ix_polls_told_at_ends_at", "polls", ["told_at", "ends_at"])
    op.create_index("ix_polls_news_due_at", "polls", ["news_due_at"])


def _poll_options() -> None:
    op.create_table(
        "poll_options",
        *_columns(BIG, "post_id"),
        *_columns(sa.Integer(), "position"),
        *_columns(sa.String(), "title"),
        *_columns(sa.Integer(), "votes_count", nullable=True),
        sa.PrimaryKeyConstraint("post_id", "position", name="pk_poll_options"),
        _reference("poll_options", "post_id", "polls.post_id"),
    )


def _poll_votes() -> None:
    op.create_table(
        "poll_votes",
        *_columns(BIG, "id", "post_id", "actor_id"),
        *_columns(sa.Integer(), "position"),
        *_columns(sa.String(), "uri", nullable=True),
        *_columns(MOMENT, "created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_poll_votes"),
        _reference("poll_votes", "post_id", "polls.post_id"),
        _reference("poll_votes", "actor_id", "actors.id"),
    )
    op.create_index("ix_poll_votes_actor_id", "poll_votes", ["actor_id"])
    votes = ["post_id", "actor_id", "position"]
    op.create_index("uq_poll_votes_post_id_actor_id_position", "poll_votes", votes, unique=True)


def _post_revisions() -> None:
    op.create_table(
        "post_revisions",
        *_columns(BIG, "id", "post_id"),
        *_columns(sa.String(), "title", "source_text", nullable=True),
        *_columns(sa.String(), "content_html", "content_warning"),
        *_columns(sa.Boolean(), "sensitive"),
        *_columns(JSON, "attachments", "emojis"),
        *_columns(JSON, "poll_options", nullable=True),
        *_columns(MOMENT, "said_at"),
        sa.PrimaryKeyConstraint("id", name="pk_post_revisions"),
        _reference("post_revisions", "post_id", "posts.id"),
    )
    op.create_index("ix_post_revisions_post_id_id", "post_revisions", ["post_id", "id"])


def _quotes() -> None:
    op.create_table(
        "quotes",
        *_columns(BIG, "post_id"),
        *_columns(BIG, "quoted_post_id", nullable=True),
        *_columns(sa.String(), "quoted_uri", "state"),
        *_columns(sa.String(), "request_uri", "approval_uri", nullable=True),
        *_columns(MOMENT, "created_at", "updated_at"),
        sa.PrimaryKeyConstraint("post_id", name="pk_quotes"),
        _reference("quotes", "post_id", "posts.id"),
        _reference("quotes", "quoted_post_id", "posts.id", on_delete="SET NULL"),
    )
    for name in ("quoted_uri", "quoted_post_id", "request_uri", "approval_uri"):
        op.create_index(f"ix_quotes_{name}", "quotes", [name])


def _quote_stamps() -> None:
    op.create_table(
        "quote_stamps",
        *_columns(BIG, "id", "quoted_post_id"),
        *_columns(sa.String(), "quoting_uri", "quoting_actor_uri"),
        *_columns(MOMENT, "created_at"),
        *_columns(MOMENT, "revoked_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_quote_stamps"),
        sa.UniqueConstraint("quoted_post_id", "quoting_uri", name="uq_quote_stamps_quoted_post_id_quoting_uri"),
        _reference("quote_stamps", "quoted_post_id", "posts.id"),
    )


def _pins() -> None:
    op.create_table(
        "pins",
        *_columns(BIG, "actor_id", "post_id"),
        *_columns(MOMENT, "created_at"),
        sa.PrimaryKeyConstraint("actor_id", "post_id", name="pk_pins"),
        _reference("pins", "actor_id", "actors.id"),
        _reference("pins", "post_id", "posts.id"),
    )
    op.create_index("ix_pins_post_id", "pins", ["post_id"])


def _host_policies() -> None:
    op.create_table(
        "host_policies",
        *_columns(sa.String(), "host", "level", "reason", "note"),
        *_columns(sa.Boolean(), "rejects_media"),
        *_columns(MOMENT, "created_at", "updated_at"),
        sa.PrimaryKeyConstraint("host", name="pk_host_policies"),
    )


def _reports() -> None:
    op.create_table(
        "reports",
        *_columns(BIG, "id", "actor_id"),
        *_columns(sa.String(), "uri", nullable=True),
        *_columns(sa.String(), "reporter_uri", "comment", "closed_by", "outcome"),
        *_columns(JSON, "posts"),
        *_columns(MOMENT, "created_at"),
        *_columns(MOMENT, "closed_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_reports"),
        sa.UniqueConstraint("reporter_uri", "uri", name="uq_reports_reporter_uri_uri"),
        _reference("reports", "actor_id", "actors.id"),
    )
    op.create_index("ix_reports_actor_id", "reports", ["actor_id"])
    op.create_index("ix_reports_closed_at_id", "reports", ["closed_at", "id"])


def _feature_stamps() -> None:
    op.create_table(
        "feature_stamps",
        *_columns(BIG, "id", "actor_id"),
        *_columns(sa.String(), "collection_uri", "requester_uri"),
        *_columns(sa.String(), "request_uri", nullable=True),
        *_columns(MOMENT, "created_at"),
        *_columns(MOMENT, "revoked_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_feature_stamps"),
        sa.UniqueConstraint("actor_id", "collection_uri", name="uq_feature_stamps_actor_id_collection_uri"),
        _reference("feature_stamps", "actor_id", "actors.id"),
    )


def _chapters() -> None:
    op.create_table(
        "chapters",
        *_columns(BIG, "actor_id"),
        *_columns(sa.String(), "place", "rules"),
        *_columns(sa.Boolean(), "trusts_members"),
        *_columns(BIG, "founder_id", nullable=True),
        *_columns(MOMENT, "created_at"),
        sa.PrimaryKeyConstraint("actor_id", name="pk_chapters"),
        _reference("chapters", "actor_id", "actors.id"),
        _reference("chapters", "founder_id", "actors.id", on_delete="SET NULL"),
    )


def _chapter_moderators() -> None:
    op.create_table(
        "chapter_moderators",
        *_columns(BIG, "id", "chapter_id", "member_id"),
        *_columns(sa.String(), "role"),
        *_columns(MOMENT, "created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_chapter_moderators"),
        sa.UniqueConstraint("chapter_id", "member_id", name="uq_chapter_moderators_chapter_id_member_id"),
        _reference("chapter_moderators", "chapter_id", "chapters.actor_id"),
        _reference("chapter_moderators", "member_id", "members.actor_id"),
    )
    op.create_index("ix_chapter_moderators_member_id", "chapter_moderators", ["member_id"])


def _openings() -> None:
    op.create_table(
        "openings",
        *_columns(BIG, "id", "chapter_id", "post_id"),
        *_columns(sa.String(), "state", "reason"),
        *_columns(BIG, "decided_by_id", "boost_id", nullable=True),
        *_columns(MOMENT, "created_at"),
        *_columns(MOMENT, "decided_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_openings"),
        sa.UniqueConstraint("chapter_id", "post_id", name="uq_openings_chapter_id_post_id"),
        _reference("openings", "chapter_id", "chapters.actor_id"),
        _reference("openings", "post_id", "posts.id"),
        _reference("openings", "decided_by_id", "actors.id", on_delete="SET NULL"),
    )
    op.create_index("ix_openings_post_id", "openings", ["post_id"])
    op.create_index("ix_openings_chapter_id_state_id", "openings", ["chapter_id", "state", "id"])


def _chapter_bans() -> None:
    op.create_table(
        "chapter_bans",
        *_columns(BIG, "chapter_id", "actor_id"),
        *_columns(sa.String(), "reason"),
        *_columns(BIG, "banned_by_id", nullable=True),
        *_columns(MOMENT, "created_at"),
        sa.PrimaryKeyConstraint("chapter_id", "actor_id", name="pk_chapter_bans"),
        _reference("chapter_bans", "chapter_id", "chapters.actor_id"),
        _reference("chapter_bans", "actor_id", "actors.id"),
        _reference("chapter_bans", "banned_by_id", "actors.id", on_delete="SET NULL"),
    )
    op.create_index("ix_chapter_bans_actor_id", "chapter_bans", ["actor_id"])


_TABLES = (
    _polls,
    _poll_options,
    _poll_votes,
    _post_revisions,
    _quotes,
    _quote_stamps,
    _pins,
    _host_policies,
    _reports,
    _feature_stamps,
    _chapters,
    _chapter_moderators,
    _openings,
    _chapter_bans,
)
