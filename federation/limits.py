"""Every number that bounds what others may make us do, in one place.

Anchors: Mastodon 4.6 reads 1 MB in inboxes and fetches, connects within 5 s and follows 3 redirects; GoToSocial,
Fedify and Lemmy lie near it. Where we are stricter, our own activities stay far below.
"""

from datetime import timedelta

KIB = 1024

INBOX_BODY = 1024 * KIB
FETCHED_BODY = 1024 * KIB
DELIVERY_ANSWER = 64 * KIB
EXCERPT = 1 * KIB

SIGNATURE_WINDOW = timedelta(hours=1)
"""How far the time of a signature may lie from ours, either way (Fedify and Lemmy: 1 h, Mastodon: 65 and 60 minutes).
"""
SIGNATURE_LIFETIME = timedelta(hours=12)
"""The longest time between `(created)` and `(expires)`, as in Mastodon 4.6."""
SIGNATURE_HEADER = 8 * KIB

PEM = 8 * KIB
RSA_BITS = (2048, 4096)
PARSED_KEYS = 4096

CONNECT_SECONDS = 5.0
FETCH_SECONDS = 15.0
DELIVERY_SECONDS = 15.0
REDIRECTS = 3
FETCH_BUDGET = 20
"""Documents that may be fetched because of one incoming activity (Lemmy: 20)."""
FETCH_BYTES = 4 * 1024 * KIB
"""What they may weigh together (and others in proportion to their number). Most have a few KiB."""

KEY_AGE = timedelta(days=3)
"""A key older than that is fetched anew when it is next needed: its owner may have withdrawn it."""
KEY_REFETCH = timedelta(minutes=5)
KEY_MISSING = timedelta(seconds=60)
INTEGRITY_AGE = timedelta(days=2)
"""How old what somebody passes on may be for its author's proof to count; after that its origin is asked."""
HOST_DOWN = timedelta(seconds=30)
"""So long a host that did not answer is not asked for documents again."""
FETCHES_PER_HOST = 8
"""Documents that are fetched from one host at a time because of incoming activities."""
TURN_SECONDS = 1.0
"""So long such a fetch waits for its turn. Then its activity is tried again later, and lets others pass."""
KEY_FETCHES_PER_HOST = 8
KEY_FETCHES_PER_DOMAIN = 32
KEYS_AWAITED_PER_DOMAIN = 128
KEYS_AWAITED = 1024
AWAITING = 32 * 1024 * 1024
AWAITING_PER_DOMAIN = 8 * 1024 * 1024
"""Bytes of requests that wait for keys, of all and of one domain."""
AWAITING_SMALL = 64 * KIB
AWAITING_REQUEST = 8 * 1024
"""What a request weighs beside its body."""
AWAITING_SECONDS = 20.0
"""So long a request waits for a key; the key is remembered when it comes later."""
REMEMBERED_FAILURES = 10_000
REMEMBERED_HOSTS = 10_000
UNMOVED = timedelta(minutes=10)
"""So long an address that refused our GETs in every way of signing is asked only in one."""

RETRY_AFTER = (timedelta(seconds=1), timedelta(hours=24))
