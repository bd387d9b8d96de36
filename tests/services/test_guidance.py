"""Proposing through the service: who is asked, who agreed, what is remembered, and what the record says."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maga_desk.data.demo_world.kinds import FAMILY_OF
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import GuidanceError, SpecError, UserError
from maga_desk.domain.events import Audited, Compared, Event, Message, Progress, drained
from maga_desk.domain.opinion import Opinion
from maga_desk.domain.proposal import Proposal
from maga_desk.domain.results import Report
from maga_desk.domain.specs.guidance import MatrixEdit
from maga_desk.domain.specs.run import RunSpec, parse_spec
from maga_desk.guidance.means import Means
from maga_desk.models.checkpoint import read_state
from maga_desk.services.erasure import Erasure
from maga_desk.services.guidance import ask_another, propose, relabel, try_endpoint
from maga_desk.services.judging.audits import judge
from maga_desk.services.runs import run
from maga_desk.services.workspace import Workspace, open_workspace
from maga_desk.store.sessions import SessionStore
from tests.conftest import use_small_demo
from tests.guidance.fake_endpoint import Body, FakeEndpoint, class_of, faults, says

ORDER = ("cross", "disc", "ring", "square")


def proposal_of(workspace: Workspace, spec: RunSpec, means: Means | None = None) -> Proposal:
    return drained(propose(Erasure.of(workspace, spec), RunControl(), means or Means()))


def row_of(workspace: Workspace, spec: RunSpec, means: Means | None = None) -> list[float]:
    """The ring's row."""
    return proposal_of(workspace, spec, means).matrix.values[ORDER.index("ring")].tolist()


def matrix_file(folder: Path, ring: list[float], name: str = "matrix.json") -> str:
    path = folder / name
    rows = [ring if shape == "ring" else [0, 0, 0, 0] for shape in ORDER]
    path.write_text(json.dumps({"classes": ORDER, "matrix": rows}))
    return str(path)


def test_a_file_and_mixtures_of_it(tiny_workspace: Workspace, tiny_spec: RunSpec, tmp_path: Path) -> None:
    first, second = matrix_file(tmp_path, [1, 3, 9, 0]), matrix_file(tmp_path, [0, 0, 0, 2], "second.json")
    from_file = tiny_spec.with_changes("guidance", proposer="file", file=first)
    assert row_of(tiny_workspace, from_file) == pytest.approx([0.25, 0.75, 0, 0])
    parts = [
        {"proposer": "file", "weight": 6.0},
        {"proposer": "file", "weight": 3.0, "file": second},
        {"proposer": "uniform", "weight": 3.0},
    ]
    mixed = parse_spec({**tiny_spec.model_dump(), "guidance": {"proposer": "mixture", "file": first, "mixture": parts}})
    expected = [0.5 * 0.25 + 0.25 / 3, 0.5 * 0.75 + 0.25 / 3, 0, 0.25 + 0.25 / 3]
    assert row_of(tiny_workspace, mixed) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("guidance", "line"),
    [
        ({"proposer": "mixture"}, "the mixture has no parts"),
        ({"proposer": "mixture", "mixture": [{"proposer": "mixture"}]}, "a mixture cannot hold a mixture"),
        ({"proposer": "mixture", "mixture": [{"proposer": "oracle"}]}, "no proposer is called 'oracle'"),
        ({"proposer": "oracle"}, "no proposer is called 'oracle'; known: mllm, endpoint, clip, encoder, classifier"),
        ({"proposer": "file"}, "no file is given"),
        ({"proposer": "mllm"}, "no model is given"),
        ({"proposer": "clip", "model": "demo"}, "is no encoder"),
        ({"proposer": "endpoint"}, "no address is given"),
        ({"proposer": "mllm", "model": "demo", "prompt": "Is it?"}, "the prompt has no {class} in it"),
    ],
)
def test_settings_that_cannot_work_are_one_line(
    guidance: dict[str, Any], line: str, tiny_workspace: Workspace, tiny_spec: RunSpec
) -> None:
    spec = parse_spec({**tiny_spec.model_dump(), "guidance": guidance})
    with pytest.raises(UserError) as caught:
        proposal_of(tiny_workspace, spec)
    assert line in str(caught.value)


@pytest.fixture
def server() -> Iterator[FakeEndpoint]:
    chances = {"cross": 0.1, "disc": 0.6, "square": 0.3}

    def answer(body: Body) -> Any:
        chance = chances[class_of(body)]
        return says("", [{"True": math.log(chance), "False": math.log(1 - chance)}])

    with FakeEndpoint(answer) as server:
        yield server


def endpoint_spec(spec: RunSpec, server: FakeEndpoint, **more: Any) -> RunSpec:
    guidance = {"proposer": "endpoint", "model": "seer", "exemplars": 3, "endpoint": {"url": server.url, **more}}
    return parse_spec({**spec.model_dump(), "guidance": guidance})


def test_no_picture_leaves_before_somebody_agreed(
    server: FakeEndpoint, tiny_workspace: Workspace, tiny_spec: RunSpec
) -> None:
    spec = endpoint_spec(tiny_spec, server)
    origin = spec.guidance.endpoint.origin
    for agreed in (
        frozenset[str](),
        frozenset({"http://127.0.0.1:1", origin + "/v1", origin.replace("http", "https")}),
    ):
        with pytest.raises(GuidanceError, match=f"no agreement to send pictures to {origin}"):
            proposal_of(tiny_workspace, spec, Means(agreed=agreed))
    part = parse_spec({
        **spec.model_dump(),
        "guidance": {**spec.guidance.model_dump(), "proposer": "mixture", "mixture": [{"proposer": "endpoint"}]},
    })  # fmt: skip
    with pytest.raises(GuidanceError, match="no agreement"):
        proposal_of(tiny_workspace, part)
    assert server.asked == []


def test_an_endpoint_gives_the_matrix_and_the_record_says_how(
    server: FakeEndpoint, tiny_workspace: Workspace, tiny_spec: RunSpec
) -> None:
    spec = endpoint_spec(tiny_spec, server, input_price=1.0, output_price=2.0)
    origin = spec.guidance.endpoint.origin
    asked_for: list[str] = []
    means = Means(key=lambda where: asked_for.append(where) or "sk-1", agreed=frozenset({origin}))  # type: ignore[func-returns-value]
    proposal = proposal_of(tiny_workspace, spec, means)
    assert proposal.matrix.values[2].tolist() == pytest.approx([0.1, 0.6, 0, 0.3])
    assert asked_for == [origin]
    assert {headers["authorization"] for headers in server.headers} == {"Bearer sk-1"}
    (opinion,) = proposal.opinions
    assert (opinion.title, opinion.revision, opinion.questions) == ("endpoint (seer)", origin, 9)
    assert opinion.cost == pytest.approx((9 * 20 * 1 + 9 * 1 * 2) / 1e6)
    assert "sk-1" not in json.dumps(opinion.provenance())


def test_the_second_asking_knows_how_long_it_takes(
    server: FakeEndpoint, tiny_workspace: Workspace, tiny_spec: RunSpec
) -> None:
    erasure = Erasure.of(tiny_workspace, endpoint_spec(tiny_spec, server))
    means = Means(agreed=frozenset({erasure.spec.guidance.endpoint.origin}))

    def before_any_answer() -> list[float | None]:
        events = [event for event in propose(erasure, RunControl(), means) if isinstance(event, Progress)]
        return [event.seconds_left for event in events if event.total == 9 and event.done == 0]

    assert before_any_answer() == [None]
    (left,) = before_any_answer()
    assert left is not None and left > 0


def test_an_endpoint_that_fails_keeps_what_it_said(
    server: FakeEndpoint, tiny_workspace: Workspace, tiny_spec: RunSpec, tmp_path: Path
) -> None:
    spec = endpoint_spec(tiny_spec, server, retries=0, concurrency=1)
    kind = server._answer
    server._answer = lambda body: kind(body) if len(server.asked) <= 4 else faults(500)
    with SessionStore.open(tmp_path / "s.sqlite") as store:
        means = Means(book=store, agreed=frozenset({spec.guidance.endpoint.origin}))
        with pytest.raises(GuidanceError, match="4 answers that came before are kept; ask again to go on"):
            proposal_of(tiny_workspace, spec, means)
        server._answer = kind
        (opinion,) = proposal_of(tiny_workspace, spec, means).opinions
    assert opinion.cached == 4
    assert len(server.asked) == 9 + 1


def test_trying_an_endpoint_needs_no_agreement_and_sends_nothing_of_the_users(server: FakeEndpoint) -> None:
    server._answer = lambda _: says("False")
    spec = parse_spec({"guidance": {"endpoint": {"url": server.url}}})
    events = list(try_endpoint(spec.guidance.endpoint, "seer", RunControl()))
    assert any(isinstance(event, Message) and "seer answered" in event.text for event in events)
    assert len(server.asked) == 1


def test_compare_takes_the_other_source_without_edits(
    tiny_workspace: Workspace, tiny_spec: RunSpec, tmp_path: Path
) -> None:
    file = matrix_file(tmp_path, [1, 1, 0, 2])
    edited = parse_spec({
        **tiny_spec.model_dump(),
        "guidance": {
            "proposer": "file",
            "file": file,
            "matrix_edits": [{"row": "ring", "column": "cross", "value": 1.0}],
        },
    })  # fmt: skip
    events = ask_another(Erasure.of(tiny_workspace, edited), RunControl())
    found = [event for event in events if isinstance(event, Compared)]
    assert found[0].matrix.values[2].tolist() == pytest.approx([0.25, 0.25, 0, 0.5])


# The demo with its own multimodal model: the true path, end to end.


@pytest.fixture(scope="module")
def demo() -> Iterator[Workspace]:
    spec = {"device": "cpu", "precision": "float32", "data": {"source": "demo"}, "forget": {"classes": ["dog"]}}
    with pytest.MonkeyPatch.context() as patch:
        use_small_demo(patch)
        yield drained(open_workspace(parse_spec(spec), RunControl()))


@pytest.fixture
def demo_spec(tmp_path: Path) -> RunSpec:
    return parse_spec(
        {
            "device": "cpu",
            "precision": "float32",
            "data": {"source": "demo"},
            "forget": {"classes": ["dog"]},
            "guidance": {"proposer": "mllm", "model": "demo", "exemplars": 4},
            "method": {"params": {"passes": 0.5, "least_steps": 1, "noise_steps": 2}},
            "audit": {"depth": "quick"},
            "output": {"dir": str(tmp_path / "out")},
        }
    )


def test_the_demos_model_leads_to_its_family_and_asking_again_costs_nothing(
    demo: Workspace, demo_spec: RunSpec, tmp_path: Path
) -> None:
    with SessionStore.open(tmp_path / "s.sqlite") as store:
        first = proposal_of(demo, demo_spec, Means(book=store))
        again = proposal_of(demo, demo_spec, Means(book=store))
        session = store.create_session("s", demo_spec)
        store.save_proposal(session, again)
        kept = store.proposal(session)
    (asked,), (remembered,) = first.opinions, again.opinions
    assert (asked.questions, asked.cached) == (4 * 19, 0) and asked.tokens > 0
    assert (remembered.cached, remembered.tokens) == (4 * 19, 0)
    np.testing.assert_array_equal(asked.p_true, remembered.p_true)
    np.testing.assert_array_equal(first.matrix.values, again.matrix.values)
    classes = first.matrix.classes
    row = first.matrix.values[classes.index("dog")]
    family = [name for name in classes if FAMILY_OF[name] == FAMILY_OF["dog"] and name != "dog"]
    assert {classes[j] for j in np.argsort(-row)[: len(family)]} == set(family)
    assert kept is not None
    assert _plain(kept.proposal.opinions[0]) == _plain(remembered)


def _plain(opinion: Opinion) -> dict[str, Any]:
    whole = replace(opinion, p_true=np.nan_to_num(opinion.p_true, nan=-1))
    return {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in vars(whole).items()}


def test_the_record_of_a_run_says_who_proposed_each_label(demo: Workspace, demo_spec: RunSpec, tmp_path: Path) -> None:
    name = demo.images.train.names[int(demo.forget_set(demo_spec).indices[0])]
    other = demo.images.train.names[int(demo.forget_set(demo_spec).indices[1])]
    spec = demo_spec.with_changes("guidance", label_edits={name: "truck"}, accepted=(other,))
    events: list[Event] = list(run(spec, RunControl(), workspace=demo))
    assert events
    out = Path(spec.output.dir)
    table = csv.DictReader((out / "labels.csv").read_text(encoding="utf-8").splitlines())
    rows = {row["picture"]: row for row in table}
    assert (rows[name]["perturbing"], rows[name]["chosen_by"], rows[name]["proposed_by"]) == ("truck", "user", "")
    assert (rows[other]["chosen_by"], rows[other]["agreed"]) == ("mllm", "yes")
    version = spec.guidance.question().version
    assert rows[other]["proposed_by"].startswith("mllm (demo) ") and rows[other]["proposed_by"].endswith(version)
    assert rows[other]["at"]
    summary = json.loads((out / "summary.json").read_text())
    made = read_state(out / "unlearned.safetensors")[1].made
    report = next(event.report for event in events if isinstance(event, Audited))
    assert report.guided is not None and (report.guided.proposer, report.guided.pictures) == ("mllm", len(rows))
    assert "proposed by mllm (demo), prompt" in report.guided.text()
    assert "1 set and 1 agreed to by hand" in report.guided.text()
    assert Report.from_dict(json.loads((out / "report.json").read_text())) == report
    judged = judge(Erasure.of(demo, spec), out / "unlearned.safetensors", RunControl())
    anew = next(event.report for event in judged if isinstance(event, Audited))
    assert anew.guided == report.guided
    for record in (summary, made):
        assert (record["labels_by_hand"], record["labels_agreed"]) == (1, 1)
        (said,) = record["opinions"]
        assert (said["proposer"], said["model"], said["prompt_version"]) == ("mllm", "demo", version)
        assert said["prompt"] == spec.guidance.question().template
        assert said["questions"] == 4 * 19 and said["revision"] and said["at"]


def with_edit(spec: RunSpec, row: str, column: str) -> RunSpec:
    return spec.with_changes("guidance", matrix_edits=(MatrixEdit(row=row, column=column, value=1.0),))


def test_relabelling_after_an_edit_asks_nobody(demo: Workspace, demo_spec: RunSpec) -> None:
    first = proposal_of(demo, demo_spec)
    forget = demo.forget_set(demo_spec)
    second = relabel(first, with_edit(demo_spec, "dog", "truck"), forget)
    assert second.matrix.values[second.matrix.classes.index("dog")].max() == 1.0
    assert second.opinions == first.opinions
    wrong = with_edit(demo_spec, "dog", "unicorn")
    with pytest.raises(SpecError):
        relabel(first, wrong, forget)


def test_as_published_labels_are_the_papers_combination(tiny_workspace: Any, tiny_spec: RunSpec) -> None:
    spec = tiny_spec.with_changes("forget", classes=[], fraction=0.1)
    cases = (("auto", "auto", "soft"), ("paper", "auto", "product"), ("paper", "soft", "soft"))
    for preset, combine, expected in cases:
        asked = spec.with_changes("method", preset=preset).with_changes("guidance", combine=combine)
        assert proposal_of(tiny_workspace, asked).combine == expected
