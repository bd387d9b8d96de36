"""The desk is changed by its own methods alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import maga_desk.ui
from maga_desk.domain.events import WorkspaceCard
from maga_desk.ui.desk import Desk

UI = Path(maga_desk.ui.__file__).parent
OWNED = ("desk", "_desk", "runs", "_runs", "shown", "live", "selection", "_selection")


def _touched(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Lines at which an attribute of the desk, of its runs or its selection is set, or one of their signals emitted."""
    for node in ast.walk(tree):
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, ast.AugAssign | ast.AnnAssign):
            targets = [node.target]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "emit":
            targets = [node.func.value]
        for target in targets:
            for part in target.elts if isinstance(target, ast.Tuple) else [target]:
                if isinstance(part, ast.Attribute) and _name(part.value) in OWNED:
                    yield node.lineno, ast.unparse(part)


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def test_nobody_else_sets_its_attributes_or_emits_its_signals() -> None:
    found = [
        f"{path.relative_to(UI)}:{line} {what}"
        for path in sorted(UI.rglob("*.py"))
        for line, what in _touched(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert found == []


def test_a_wrong_touch_would_be_found() -> None:
    code = "desk.card = 1\nself._desk.workspace, x = 1, 2\ndesk.runs.result_changed.emit()\nrun = self._desk.runs.shown"
    assert [what for _, what in _touched(ast.parse(code))] == [
        "desk.card",
        "self._desk.workspace",
        "desk.runs.result_changed",
    ]


def test_a_sessions_title_is_no_other_session() -> None:
    desk = Desk()
    told: list[str] = []
    desk.title_changed.connect(lambda: told.append("title"))
    desk.session_changed.connect(lambda: told.append("session"))
    desk.set_session(1, "forget fox")
    desk.set_session(1, "forget wolf")
    assert told == ["title", "session", "title"]


def test_a_workspace_for_another_device_keeps_the_marks() -> None:
    desk, told = Desk(), []
    desk.workspace_changed.connect(lambda: told.append("workspace"))
    desk.card_changed.connect(lambda: told.append("card"))
    card = WorkspaceCard("net", "resnet8", 1, ("a",), ("a",), None, 1, 1, (8, 8), 1.0, None, "cpu", "float32", "")
    basket, workspace = desk.basket, object()
    desk.move_workspace(workspace, card)
    assert (desk.workspace, desk.card, desk.basket) == (workspace, card, basket)
    assert told == ["card"]
