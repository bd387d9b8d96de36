"""``propose``, ``key``, ``train-guide`` and what ``run`` and ``sessions`` have to do with guidance."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keyring
import pytest

from maga_desk.cli import main
from maga_desk.cli.demo import demo_spec
from maga_desk.domain.specs.run import RunSpec, parse_spec
from maga_desk.guidance.matrix_file import read_matrix
from maga_desk.store.sessions import SessionStore
from tests.guidance.fake_endpoint import Body, FakeEndpoint, class_of, says

Capture = pytest.CaptureFixture[str]

DEMO = """
device = "cpu"
[data]
source = "demo"
[forget]
classes = ["dog"]
[guidance]
proposer = "mllm"
model = "demo"
exemplars = 2
"""


@pytest.fixture
def demo(tmp_path: Path, small_demo: None) -> str:
    path = tmp_path / "demo.toml"
    path.write_text(DEMO)
    return str(path)


def test_propose_gives_json_that_is_a_matrix_file(demo: str, tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "made" / "matrix.json"
    assert main(["propose", demo, "--out", str(out), "--json"]) == 0
    printed, err = capsys.readouterr()
    result = json.loads(printed)
    assert len(err.splitlines()) == 1 and "trained on other pictures" in err, "than the few of the demo, and no more"
    assert result == json.loads(out.read_text())
    assert result["rows_asked"] == ["dog"]
    assert (result["questions"], result["cached"], result["proposer"]) == (38, 0, "mllm")
    assert result["seconds"] > 0
    row = result["matrix"][result["classes"].index("dog")]
    assert sum(row) == pytest.approx(1, abs=1e-6)
    assert read_matrix(str(out), result["classes"], (result["classes"].index("dog"),)).sum() > 0
    # a second time everything is remembered, unless told otherwise, until it is erased
    assert main(["propose", demo]) == 0
    printed, err = capsys.readouterr()
    assert "38 questions (0 asked, 38 remembered), 0 tokens" in printed
    assert "nothing was asked" in err
    assert main(["propose", demo, "--fresh", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["cached"] == 0
    assert main(["sessions", "--forget-answers"]) == 0
    assert "38 answers are erased" in capsys.readouterr().out
    assert main(["propose", demo, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["cached"] == 0


def test_propose_without_a_model_that_is_asked(tiny_spec: RunSpec, tmp_path: Path, home: Path, capsys: Capture) -> None:
    path = tmp_path / "spec.toml"
    path.write_text(tiny_spec.to_toml())
    assert main(["propose", str(path), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["proposer"], result["questions"], result["rows_asked"]) == ("classifier", 0, ["ring"])
    assert not (home / "sessions.sqlite").exists()


@pytest.fixture
def endpoint() -> Iterator[FakeEndpoint]:
    def answer(body: Body) -> Any:
        chance = {"cross": 0.1, "disc": 0.6, "square": 0.3}[class_of(body)]
        return says("", [{"True": math.log(chance), "False": math.log(1 - chance)}])

    with FakeEndpoint(answer) as server:
        yield server


def endpoint_file(tiny_spec: RunSpec, url: str, folder: Path) -> str:
    guidance = {"proposer": "endpoint", "model": "seer", "exemplars": 2, "endpoint": {"url": url, "retries": 0}}
    path = folder / "endpoint.toml"
    path.write_text(parse_spec({**tiny_spec.model_dump(), "guidance": guidance}).to_toml())
    return str(path)


@pytest.mark.parametrize("command", ["propose", "run"])
def test_pictures_are_sent_only_after_agreement_which_is_given_once(
    command: str, endpoint: FakeEndpoint, tiny_spec: RunSpec, tmp_path: Path, capsys: Capture
) -> None:
    spec = endpoint_file(tiny_spec, endpoint.url, tmp_path)
    assert main([command, spec, "--json"]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1
    assert "no agreement to send pictures to" in err and "--send-pictures" in err
    assert endpoint.asked == []
    assert main([command, spec, "--json", "--send-pictures"]) == 0
    assert "as you agreed" in capsys.readouterr().err
    asked = len(endpoint.asked)
    assert asked == 2 * 3
    assert main(["propose", spec, "--fresh"]) == 0
    assert len(endpoint.asked) == 2 * asked


def test_a_command_opens_the_database_once(
    endpoint: FakeEndpoint, tiny_spec: RunSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    opened: list[Path] = []
    own = SessionStore.open

    def counted(path: Path) -> SessionStore:
        opened.append(path)
        return own(path)

    monkeypatch.setattr(SessionStore, "open", counted)
    spec = endpoint_file(tiny_spec.with_changes("audit", depth="quick"), endpoint.url, tmp_path)
    assert main(["run", spec, "--json", "--send-pictures"]) == 0
    assert len(opened) == 1
    with own(opened[0]) as store:
        (session,) = store.recent()
        (run,) = store.runs(session.id)
        assert run.status == "finished"
        assert store.forget_answers() == 2 * 3, "the run's questions are remembered there as well"


def test_a_database_that_cannot_be_opened_stops_no_command(
    endpoint: FakeEndpoint, tiny_spec: RunSpec, tmp_path: Path, home: Path, capsys: Capture
) -> None:
    (home / "sessions.sqlite").write_text("something else" * 100)
    spec = endpoint_file(tiny_spec.with_changes("audit", depth="quick"), endpoint.url, tmp_path)
    for command, line in (
        (["propose"], "answers are not remembered: "),
        (["run"], "neither the run nor answers of models are kept: "),
    ):
        assert main([*command, spec, "--json", "--send-pictures"]) == 0
        assert line in capsys.readouterr().err


def test_the_key_is_prompted_for_and_never_printed(
    endpoint: FakeEndpoint,
    tiny_spec: RunSpec,
    tmp_path: Path,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> None:
    kept: dict[tuple[str, str], str] = {}
    monkeypatch.setattr(keyring, "set_password", lambda service, name, word: kept.update({(service, name): word}))
    monkeypatch.setattr(keyring, "get_password", lambda service, name: kept.get((service, name)))
    monkeypatch.setattr(keyring, "delete_password", lambda service, name: kept.pop((service, name)))
    monkeypatch.setattr("click.termui.hidden_prompt_func", lambda _prompt: "sk-very-secret")
    origin = endpoint.url.removesuffix("/v1")
    assert main(["key", endpoint.url]) == 0
    out, err = capsys.readouterr()
    assert "sk-very-secret" not in out + err
    assert kept == {("maga-desk", origin): "sk-very-secret"}
    spec = endpoint_file(tiny_spec, endpoint.url, tmp_path)
    assert main(["run", spec, "--send-pictures"]) == 0
    out, err = capsys.readouterr()
    assert {headers["authorization"] for headers in endpoint.headers} == {"Bearer sk-very-secret"}
    assert "sk-very-secret" not in out + err
    written = [*home.rglob("*"), *Path(tiny_spec.output.dir).rglob("*")]
    assert any(path.name == "sessions.sqlite" for path in written)
    assert not [path for path in written if path.is_file() and b"sk-very-secret" in path.read_bytes()]
    assert main(["key", endpoint.url, "--delete"]) == 0
    assert kept == {}


@pytest.mark.parametrize(
    "arguments",
    [
        ["key", "nowhere"],
        ["key", "https://user:pw@host/v1"],
        ["propose", "nowhere.toml"],
        ["train-guide", "--out", "x", "--steps", "0"],
    ],
)
def test_mistakes_are_one_line(arguments: list[str], capsys: Capture) -> None:
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("maga-desk: ") and err.count("\n") == 1


def test_train_guide_makes_a_model_that_can_be_asked(
    demo: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr("maga_desk.guidance.toy._JUDGED", 1)
    out = tmp_path / "toy"
    assert main(["train-guide", "--out", str(out), "--steps", "2", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert 0 <= figures["auc"] <= 1
    assert figures["recipe"]["steps"] == 2
    assert json.loads((out / "training.json").read_text())["weights"] == figures["weights"]
    spec = tmp_path / "own.toml"
    spec.write_text(DEMO.replace('model = "demo"', f"model = {json.dumps(str(out))}"))
    assert main(["propose", str(spec), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["questions"] == 38


def test_the_demo_asks_its_own_model(tmp_path: Path) -> None:
    spec = demo_spec(tmp_path)
    assert (spec.guidance.proposer, spec.guidance.model, spec.data.source) == ("mllm", "demo", "demo")
    assert spec.audit.retrained is not None and Path(spec.audit.retrained).is_file()


def test_proposers_are_listed_with_what_each_needs_and_where_it_comes_from(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["proposers", "--json"]) == 0
    listed = {each["name"]: each for each in json.loads(capsys.readouterr().out)["proposers"]}
    assert list(listed)[:4] == ["mllm", "endpoint", "clip", "encoder"]
    assert {name for name, each in listed.items() if each["asks"]} == {"mllm", "endpoint", "clip", "encoder"}
    assert list(listed["encoder"]["options"]) == ["pictures", "size", "pixels", "arch"]
    assert {name for name, each in listed.items() if each["sends"]} == {"endpoint"}
    assert listed["endpoint"]["required"] == ["endpoint", "model"]
    assert listed["uniform"]["origin"] == "MaGA Desk"
    assert main(["proposers"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(listed)
    assert main(["proposers", "clip"]) == 0
    assert "CLIP-class encoder" in capsys.readouterr().out
    assert main(["proposers", "oracle"]) == 2
    assert "known: mllm, endpoint" in capsys.readouterr().err
