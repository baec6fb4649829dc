"""The words of ActivityPub as values: tolerant in, exact out.

`parse.py` turns bytes into JSON that is safe to walk, `base.py` reads single properties in all the shapes that peers
send, `activities.py`, `actors.py`, `objects.py` and `collections.py` read whole documents, `context.py` and the
writers in these modules make ours.
"""
