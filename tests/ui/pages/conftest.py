"""What the Load page's tests share; those of other pages have a ``page`` of their own."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from maga_desk.services.installation import sources
from maga_desk.ui.pages.load import LoadPage


@pytest.fixture
def page(qtbot: QtBot) -> LoadPage:
    page = LoadPage()
    qtbot.addWidget(page)
    page.show_sources(sources(ours=True))
    page.show()
    return page
