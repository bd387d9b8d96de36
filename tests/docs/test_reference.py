"""The reference pages are those that the code gives."""

from __future__ import annotations

import pytest

from tests.docs.reference import FOLDER, SCHEMAS, pages, schemas


@pytest.mark.parametrize("name", ["reference-spec.md", "reference-commands.md"])
def test_a_reference_page_is_up_to_date(name: str) -> None:
    """On failure: python -m tests.docs.reference."""
    assert (FOLDER / name).read_text(encoding="utf-8") == pages()[name]


def test_the_schemas_of_records_are_up_to_date() -> None:
    """On failure: python -m tests.docs.reference."""
    assert {path.name: path.read_text(encoding="utf-8") for path in SCHEMAS.iterdir()} == schemas()
