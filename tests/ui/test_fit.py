"""Every page fits a small window: nothing scrolls sideways and no text is cut."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QRect, QSize
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QWidget,
)
from pytestqt.qtbot import QtBot

from maga_desk.domain.settings import SettingsFile
from maga_desk.ui import theme
from maga_desk.ui.composition import Composition
from maga_desk.ui.main_window import fitted
from maga_desk.ui.page_table import PAGES
from maga_desk.ui.widgets.basic.legend import LegendKey
from tests.ui.staging import dialogs, filled

SMALL = QSize(960, 520)
"""Points of a screen of 1920 x 1080 at 200 %, without the title bar."""


@pytest.fixture(scope="module")
def windows(qapp: QApplication) -> Iterator[dict[str, Composition]]:
    """Made once: they take longer than all that is asked of them."""
    theme.apply(qapp, "light")  # its margins count
    made = {"empty": Composition(None, SettingsFile()), "filled": filled()}
    for each in made.values():
        each.run.curves.plot.ensure()
        each.verify.inside.ensure()
        # names as long as the engine has, once it is there
        each.load.form.show_architectures(["resnet8", "timm/vit_gigantic_patch14_clip_quickgelu_224"])
        each.window.show()
    for colours in ("dark", "light"):  # sizes that Qt remembers from before a field was filled are taken anew
        theme.apply(qapp, colours)
        settle()
    for each in made.values():
        each.window.resize(SMALL)
    yield made
    for each in made.values():
        each.close()
        each.window.close()
        each.window.deleteLater()
        each.deleteLater()


def settle() -> None:
    for _ in range(3):
        QCoreApplication.sendPostedEvents()
        QApplication.processEvents()


def sideways(root: QWidget) -> list[str]:
    """Scroll areas whose content is wider than they are; views scroll as they need."""
    areas = root.findChildren(QScrollArea)
    return [f"{area.widget().objectName() or area.widget()}" for area in areas if too_wide(area)]


def too_wide(area: QScrollArea) -> bool:
    return area.isVisible() and area.widget().width() > area.viewport().width()


def cut(root: QWidget) -> list[str]:
    """Texts of labels, buttons and choices that do not fit their place; a tip with the whole text is enough."""
    found = [f"legend {key.text!r}" for key in root.findChildren(LegendKey) if key.isVisible() and narrow(key)]
    for kind in (QAbstractButton, QLabel, QComboBox):
        for each in root.findChildren(kind):
            text = each.currentText() if isinstance(each, QComboBox) else each.text()
            picture = isinstance(each.parent(), QLineEdit)  # a sign in a field has no text
            if not each.isVisible() or not text or text in each.toolTip() or picture:
                continue
            found += [f"{kind.__name__} {text[:60]!r}: {why}" for why in too_small(each)]
    return found


def narrow(key: LegendKey) -> bool:
    return key.width() < key.sizeHint().width()


def too_small(each: QAbstractButton | QLabel | QComboBox) -> list[str]:
    if isinstance(each, QLabel) and each.wordWrap():
        needed = each.heightForWidth(each.width())
        return [f"{each.height()} of {needed} pixels high"] if each.height() < needed else []
    needed = each.sizeHint().width()
    if isinstance(each, QComboBox):
        needed = each.fontMetrics().horizontalAdvance(each.currentText()) + 30
    return [f"{each.width()} of {needed} pixels wide"] if each.width() < needed else []


@pytest.mark.parametrize("key", [info.key for info in PAGES])
@pytest.mark.parametrize("state", ["empty", "filled"])
def test_a_page_fits_a_small_window(windows: dict[str, Composition], state: str, key: str) -> None:
    made = windows[state]
    made.window.show_page(key)
    settle()
    assert made.window.size() == SMALL
    assert sideways(made.window) == []
    assert cut(made.window) == []


@pytest.mark.parametrize("key", [info.key for info in PAGES])
@pytest.mark.parametrize("state", ["empty", "filled"])
def test_the_main_buttons_of_a_page_are_in_sight_of_a_small_window(
    windows: dict[str, Composition], state: str, key: str
) -> None:
    made = windows[state]
    made.window.show_page(key)
    settle()
    page = made.pages[key]
    main = [*page.findChildren(QPushButton, "primary"), made.load.open_button]
    for button in main:
        if button.isVisible():
            assert page.rect().contains(button.mapTo(page, button.rect().bottomRight())), button.text()


def test_every_group_of_figures_fits(windows: dict[str, Composition]) -> None:
    made = windows["filled"]
    made.window.show_page("verify")
    for button in made.verify.groups.buttons:
        button.click()
        settle()
        assert sideways(made.window) == [] and cut(made.window) == [], button.text()


def test_every_dialog_fits_a_small_screen(qtbot: QtBot) -> None:
    for name, dialog in dialogs().items():
        dialog.show()
        dialog.resize(dialog.size().boundedTo(SMALL))
        settle()
        assert dialog.width() <= SMALL.width() and dialog.height() <= SMALL.height(), name
        assert cut(dialog) == [], name
        dialog.deleteLater()


@pytest.mark.parametrize(
    ("wanted", "screen", "got"),
    [
        (QRect(0, 0, 1280, 800), QRect(0, 0, 960, 540), QRect(0, 0, 960, 540)),
        (QRect(1500, 900, 900, 500), QRect(0, 0, 1280, 800), QRect(380, 300, 900, 500)),
        (QRect(-400, -300, 900, 500), QRect(0, 27, 1280, 773), QRect(0, 27, 900, 500)),
        (QRect(100, 100, 900, 500), QRect(0, 0, 1920, 1080), QRect(100, 100, 900, 500)),
    ],
)
def test_a_window_is_kept_on_the_screen(wanted: QRect, screen: QRect, got: QRect) -> None:
    assert fitted(wanted, screen) == got


def test_the_first_window_and_a_remembered_one_fit_the_screen(qtbot: QtBot) -> None:
    made = Composition(None, SettingsFile())
    qtbot.addWidget(made.window)
    made.window.fit_to_screen()
    screen = made.window.screen().availableGeometry()
    assert screen.contains(made.window.geometry())
    made.window.resize(2560, 1600)
    text = made.window.geometry_text()
    made.window.restore_geometry_text(text)
    assert screen.contains(made.window.geometry())
    made.close()
