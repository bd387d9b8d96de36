"""The files of a record's folder: their names. ``resources/docs/record.md`` describes what stands in them."""

from __future__ import annotations

MANIFEST = "manifest.dsse.json"
"""The signed statement: every other file with its hash."""

RECORD = "record.json"
SCOPE_LIST = "scope.csv"
"""The keyed hashes of the forgotten pictures."""

FIGURES = "figures.csv"
RECORD_PAGE = "record.html"
RECORD_PRINT = "record.pdf"
PUBLIC_KEY = "public-key.pem"
MODEL_SIGNATURE = "model.sig"
"""The checkpoint's own signature, in the OpenSSF model-signing format."""

MODEL_KEY = "model-public-key.pem"
"""The public key of that signature: the format takes no Ed25519."""

SIGNED = (RECORD, SCOPE_LIST, FIGURES, RECORD_PAGE, RECORD_PRINT, MODEL_KEY)
"""Files beside the manifest that it can name."""
