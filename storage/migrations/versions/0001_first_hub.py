"""Everything that the first hub needs."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    for create in _TABLES:
        create()


def downgrade() -> None:
    for create in reversed(_TABLES):
        op.drop_table(create.__name__.removeprefix("_"))


def _columns(type_: Any, *names: str, nullable: bool = False) -> list[sa.Column[Any]]:
    return [sa.Column(name, type_, nullable=nullable, autoincrement=False) for name in names]


def _reference(table: str, column: str, target: str, *, on_delete: str | None = "CASCADE") -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_{column}_{target.partition('.')[0]}"
    return sa.ForeignKeyConstraint([column], [target], name=name, ondelete=on_delete)


def _actors() -> None:
    op.create_table(
        "actors",
        *_columns(BIG, "id"),
        *_columns(sa.String(), "uri", "kind", "wire_type", "username", "host", "display_name", "bio_html", "inbox_url"),
        *_columns(
            sa.String(),
            "bio_source",
            "url",
            "avatar_url",
            "header_url",
            "shared_inbox_url",
            "followers_url",
            "following_url",
            "outbox_url",
            "featured_url",
            nullable=True,
        ),
        *_columns(JSON, "fields"),
        *_columns(sa.Boolean(), "approves_followers", "discoverable", "indexable"),
        *_columns(sa.Integer(), "followers_count", "following_count", "posts_count"),
        *_columns(MOMENT, "last_post_at", "fetched_at", "gone_at", nullable=True),
        *_columns(MOMENT, "created_at", "updated_at"),
        sa.PrimaryKeyConstraint("id", name="pk_actors"),
        sa.UniqueConstraint("uri", name="uq_actors_uri"),
    )
    op.create_index("ix_actors_kind_id", "actors", ["kind", "id"])
    op.create_index("uq_actors_handle", "actors", [sa.text("lower(username)"), "host"], unique=True)


def _apps() -> None:
    op.create_table(
        "apps",
        *_columns(BIG, "id"),
        *_columns(sa.String(), "client_id", "client_secret_hash", "name"),
        *_columns(sa.String(), "website", nullable=True),
        *_columns(JSON, "redirect_uris", "scopes"),
        *_columns(MOMENT, "created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_apps"),
        sa.UniqueConstraint("client_id", name="uq_apps_client_id"),
    )


def _conversations() -> None:
    op.create_table(
        "conversations",
        *_columns(BIG, "id"),
        *_columns(sa.String(), "uri", nullable=True),
        *_columns(MOMENT, "created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_conversations"),
        sa.UniqueConstraint("uri", name="uq_conversations_uri"),
    )


def _hosts() -> None:
    op.create_table(
        "hosts",
        *_columns(sa.String(), "host", "signature_kind"),
        *_columns(sa.String(), "software", "last_error", nullable=True),
        *_columns(sa.Integer(), "failures"),
        *_columns(MOMENT, "held_until", "last_success_at", "last_failure_at", nullable=True),
        sa.PrimaryKeyConstraint("host", name="pk_hosts"),
    )


def _hub_facts() -> None:
    op.create_table(
        "hub_facts",
        *_columns(sa.String(), "name", "value"),
        sa.PrimaryKeyConstraint("name", name="pk_hub_facts"),
    )


def _processes() -> None:
    op.create_table(
        "processes",
        *_columns(sa.Integer(), "slot"),
        *_columns(sa.String(), "token", "role"),
        *_columns(MOMENT, "started_at", "beat_at"),
        sa.PrimaryKeyConstraint("slot", name="pk_processes"),
    )


def _received_activities() -> None:
    op.create_table(
        "received_activities",
        *_columns(BIG, "id"),
        *_columns(sa.String(), "actor_uri", "activity_type", "key_id", "signature_hash", "state"),
        *_columns(sa.String(), "activity_uri", "object_uri", "dedupe_key", "reason", "detail", nullable=True),
        *_columns(BIG, "inbox_actor_id", nullable=True),
        *_columns(sa.LargeBinary(), "body"),
        *_columns(sa.Integer(), "attempts"),
        *_columns(MOMENT, "run_at", "received_at"),
        *_columns(MOMENT, "locked_until", "finished_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_received_activities"),
        sa.UniqueConstraint("actor_uri", "dedupe_key", name="uq_received_activities_actor_uri_dedupe_key"),
        sa.UniqueConstraint("signature_hash", name="uq_received_activities_signature_hash"),
    )
    op.create_index(
        "ix_received_activities_actor_uri_activity_uri", "received_activities", ["actor_uri", "activity_uri"]
    )
    op.create_index("ix_received_activities_actor_uri_object_uri", "received_activities", ["actor_uri", "object_uri"])
    op.create_index("ix_received_activities_finished_at", "received_activities", ["finished_at"])
    op.create_index("ix_received_activities_state_run_at_id", "received_activities", ["state", "run_at", "id"])


def _refused_requests() -> None:
    op.create_table(
        "refused_requests",
        *_columns(BIG, "id"),
        *_columns(sa.String(), "host", "reason", "detail"),
        *_columns(sa.String(), "key_id", "actor_uri", "activity_type", nullable=True),
        *_columns(sa.Integer(), "status"),
        *_columns(MOMENT, "received_at"),
        sa.PrimaryKeyConstraint("id", name="pk_refused_requests"),
    )


def _remote_keys() -> None:
    op.create_table(
        "remote_keys",
        *_columns(sa.String(), "key_id", "owner_uri", "public_pem"),
        *_columns(MOMENT, "fetched_at"),
        sa.PrimaryKeyConstraint("key_id", name="pk_remote_keys"),
    )
    op.create_index("ix_remote_keys_owner_uri", "remote_keys", ["owner_uri"])


def _tombstones() -> None:
    op.create_table(
        "tombstones",
        *_columns(sa.String(), "uri", "actor_uri"),
        *_columns(sa.Boolean(), "was_public"),
        *_columns(MOMENT, "deleted_at"),
        sa.PrimaryKeyConstraint("uri", name="pk_tombstones"),
    )


def _actor_keys() -> None:
    op.create_table(
        "actor_keys",
        *_columns(BIG, "actor_id"),
        *_columns(sa.String(), "rsa_private_pem", "rsa_public_pem", "ed25519_private_pem", "ed25519_public_multibase"),
        sa.PrimaryKeyConstraint("actor_id", name="pk_actor_keys"),
        _reference("actor_keys", "actor_id", "actors.id"),
    )


def _blocks() -> None:
    op.create_table(
        "blocks",
        *_columns(BIG, "id", "blocker_id", "blocked_id"),
        *_columns(sa.String(), "uri", nullable=True),
        *_columns(MOMENT, "created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_blocks"),
        _reference("blocks", "blocked_id", "actors.id"),
        _reference("blocks", "blocker_id", "actors.id"),
        sa.UniqueConstraint("blocker_id", "blocked_id", name="uq_blocks_blocker_id_blocked_id"),
    )
    op.create_index("ix_blocks_blocked_id", "blocks", ["blocked_id"])
    op.create_index("ix_blocks_uri", "blocks", ["uri"])


def _follows() -> None:
    op.create_table(
        "follows",
        *_columns(BIG, "id", "follower_id", "followed_id"),
        *_columns(sa.String(), "uri", nullable=True),
        *_columns(sa.String(), "state"),
        *_columns(sa.Boolean(), "show_boosts", "notify"),
        *_columns(MOMENT, "created_at"),
        *_columns(MOMENT, "accepted_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_follows"),
        _reference("follows", "followed_id", "actors.id"),
        _reference("follows", "follower_id", "actors.id"),
        sa.UniqueConstraint("follower_id", "followed_id", name="uq_follows_follower_id_followed_id"),
    )
    op.create_index("ix_follows_followed_id_state_id", "follows", ["followed_id", "state", "id"])
    op.create_index("ix_follows_follower_id_state_id", "follows", ["follower_id", "state", "id"])
    op.create_index("ix_follows_uri", "follows", ["uri"])


def _markers() -> None:
    op.create_table(
        "markers",
        *_columns(BIG, "actor_id"),
        *_columns(sa.String(), "timeline", "last_read_id"),
        *_columns(sa.Integer(), "version"),
        *_columns(MOMENT, "updated_at"),
        sa.PrimaryKeyConstraint("actor_id", "timeline", name="pk_markers"),
        _reference("markers", "actor_id", "actors.id"),
    )


def _members() -> None:
    op.create_table(
        "members",
        *_columns(BIG, "actor_id"),
        *_columns(sa.String(), "email", "password_hash", "role"),
        *_columns(MOMENT, "created_at"),
        *_columns(MOMENT, "last_sign_in_at", nullable=True),
        sa.PrimaryKeyConstraint("actor_id", name="pk_members"),
        _reference("members", "actor_id", "actors.id"),
        sa.UniqueConstraint("email", name="uq_members_email"),
    )


def _outgoing_activities() -> None:
    op.create_table(
        "outgoing_activities",
        *_columns(BIG, "id", "actor_id"),
        *_columns(sa.String(), "uri", "activity_type"),
        *_columns(sa.String(), "object_uri", nullable=True),
        *_columns(BIG, "post_id", nullable=True),
        *_columns(sa.Boolean(), "is_public"),
        *_columns(sa.LargeBinary(), "body"),
        *_columns(MOMENT, "created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_outgoing_activities"),
        _reference("outgoing_activities", "actor_id", "actors.id"),
        sa.UniqueConstraint("uri", name="uq_outgoing_activities_uri"),
    )
    op.create_index("ix_outgoing_activities_actor_id", "outgoing_activities", ["actor_id"])
    op.create_index("ix_outgoing_activities_object_uri", "outgoing_activities", ["object_uri"])
    op.create_index("ix_outgoing_activities_post_id", "outgoing_activities", ["post_id"])


def _posts() -> None:
    op.create_table(
        "posts",
        *_columns(BIG, "id", "author_id", "conversation_id"),
        *_columns(sa.String(), "uri", "kind", "wire_type", "content_html", "content_warning", "audience"),
        *_columns(
            sa.String(),
            "url",
            "title",
            "source_text",
            "language",
            "in_reply_to_uri",
            "app_name",
            "app_website",
            nullable=True,
        ),
        *_columns(BIG, "writer_id", "in_reply_to_id", "in_reply_to_author_id", nullable=True),
        *_columns(sa.Boolean(), "is_local", "sensitive"),
        *_columns(JSON, "attachments"),
        *_columns(sa.Integer(), "replies_count", "likes_count", "boosts_count"),
        *_columns(MOMENT, "published_at", "created_at"),
        *_columns(MOMENT, "edited_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_posts"),
        _reference("posts", "author_id", "actors.id"),
        _reference("posts", "conversation_id", "conversations.id", on_delete=None),
        _reference("posts", "in_reply_to_id", "posts.id", on_delete="SET NULL"),
        _reference("posts", "writer_id", "actors.id", on_delete="SET NULL"),
        sa.UniqueConstraint("uri", name="uq_posts_uri"),
    )
    op.create_index("ix_posts_author_id_id", "posts", ["author_id", "id"])
    op.create_index("ix_posts_conversation_id_id", "posts", ["conversation_id", "id"])
    op.create_index("ix_posts_in_reply_to_id_id", "posts", ["in_reply_to_id", "id"])
    op.create_index("ix_posts_in_reply_to_uri", "posts", ["in_reply_to_uri"])
    op.create_index(
        "ix_posts_begun_here",
        "posts",
        ["is_local", "in_reply_to_uri", "id"],
        sqlite_where=sa.text("is_local = 1"),
        postgresql_where=sa.text("is_local"),
    )


def _projects() -> None:
    op.create_table(
        "projects",
        *_columns(BIG, "actor_id"),
        *_columns(sa.String(), "stage"),
        *_columns(JSON, "needs", "links"),
        *_columns(BIG, "founder_id", nullable=True),
        *_columns(MOMENT, "created_at"),
        sa.PrimaryKeyConstraint("actor_id", name="pk_projects"),
        _reference("projects", "actor_id", "actors.id"),
        _reference("projects", "founder_id", "actors.id", on_delete="SET NULL"),
    )


def _access_tokens() -> None:
    op.create_table(
        "access_tokens",
        *_columns(BIG, "id", "app_id"),
        *_columns(sa.String(), "token_hash"),
        *_columns(BIG, "actor_id", "member_id", nullable=True),
        *_columns(JSON, "scopes"),
        *_columns(sa.String(), "code_hash", nullable=True),
        *_columns(MOMENT, "created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_access_tokens"),
        _reference("access_tokens", "actor_id", "actors.id"),
        _reference("access_tokens", "app_id", "apps.id"),
        _reference("access_tokens", "member_id", "members.actor_id"),
        sa.UniqueConstraint("token_hash", name="uq_access_tokens_token_hash"),
    )
    op.create_index("ix_access_tokens_actor_id", "access_tokens", ["actor_id"])
    op.create_index("ix_access_tokens_app_id", "access_tokens", ["app_id"])
    op.create_index("ix_access_tokens_code_hash", "access_tokens", ["code_hash"])
    op.create_index("ix_access_tokens_member_id", "access_tokens", ["member_id"])


def _authorization_codes() -> None:
    op.create_table(
        "authorization_codes",
        *_columns(sa.String(), "code_hash", "redirect_uri"),
        *_columns(BIG, "app_id", "actor_id", "member_id"),
        *_columns(JSON, "scopes"),
        *_columns(sa.String(), "code_challenge", nullable=True),
        *_columns(MOMENT, "created_at", "expires_at"),
        sa.PrimaryKeyConstraint("code_hash", name="pk_authorization_codes"),
        _reference("authorization_codes", "actor_id", "actors.id"),
        _reference("authorization_codes", "app_id", "apps.id"),
        _reference("authorization_codes", "member_id", "members.actor_id"),
    )
    op.create_index("ix_authorization_codes_app_id", "authorization_codes", ["app_id"])
    op.create_index("ix_authorization_codes_expires_at", "authorization_codes", ["expires_at"])


def _boosts() -> None:
    op.create_table(
        "boosts",
        *_columns(BIG, "id", "actor_id", "post_id"),
        *_columns(sa.String(), "uri", nullable=True),
        *_columns(sa.String(), "audience"),
        *_columns(MOMENT, "published_at"),
        sa.PrimaryKeyConstraint("id", name="pk_boosts"),
        _reference("boosts", "actor_id", "actors.id"),
        _reference("boosts", "post_id", "posts.id"),
        sa.UniqueConstraint("actor_id", "post_id", name="uq_boosts_actor_id_post_id"),
        sa.UniqueConstraint("uri", name="uq_boosts_uri"),
    )
    op.create_index("ix_boosts_actor_id_id", "boosts", ["actor_id", "id"])
    op.create_index("ix_boosts_post_id_id", "boosts", ["post_id", "id"])


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        *_columns(BIG, "id", "activity_id"),
        *_columns(sa.String(), "inbox_url", "host", "state"),
        *_columns(sa.String(), "order_key", "last_error", nullable=True),
        *_columns(sa.Integer(), "attempts"),
        *_columns(MOMENT, "run_at", "created_at"),
        *_columns(MOMENT, "locked_until", "finished_at", nullable=True),
        *_columns(sa.Boolean(), "proven"),
        *_columns(sa.Integer(), "last_status", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
        _reference("deliveries", "activity_id", "outgoing_activities.id"),
        sa.UniqueConstraint("activity_id", "inbox_url", name="uq_deliveries_activity_id_inbox_url"),
    )
    op.create_index("ix_deliveries_finished_at", "deliveries", ["finished_at"])
    op.create_index("ix_deliveries_host_state", "deliveries", ["host", "state"])
    op.create_index("ix_deliveries_locked_until", "deliveries", ["locked_until"])
    op.create_index("ix_deliveries_order_key_inbox_url_state", "deliveries", ["order_key", "inbox_url", "state"])
    op.create_index("ix_deliveries_state_proven_run_at_id", "deliveries", ["state", "proven", "run_at", "id"])


def _likes() -> None:
    op.create_table(
        "likes",
        *_columns(BIG, "id", "actor_id", "post_id"),
        *_columns(sa.String(), "uri", nullable=True),
        *_columns(MOMENT, "created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_likes"),
        _reference("likes", "actor_id", "actors.id"),
        _reference("likes", "post_id", "posts.id"),
        sa.UniqueConstraint("actor_id", "post_id", name="uq_likes_actor_id_post_id"),
    )
    op.create_index("ix_likes_post_id_id", "likes", ["post_id", "id"])
    op.create_index("ix_likes_uri", "likes", ["uri"])


def _mentions() -> None:
    op.create_table(
        "mentions",
        *_columns(BIG, "post_id", "actor_id"),
        sa.PrimaryKeyConstraint("post_id", "actor_id", name="pk_mentions"),
        _reference("mentions", "actor_id", "actors.id"),
        _reference("mentions", "post_id", "posts.id"),
    )
    op.create_index("ix_mentions_actor_id", "mentions", ["actor_id"])


def _notifications() -> None:
    op.create_table(
        "notifications",
        *_columns(BIG, "id", "recipient_id", "actor_id"),
        *_columns(sa.String(), "kind", "dedupe"),
        *_columns(BIG, "post_id", nullable=True),
        *_columns(MOMENT, "created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_notifications"),
        _reference("notifications", "actor_id", "actors.id"),
        _reference("notifications", "post_id", "posts.id"),
        _reference("notifications", "recipient_id", "actors.id"),
    )
    op.create_index("ix_notifications_actor_id", "notifications", ["actor_id"])
    op.create_index("ix_notifications_post_id", "notifications", ["post_id"])
    op.create_index("ix_notifications_recipient_id_id", "notifications", ["recipient_id", "id"])
    op.create_index("uq_notifications_recipient_id_dedupe", "notifications", ["recipient_id", "dedupe"], unique=True)


def _post_keys() -> None:
    op.create_table(
        "post_keys",
        *_columns(BIG, "id", "actor_id", "post_id"),
        *_columns(sa.String(), "key"),
        *_columns(MOMENT, "created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_post_keys"),
        _reference("post_keys", "actor_id", "actors.id"),
        _reference("post_keys", "post_id", "posts.id"),
        sa.UniqueConstraint("actor_id", "key", name="uq_post_keys_actor_id_key"),
    )
    op.create_index("ix_post_keys_post_id", "post_keys", ["post_id"])


def _post_tags() -> None:
    op.create_table(
        "post_tags",
        *_columns(BIG, "post_id"),
        *_columns(sa.String(), "name", "display"),
        sa.PrimaryKeyConstraint("post_id", "name", name="pk_post_tags"),
        _reference("post_tags", "post_id", "posts.id"),
    )
    op.create_index("ix_post_tags_name_post_id", "post_tags", ["name", "post_id"])


def _project_roles() -> None:
    op.create_table(
        "project_roles",
        *_columns(BIG, "id", "project_id", "member_id"),
        *_columns(sa.String(), "role"),
        *_columns(MOMENT, "created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_project_roles"),
        _reference("project_roles", "member_id", "members.actor_id"),
        _reference("project_roles", "project_id", "projects.actor_id"),
        sa.UniqueConstraint("project_id", "member_id", name="uq_project_roles_project_id_member_id"),
    )
    op.create_index("ix_project_roles_member_id", "project_roles", ["member_id"])


def _web_sessions() -> None:
    op.create_table(
        "web_sessions",
        *_columns(sa.String(), "token_hash"),
        *_columns(BIG, "member_id", nullable=True),
        *_columns(JSON, "data"),
        *_columns(MOMENT, "created_at", "expires_at"),
        sa.PrimaryKeyConstraint("token_hash", name="pk_web_sessions"),
        _reference("web_sessions", "member_id", "members.actor_id"),
    )
    op.create_index("ix_web_sessions_expires_at", "web_sessions", ["expires_at"])
    op.create_index("ix_web_sessions_member_id", "web_sessions", ["member_id"])


def _home_entries() -> None:
    op.create_table(
        "home_entries",
        *_columns(BIG, "owner_id", "entry_id", "post_id"),
        *_columns(BIG, "boost_id", nullable=True),
        sa.PrimaryKeyConstraint("owner_id", "entry_id", name="pk_home_entries"),
        _reference("home_entries", "boost_id", "boosts.id"),
        _reference("home_entries", "owner_id", "actors.id"),
        _reference("home_entries", "post_id", "posts.id"),
    )
    op.create_index("ix_home_entries_boost_id", "home_entries", ["boost_id"])
    op.create_index("ix_home_entries_post_id", "home_entries", ["post_id"])


_TABLES = (
    _actors,
    _apps,
    _conversations,
    _hosts,
    _hub_facts,
    _processes,
    _received_activities,
    _refused_requests,
    _remote_keys,
    _tombstones,
    _actor_keys,
    _blocks,
    _follows,
    _markers,
    _members,
    _outgoing_activities,
    _posts,
    _projects,
    _access_tokens,
    _authorization_codes,
    _boosts,
    _deliveries,
    _likes,
    _mentions,
    _notifications,
    _post_keys,
    _post_tags,
    _project_roles,
    _web_sessions,
    _home_entries,
)
