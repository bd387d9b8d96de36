"""The files and folders that the documents name are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [*(ROOT / "resources" / "docs").glob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
_PATH = re.compile(
    r"`((?:maga_desk|domain|data|models|engine|auditing|guidance|store|services|cli|ui|tests)/[\w./-]*)`"
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_paths_in_the_documents_exist(page: Path) -> None:
    for named in _PATH.findall(page.read_text(encoding="utf-8")):
        places = (ROOT / named, ROOT / "maga_desk" / named)
        assert any(place.exists() for place in places), named
