"""The import rules, and what must not be imported before a window or a command line is there."""

from __future__ import annotations

import json
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import maga_desk

ROOT = Path(maga_desk.__file__).resolve().parents[1]
HEAVY = ("torch", "torchvision", "transformers", "sklearn", "onnx", "onnxruntime")
QT = ("PySide6", "qasync", "pyqtgraph")


def names_in(room: str) -> list[str]:
    """A package of the project and every module below it, without importing any."""
    folder = ROOT / room.replace(".", "/")
    return [room, *(module.name for module in pkgutil.walk_packages([str(folder)], f"{room}."))]


def imported_by(modules: list[str], suspects: tuple[str, ...]) -> list[str]:
    """Those of ``suspects`` that a fresh Python holds after importing ``modules``."""
    code = (
        "import importlib, json, sys\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
        f"print(json.dumps([name for name in {suspects!r} if name in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: list[str] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_the_rooms_keep_their_import_rules() -> None:
    code = "from importlinter.cli import lint_imports_command as run; run(['--no-logo', '--no-cache'])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "7 kept, 0 broken" in done.stdout


def test_the_window_is_imported_without_torch() -> None:
    assert imported_by(["maga_desk.app"], HEAVY) == []


def test_the_command_line_is_imported_without_torch_and_qt() -> None:
    assert imported_by(["maga_desk.__main__", *names_in("maga_desk.cli")], HEAVY + QT) == []


def test_services_are_imported_without_torch_and_qt() -> None:
    modules = names_in("maga_desk.services")
    assert len(modules) > 1
    assert imported_by(modules, HEAVY + QT) == []


@pytest.mark.parametrize("room", ["maga_desk.domain", "maga_desk.store"])
def test_plain_rooms_are_imported_without_torch_and_qt(room: str) -> None:
    modules = names_in(room)
    assert len(modules) > 1
    assert imported_by(modules, HEAVY + QT) == []


def test_what_every_run_needs_brings_no_more_of_torch_than_it_must() -> None:
    """torchvision imports torch's compiler, which takes as long as torch; a net of our own needs neither."""
    modules = ["maga_desk.engine.registry", "maga_desk.models.families.registry", "maga_desk.auditing.outputs"]
    late = ("torchvision", "torch._dynamo", "transformers", "timm", "onnx", "pandas", "sklearn")
    assert imported_by(modules, late) == []
