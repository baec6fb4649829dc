"""Words of members turned into HTML, and the HTML of strangers made harmless.

`find.py` finds handles, hashtags and links in a text, `render.py` writes them as other servers mark them up,
`clean.py` lets through only what cannot hurt a reader.
"""
