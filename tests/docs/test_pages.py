"""The pages say what the code does: snippets run, and every file, key and column is described."""

from __future__ import annotations

import ast
import inspect
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from maga_desk.domain.paths import resources_dir
from maga_desk.domain.proposal import Proposal
from maga_desk.domain.results import Guided, Report, Summary
from maga_desk.domain.run_folder import KINDS
from maga_desk.domain.transition import TransitionMatrix
from maga_desk.models.checkpoint import CheckpointInfo
from maga_desk.services import runs
from maga_desk.services.run_folder import labels_table

DOCS = resources_dir() / "docs"
_SNIPPET = re.compile(r"```python\n(.*?)```", re.DOTALL)
_LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


def text_of(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def test_the_snippets_for_python_run(tiny_folder: Path, tiny_model: Path, tmp_path: Path) -> None:
    names: dict[str, Any] = {"pictures": str(tiny_folder), "net": str(tiny_model), "out": str(tmp_path / "out")}
    snippets = _SNIPPET.findall(text_of("python.md"))
    assert len(snippets) == 5
    for snippet in snippets:
        exec(compile(snippet, "python.md", "exec"), names)  # our own page
    assert names["summary"]["method"] == "fine-tune"
    assert (tmp_path / "out" / "unlearned.onnx").exists()


def code_words(name: str) -> set[str]:
    return set(re.findall(r"`([\w.-]+)`", text_of(name)))


def test_every_file_of_a_run_is_described() -> None:
    assert set(KINDS) <= code_words("files.md")


def test_every_key_of_a_summary_and_a_report_is_described() -> None:
    words = code_words("files.md")
    for kind in (Summary, Report, CheckpointInfo, Guided):
        assert {field.name for field in fields(kind)} <= words


def test_every_column_of_the_labels_is_described() -> None:
    matrix = TransitionMatrix(("a", "b"), np.array([[0.0, 1.0], [0.0, 0.0]]), "file")
    one = np.ones(1, dtype=np.int64)
    proposal = Proposal(
        matrix, ("p",), one * 0, one * 0, np.ones((1, 2), np.float32), np.eye(2, dtype=np.float32)[1:],
        np.zeros(1, bool), "soft",
    )  # fmt: skip
    columns = labels_table(proposal).splitlines()[0].split(",")
    assert set(columns) <= code_words("files.md")


def test_every_key_of_an_unlearned_checkpoint_is_described() -> None:
    tree = ast.parse(inspect.getsource(runs._save))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    made = next(call for call in calls if call.func.attr == "with_made")
    assert {keyword.arg for keyword in made.keywords if keyword.arg} <= code_words("files.md")


def test_links_between_pages_lead_somewhere() -> None:
    for page in DOCS.glob("*.md"):
        for target in _LINK.findall(page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
