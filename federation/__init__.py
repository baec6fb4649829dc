"""The ActivityPub protocol, and nothing else: no SQL, no members or projects, no words of Mastodon's client API.

Whoever uses this package gives it three things (see `ports.py`): where keys are kept, who signs for the server, and
where proved activities are written down. It gives back values, never rows.
"""
