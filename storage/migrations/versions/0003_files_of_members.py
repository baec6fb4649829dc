"""Files that members upload and attach to their posts; what of the inbound log is in work is found at once."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
MOMENT = sa.DateTime(timezone=True)
_IN_WORK = "ix_received_activities_in_work"


def upgrade() -> None:
    op.create_table(
        "media",
        *_columns(BIG, "id", "actor_id"),
        *_columns(BIG, "post_id", nullable=True),
        *_columns(sa.String(), "state"),
        *_columns(sa.String(), "name", "preview_name", nullable=True),
        *_columns(sa.String(), "media_type"),
        *_columns(BIG, "size"),
        *_columns(sa.Integer(), "width", "height", "preview_width", "preview_height", nullable=True),
        *_columns(sa.String(), "blurhash", nullable=True),
        *_columns(sa.String(), "description"),
        *_columns(JSON, "focal_point", nullable=True),
        *_columns(sa.Boolean(), "was_attached"),
        *_columns(MOMENT, "created_at", "keep_until"),
        sa.PrimaryKeyConstraint("id", name="pk_media"),
        sa.UniqueConstraint("name", name="uq_media_name"),
        sa.UniqueConstraint("preview_name", name="uq_media_preview_name"),
        _reference("actor_id", "actors.id", on_delete="CASCADE"),
        _reference("post_id", "posts.id", on_delete="SET NULL"),
    )
    for column in ("actor_id", "post_id", "keep_until"):
        op.create_index(f"ix_media_{column}", "media", [column])
    waits = sa.text("state = 'waiting' AND locked_until IS NOT NULL")
    op.create_index(_IN_WORK, "received_activities", ["locked_until"], sqlite_where=waits, postgresql_where=waits)


def downgrade() -> None:
    op.drop_index(_IN_WORK, "received_activities")
    op.drop_table("media")


def _columns(type_: Any, *names: str, nullable: bool = False) -> list[sa.Column[Any]]:
    return [sa.Column(name, type_, nullable=nullable, autoincrement=False) for name in names]


def _reference(column: str, target: str, *, on_delete: str) -> sa.ForeignKeyConstraint:
    name = f"fk_media_{column}_{target.partition('.')[0]}"
    return sa.ForeignKeyConstraint([column], [target], name=name, ondelete=on_delete)
