"""A vendor's OpenAPI document against ours: what it claims, and where it contradicts the specification.

`read.py` finds the document in a file, `schemas.py` says what a schema allows, `compare.py` walks both documents
together, and `extract.py` makes the claims. Nothing in a vendor's document is followed: no link, no instruction, no
reference to another file.
"""
