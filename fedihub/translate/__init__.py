"""Rows to wire documents and back: pure functions, the only place that knows both languages.

`actors.py` and `posts.py` write ours, `activities.py` wraps them, `discovery.py` tells where they are; `incoming.py`
reads those of peers into values for rows, with every text cleaned.
"""
