"""The files of a record's folder: their names, and how a person wants them.

``resources/docs/record.md`` describes what stands in them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

PaperSize = Literal["a4", "letter"]
PAPER_SIZES: tuple[PaperSize, ...] = ("a4", "letter")

RECORD_FOLDER = "record"
"""Offered for it, in the folder of a run."""

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


@dataclass(frozen=True)
class RecordWish:
    """How a record is wanted.

    :param folder: where it goes.
    :param key_file: the PEM file of the key that signs; empty: the system's keyring.
    :param not_retrained: why retraining was not chosen; empty: not given.
    :param replace: an earlier record in that folder goes.
    """

    folder: str
    key_file: str = ""
    paper: PaperSize = "a4"
    not_retrained: str = ""
    replace: bool = False
