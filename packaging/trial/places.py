"""Run by the environment's Python on the virtual screen: where the window's buttons are, as the program has it.

    python places.py OUT WIDTH HEIGHT

The bundle cannot be asked, so the same program is, from the checkout, in a window of the same size: clicks then go
where the buttons are. Writes a JSON object: page or button to its middle in the window.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from PySide6.QtCore import QPoint, QTimer
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

from maga_desk.ui import composition, theme


def middle(window: QWidget, button: QAbstractButton) -> list[int]:
    return list(button.mapTo(window, QPoint(button.width() // 2, button.height() // 2)).toTuple())


def main(out: str, width: int, height: int) -> None:
    app = QApplication([])
    theme.apply(app, "system")
    made = composition.Composition(None)
    window = made.window
    window.resize(width, height)
    window.show()
    places = {button.text(): middle(window, button) for button in window.rail.buttons}

    def look() -> None:
        window.show_page("run")
        app.processEvents()
        starts = [each for each in window.findChildren(QAbstractButton) if each.text() == "Start" and each.isVisible()]
        places["Start"] = middle(window, starts[0])
        Path(out).write_text(json.dumps({**places, **{b.text(): middle(window, b) for b in window.rail.buttons}}))
        made.close()
        app.quit()

    QTimer.singleShot(1500, look)
    app.exec()


main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
