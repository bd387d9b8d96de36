"""The pages say what the code does: snippets run, and every file, key and column is described."""

from __future__ import annotations

import ast
import inspect
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

from maga_desk.domain import paths
from maga_desk.domain.checkpoints import CheckpointInfo
from maga_desk.domain.control import RunControl
from maga_desk.domain.cost import Machine, Passes
from maga_desk.domain.events import Ended, Event, drained
from maga_desk.domain.measures import MEASURES
from maga_desk.domain.opinion import Opinion
from maga_desk.domain.paths import resources_dir
from maga_desk.domain.proposal import Proposal
from maga_desk.domain.results import Audit, Figure, Guided, Report
from maga_desk.domain.run_folder import KINDS
from maga_desk.domain.specs.recipe import TrainRecipe
from maga_desk.domain.specs.run import DataSpec, RunSpec
from maga_desk.domain.summary import Summary
from maga_desk.domain.transition import TransitionMatrix
from maga_desk.domain.yardstick import Yardstick
from maga_desk.models.checkpoint import read_state
from maga_desk.models.reading.contents import METADATA_KEY
from maga_desk.services import runs
from maga_desk.services.guidance import opinion_of
from maga_desk.services.run_folder import labels_table
from maga_desk.services.training import TrainRequest, train
from maga_desk.store.sessions import SessionStore
from maga_desk.ui.dialogs.help import place_of

DOCS = resources_dir() / "docs"
_SNIPPET = re.compile(r"```python\n(.*?)```", re.DOTALL)
_LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
_LINK_WITH_PLACE = re.compile(r"\]\(([^)#:]*)(?:#([^):]*))?\)")


def text_of(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def test_the_snippets_for_python_run(
    tiny_folder: Path, tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names: dict[str, Any] = {"pictures": str(tiny_folder), "net": str(tiny_model), "out": str(tmp_path / "out")}
    snippets = _SNIPPET.findall(text_of("python.md"))
    assert len(snippets) == 5
    for snippet in snippets:
        exec(compile(snippet, "python.md", "exec"), names)  # our own page
    assert names["summary"]["method"] == "fine-tune"
    assert (tmp_path / "out" / "unlearned.pt").exists()
    said = capsys.readouterr().out
    assert "Continuing from step" in said.partition("cancelled\n")[2]


def section(page: str, title: str) -> str:
    """The text below a heading, up to the next one of its level or above."""
    heading = re.search(rf"^(#+) {re.escape(title)}$", text_of(page), re.MULTILINE)
    assert heading, f"{page} has no heading '{title}'"
    rest = text_of(page)[heading.end() :]
    following = re.search(rf"^#{{1,{len(heading[1])}}} ", rest, re.MULTILINE)
    return rest[: following.start()] if following else rest


def words_of(text: str) -> set[str]:
    """What stands in backticks."""
    return set(re.findall(r"`([\w.-]+)`", text))


def names_of(kind: Any) -> set[str]:
    return {field.name for field in fields(kind)}


def keywords_of(function: Callable[..., Any], called: str) -> set[str]:
    """The names of the arguments that a function gives to another."""
    tree = ast.parse(inspect.getsource(function))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    call = next(call for call in calls if getattr(call.func, "attr", getattr(call.func, "id", "")) == called)
    return {keyword.arg for keyword in call.keywords if keyword.arg}


def test_every_file_of_a_run_is_described() -> None:
    assert set(KINDS) <= words_of(section("files.md", "The folder of a run"))


def test_every_key_of_a_summary_is_described() -> None:
    words = words_of(section("files.md", "summary.json"))
    for kind in (Summary, Yardstick, Passes, Machine):
        assert names_of(kind) | {"digest", "audit"} <= words


def test_every_key_of_a_report_is_described() -> None:
    words = words_of(section("files.md", "report.json"))
    for kind in (Report, Audit, Figure, Guided):
        assert names_of(kind) <= words


def test_every_column_of_the_labels_is_described() -> None:
    matrix = TransitionMatrix(("a", "b"), np.array([[0.0, 1.0], [0.0, 0.0]]), "file")
    one = np.ones(1, dtype=np.int64)
    proposal = Proposal(
        matrix, ("p",), one * 0, one * 0, np.ones((1, 2), np.float32), np.eye(2, dtype=np.float32)[1:],
        np.zeros(1, bool), "soft",
    )  # fmt: skip
    columns = labels_table(proposal).splitlines()[0].split(",")
    assert set(columns) <= words_of(section("files.md", "labels.csv"))


def test_every_event_in_a_runs_file_is_described() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", section("files.md", "events.jsonl"), re.MULTILINE)
    described = {event: words_of(text) for event, text in rows}
    unlogged = {"noisepair", "compared", "tried"}  # log_record leaves them out
    kinds = {kind.__name__.lower(): kind for kind in get_args(Event)}
    described.pop("event")  # the head of the table
    assert set(described) == set(kinds) - unlogged
    for event in set(described) - {"opened", "proposed"}:  # these two are written in other words
        assert names_of(kinds[event]) <= described[event]


def test_the_provenance_of_a_model_that_was_asked_is_described() -> None:
    opinion = Opinion("mllm", "demo", "1", "Is it {class}?", ("a",), ("p",), np.zeros(1, np.int64), np.ones((1, 1)))
    assert set(opinion.provenance()) <= words_of(section("files.md", "Provenance of a model that was asked"))


def test_every_key_of_a_checkpoint_is_described() -> None:
    words = words_of(section("files.md", "Checkpoints"))
    assert names_of(CheckpointInfo) | names_of(Guided) | {METADATA_KEY} <= words
    assert keywords_of(runs._save, "with_made") <= words


def test_every_key_of_a_trained_checkpoint_is_described(tmp_path: Path, tiny_folder: Path) -> None:
    request = TrainRequest(
        DataSpec(path=str(tiny_folder)), "resnet8", tmp_path / "net.safetensors", TrainRecipe(epochs=1), device="cpu"
    )
    drained(train(request, RunControl()))
    made = read_state(request.out)[1].made
    assert set(made) <= words_of(section("files.md", "Checkpoints"))


def test_every_key_of_a_proposal_from_the_command_line_is_described(tiny_spec: RunSpec) -> None:
    ended: list[Event] = []
    drained(opinion_of(tiny_spec, RunControl()), ended.append)
    assert isinstance(ended[-1], Ended)
    words = section("files.md", "What you can write")
    assert all(key in words for key in ended[-1].summary or {})


def test_every_table_of_the_database_is_described(tmp_path: Path) -> None:
    path = tmp_path / "sessions.sqlite"
    SessionStore.open(path).close()
    with closing(sqlite3.connect(path)) as database:
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    ours = {name for name in tables if not name.startswith(("_", "sqlite_"))}
    assert ours == words_of("".join(re.findall(r"^\|[^|]*\|", section("files.md", "The database"), re.MULTILINE)))


def test_every_place_in_the_users_data_folder_is_described() -> None:
    places = (paths.sessions_file, paths.runs_dir, paths.references_dir, paths.settings_file, paths.speed_file)
    others = (paths.rates_file, paths.log_file)
    assert {place().name for place in (*places, *others)} <= words_of(section("files.md", "Your data folder"))


def test_every_figure_of_an_audit_is_described() -> None:
    """By its key and its title, in the section of its group."""
    sections = {
        "accuracy": "Accuracy",
        "distance": "Distance to retraining",
        "membership": "Membership",
        "residue": "What is left inside",
        "returns": "What comes back when the model is changed",
    }
    for measure in MEASURES.values():
        text = section("measures.md", sections[measure.group])
        assert measure.key in words_of(text)
        assert measure.name in text
    described = {word for title in sections.values() for word in words_of(section("measures.md", title))}
    assert described == set(MEASURES)


def test_the_start_page_lists_every_page_once() -> None:
    listed = _LINK.findall(text_of("index.md"))
    assert sorted(listed) == sorted(page.name for page in DOCS.glob("*.md") if page.name != "index.md")


def test_links_between_pages_lead_somewhere() -> None:
    for page in DOCS.rglob("*.md"):
        for target, place in _LINK_WITH_PLACE.findall(page.read_text(encoding="utf-8")):
            file = page.parent / target if target else page
            assert file.exists(), f"{page.name}: {target}"
            assert not place or place in places(file), f"{page.name}: {target}#{place}"


def places(page: Path) -> set[str]:
    """What the page's headings are called in links."""
    return {place_of(heading) for heading in re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)}


def test_messages_in_troubleshooting_are_those_of_the_program() -> None:
    text = text_of("troubleshooting.md")
    said = [line.removeprefix("### ") for line in text.splitlines() if line.startswith("### ")]
    code = "\n".join(path.read_text(encoding="utf-8") for path in Path(runs.__file__).parents[1].rglob("*.py"))
    one_line = re.sub(r'"\s*\n\s*f?"', "", code)  # texts that are broken over lines
    unknown = [message for message in said if message not in one_line]
    assert unknown == ["The window does not start on Linux"]
