"""What the API shows, in Mastodon's shapes: one model an entity, made from the views of `storage.views` by pure
functions.

Clients in strictly typed languages (Tusky, Ice Cubes) drop a whole page for one null or missing key. So a field
without a default is always given, null or not; one with a default is shown only when it was given
(`exclude_unset`).
"""
