"""The reference pages are those that the code gives."""

from __future__ import annotations

import pytest

from tests.docs.reference import FOLDER, pages


@pytest.mark.parametrize("name", ["reference-spec.md", "reference-commands.md"])
def test_a_reference_page_is_up_to_date(name: str) -> None:
    """On failure: python -m tests.docs.reference."""
    assert (FOLDER / name).read_text(encoding="utf-8") == pages()[name]
