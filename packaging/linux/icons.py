"""Run by the environment's Python: the program's icon in the sizes that desktops ask for.

python icons.py SVG FOLDER    writes FOLDER/<size>.png
"""

import sys

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

SIZES = (16, 24, 32, 48, 64, 128, 256, 512)


def main(source: str, folder: str) -> None:
    app = QGuiApplication(["icons", "-platform", "offscreen"])
    renderer = QSvgRenderer(source)
    for size in SIZES:
        image = QImage(size, size, QImage.Format.Format_ARGB32)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        renderer.render(painter)
        painter.end()
        if not image.save(f"{folder}/{size}.png"):
            sys.exit(f"cannot write {folder}/{size}.png")
    del app


main(*sys.argv[1:])
