"""The names of what must never change by accident (`storage.hub_facts`)."""

BASE_URL = "base_url"
HANDLE_DOMAIN = "handle_domain"
SERVER_ACTOR_ID = "server_actor_id"
