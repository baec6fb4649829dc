"""HTTP signatures, out and in: one question, who sent this?

`signer.py` holds a private key, `draft_cavage.py` and `rfc9421.py` write and read the two kinds of signatures,
`digest.py` ties a signature to a body, `keys.py` reads public keys, `lookup.py` finds the key behind a key id, and
`verify.py` puts the parts together. The algorithm always follows from the key and never from the request: a sender who
may choose it signs with HMAC and the public key (node-http-signature #40).
"""
