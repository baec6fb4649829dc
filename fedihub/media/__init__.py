"""Files of members: told apart by what they are, made harmless, kept on disk and served.

`kinds` looks at the bytes, `picture` runs in a process of its own and makes pictures anew, `workshop` starts it and
ends it, `files` is the folder on disk, `serving` its addresses. What is known of each file is in `storage.media`.
"""
