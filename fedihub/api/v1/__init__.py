"""Version 1 of the client API: one file a noun, with Mastodon's nouns."""
