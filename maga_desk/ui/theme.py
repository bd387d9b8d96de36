"""Colours and style, light and dark; every colour on the screen comes from here, and widgets follow it by themselves.

Blue stands for what stays and orange for what goes, everywhere; the pair is told apart by colour-blind people too,
and is never the only sign.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from maga_desk.domain.paths import resources_dir

Tone = Literal["plain", "muted", "accent", "positive", "warning", "danger"]


@dataclass(frozen=True)
class Colours:
    """Named colours as ``#rrggbb``. Text on ``window``, ``surface`` and ``surface_alt`` keeps WCAG AA contrast."""

    window: str
    surface: str
    surface_alt: str
    text: str
    text_muted: str
    border: str
    accent: str
    accent_text: str
    retain: str
    forget: str
    positive: str
    warning: str
    danger: str
    selection: str

    @property
    def disabled(self) -> str:
        """Text and icons of what is off."""
        return _between(self.text_muted, self.window, 0.35)


LIGHT = Colours(
    window="#f5f6f8",
    surface="#ffffff",
    surface_alt="#eaedf1",
    text="#1a1f25",
    text_muted="#545e69",
    border="#cdd3da",
    accent="#2b62a6",
    accent_text="#ffffff",
    retain="#1c69ad",
    forget="#b8540b",
    positive="#17703b",
    warning="#82540a",
    danger="#b0261e",
    selection="#cbdff4",
)
DARK = Colours(
    window="#15181c",
    surface="#1d2126",
    surface_alt="#282d34",
    text="#e8eaed",
    text_muted="#a3adb8",
    border="#3b424b",
    accent="#79b0ea",
    accent_text="#0d1319",
    retain="#63aeee",
    forget="#f29a55",
    positive="#66c690",
    warning="#e4b65a",
    danger="#f58c82",
    selection="#2c4a6b",
)


class _Notifier(QObject):
    """Signal ``changed()``: other colours are in force."""

    changed = Signal()


class _State:
    def __init__(self) -> None:
        self.colours = LIGHT
        self.notifier: _Notifier | None = None
        self.follower: _SystemFollower | None = None


_state = _State()


def colours() -> Colours:
    """The colours in force."""
    return _state.colours


def follow(restyle: Callable[[], object]) -> None:
    """Call a widget's slot now and whenever :func:`colours` gives others, for colours that are handed to a library.

    What the style sheet colours, and what a ``paintEvent`` paints, follows by itself.
    """
    _notifier().changed.connect(restyle)
    restyle()


def _notifier() -> _Notifier:
    if _state.notifier is None:
        _state.notifier = _Notifier()
    return _state.notifier


def apply(app: QApplication, choice: str) -> None:
    """Style the application.

    :param choice: ``light``, ``dark``, or ``auto`` to follow the system, also when it changes.
    """
    if _state.follower is None or _state.follower.app is not app:
        _state.follower = _SystemFollower(app)
    _state.follower.active = choice == "auto"
    _set(app, _system_colours() if choice == "auto" else DARK if choice == "dark" else LIGHT)


def set_tone(label: QLabel, tone: Tone) -> None:
    """Colour a text by what it tells; it follows the theme by itself. A label that is always muted is named so."""
    set_property(label, "tone", tone)


def set_property(widget: QWidget, name: str, value: str) -> None:
    """Set what the style sheet chooses by, and style the widget anew."""
    if widget.property(name) != value:
        widget.setProperty(name, value)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


class _SystemFollower(QObject):
    """Changes the colours when the system's scheme does."""

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self.app = app
        self.active = False
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._follow)

    @Slot(Qt.ColorScheme)
    def _follow(self, _scheme: Qt.ColorScheme) -> None:
        if self.active:
            _set(self.app, _system_colours())


def _system_colours() -> Colours:
    return DARK if QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark else LIGHT


def _set(app: QApplication, chosen: Colours) -> None:
    if chosen is _state.colours and app.styleSheet():
        return  # styling every widget anew takes a while
    _state.colours = chosen
    app.setStyle("Fusion")
    app.setPalette(_palette(chosen))
    app.setStyleSheet(_sheet(chosen))
    _notifier().changed.emit()


def _palette(c: Colours) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    for target, value in (
        (role.Window, c.window),
        (role.WindowText, c.text),
        (role.Base, c.surface),
        (role.AlternateBase, c.surface_alt),
        (role.Text, c.text),
        (role.PlaceholderText, c.text_muted),
        (role.Button, c.surface_alt),
        (role.ButtonText, c.text),
        (role.ToolTipBase, c.surface),
        (role.ToolTipText, c.text),
        (role.Highlight, c.selection),
        (role.HighlightedText, c.text),
        (role.Link, c.accent),
        (role.Accent, c.accent),
        (role.Mid, c.border),
        (role.Dark, c.border),
        (role.Light, c.surface),
    ):
        palette.setColor(target, QColor(value))
    for target in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, target, QColor(c.disabled))
    return palette


def _between(first: str, second: str, share: float) -> str:
    one, two = QColor(first), QColor(second)
    mixed = (
        round(a + (b - a) * share)
        for a, b in zip(one.getRgb()[:3], two.getRgb()[:3], strict=True)  # type: ignore[index]
    )
    return QColor(*mixed).name()


def _sheet(c: Colours) -> str:
    icons = (resources_dir() / "icons").as_posix()
    return f"""
    QLabel#title {{ font-size: 20px; font-weight: 600; }}
    QLabel#heading {{ font-size: 14px; font-weight: 600; }}
    QLabel#muted, QLabel[tone="muted"] {{ color: {c.text_muted}; }}
    QLabel[tone="accent"] {{ color: {c.accent}; }}
    QLabel[tone="positive"] {{ color: {c.positive}; }}
    QLabel[tone="warning"] {{ color: {c.warning}; }}
    QLabel[tone="danger"] {{ color: {c.danger}; }}
    QPushButton {{
        background: {c.surface}; color: {c.text}; border: 1px solid {c.border}; border-radius: 6px; padding: 5px 14px;
    }}
    QPushButton:hover {{ background: {c.surface_alt}; }}
    QPushButton:pressed {{ background: {c.selection}; }}
    QPushButton:focus {{ border: 2px solid {c.accent}; padding: 4px 13px; }}
    QPushButton:disabled {{ color: {c.disabled}; background: {c.window}; }}
    QPushButton#segment {{ padding: 3px 9px; border-radius: 4px; }}
    QPushButton#segment:focus {{ border: 2px solid {c.accent}; padding: 2px 8px; }}
    QPushButton:checked {{ background: {c.selection}; border-color: {c.accent}; }}
    QPushButton#compact {{ padding: 3px 10px; }}
    QPushButton#compact:focus {{ border: 2px solid {c.accent}; padding: 2px 9px; }}
    QPushButton#primary {{
        background: {c.accent}; color: {c.accent_text}; border: 1px solid {c.accent}; font-weight: 600;
    }}
    QPushButton#primary:focus {{ border: 2px solid {c.text}; }}
    QPushButton#primary:disabled {{ background: {c.surface_alt}; color: {c.disabled}; border-color: {c.border}; }}
    QLineEdit, QPlainTextEdit, QTextBrowser, QListView, QTreeView, QTableView, CellView {{
        background: {c.surface}; color: {c.text}; border: 1px solid {c.border}; border-radius: 6px;
        selection-background-color: {c.selection}; selection-color: {c.text};
    }}
    QListWidget {{ outline: 0; }}
    QListWidget::item {{ padding: 3px 6px; }}
    QListWidget::item:selected {{ background: {c.selection}; color: {c.text}; }}
    QLineEdit {{ padding: 3px 8px; }}
    QComboBox {{ padding: 2px 8px; }}
    QAbstractSpinBox {{ padding: 1px 0; }}
    QComboBox, QAbstractSpinBox {{
        background: {c.surface}; color: {c.text}; border: 1px solid {c.border}; border-radius: 6px;
        selection-background-color: {c.selection}; selection-color: {c.text};
    }}
    QComboBox QLineEdit, QAbstractSpinBox QLineEdit {{ border: none; padding: 0; background: transparent; }}
    QLineEdit:disabled, QComboBox:disabled, QAbstractSpinBox:disabled {{ color: {c.disabled}; background: {c.window}; }}
    QTableView QComboBox, QTableView QAbstractSpinBox, QTableView QLineEdit {{ padding: 1px 4px; border-radius: 3px; }}
    QComboBox::drop-down {{ border: none; width: 22px; }}
    QComboBox::down-arrow, QAbstractSpinBox::down-arrow, QAbstractSpinBox::up-arrow {{ width: 10px; height: 10px; }}
    QComboBox::down-arrow, QAbstractSpinBox::down-arrow {{ image: url("{icons}/arrow-down.svg"); }}
    QAbstractSpinBox::up-arrow {{ image: url("{icons}/arrow-up.svg"); }}
    QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{ border: none; width: 20px; background: transparent; }}
    QAbstractSpinBox::up-button:hover, QAbstractSpinBox::down-button:hover {{ background: {c.surface_alt}; }}
    QTreeView::item {{ padding: 3px 0; }}
    QRadioButton::indicator, QCheckBox::indicator {{
        width: 12px; height: 12px; border: 1px solid {c.text_muted}; background: {c.surface};
    }}
    QRadioButton::indicator {{ border-radius: 7px; }}
    QCheckBox::indicator {{ border-radius: 3px; }}
    QRadioButton::indicator:checked {{ border: 4px solid {c.accent}; width: 6px; height: 6px; }}
    QCheckBox::indicator:checked {{ border-color: {c.accent}; background: {c.accent}; }}
    QRadioButton:disabled, QCheckBox:disabled {{ color: {c.disabled}; }}
    QLineEdit:focus, QComboBox:focus, QAbstractSpinBox:focus, QPlainTextEdit:focus, QTextBrowser:focus,
    QListView:focus, QTreeView:focus, QTableView:focus, CellView:focus, QScrollArea#strip:focus {{
        border: 1px solid {c.accent};
    }}
    QTableView QComboBox:focus, QTableView QAbstractSpinBox:focus, QTableView QLineEdit:focus {{
        border: 1px solid {c.accent};
    }}
    QRadioButton, QCheckBox {{ border: 1px solid transparent; border-radius: 4px; padding: 1px; }}
    QToolButton {{ border: 1px solid transparent; border-radius: 4px; padding: 2px 4px; background: transparent; }}
    QScrollArea#strip {{ border: 1px solid transparent; border-radius: 4px; }}
    QToolButton::menu-indicator {{ image: none; }}
    QToolButton:hover {{ background: {c.surface_alt}; }}
    QToolButton:focus, QRadioButton:focus, QCheckBox:focus {{ border: 1px solid {c.accent}; }}
    QHeaderView::section {{
        background: {c.surface_alt}; color: {c.text_muted}; border: none; border-bottom: 1px solid {c.border};
        padding: 4px 8px;
    }}
    QToolTip {{ background: {c.surface}; color: {c.text}; border: 1px solid {c.border}; padding: 4px; }}
    QProgressBar {{
        background: {c.surface_alt}; border: none; border-radius: 4px; min-height: 8px; max-height: 8px;
    }}
    QProgressBar::chunk {{ background: {c.accent}; border-radius: 4px; }}
    QFrame#card {{ background: {c.surface}; border: 1px solid {c.border}; border-radius: 10px; }}
    QFrame#notice {{
        background: {c.surface}; border: 1px solid {c.border}; border-left: 4px solid {c.accent}; border-radius: 6px;
    }}
    QFrame#notice[level="warning"] {{ border-left-color: {c.warning}; }}
    QFrame#notice[level="error"] {{ border-left-color: {c.danger}; }}
    QLabel#sign {{ font-weight: 700; }}
    QWidget#bar {{ background: {c.surface}; }}
    """


def luminance(colour: str) -> float:
    """Relative luminance by WCAG 2.2, 0 to 1."""

    def linear(value: float) -> float:
        return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)

    red, green, blue = (linear(part) for part in QColor(colour).getRgbF()[:3])  # type: ignore[index]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two colours by WCAG 2.2, 1 to 21."""
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)
