"""Version 2 of the client API: what Mastodon has changed since version 1."""
