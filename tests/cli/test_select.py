"""``maga-desk select``: a request comes to pictures before anything is run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from maga_desk.cli import main
from maga_desk.domain.specs.run import RunSpec, read_spec

Made = dict[str, Any]


@pytest.fixture
def spec(tiny_spec: RunSpec, tiny_folder: Path, tmp_path: Path) -> RunSpec:
    """The four shapes as a table beside them names them, with whose each picture is."""
    rows = ["path,label,split,subject"]
    for path in sorted(tiny_folder.rglob("*.png")):
        split, shape, number = path.parts[-3], path.parts[-2], int(path.stem)
        rows.append(f"{path},{shape},{split},{4711 if number % 20 == 3 else 1000 + number}")
    (tmp_path / "pictures.csv").write_text("\n".join(rows))
    quick = tiny_spec.with_changes("method", name="fine-tune", params={"epochs": 1})
    return quick.with_changes("data", path=str(tmp_path / "pictures.csv")).with_changes("forget", classes=())


def selected(spec: RunSpec, folder: Path, capsys: pytest.CaptureFixture[str], *more: str) -> Made:
    (folder / "spec.toml").write_text(spec.to_toml())
    assert main(["select", str(folder / "spec.toml"), "--json", *more]) == 0
    found: Made = json.loads(capsys.readouterr().out)
    return found


def test_everything_of_one_customer_is_found_told_and_run(
    spec: RunSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = spec.with_changes("forget", query="subject:4711")
    with monkeypatch.context() as patched:  # what is asked is in the table: no picture is decoded for it
        patched.setattr("maga_desk.data.sources.reading.read_pictures", None)
        found = selected(asked, tmp_path, capsys, "--save", str(tmp_path / "names.txt"))
    assert (found["marked"], found["pictures"], found["task"]) == (12, 240, "random")
    assert found["classes"]["ring"] == {"marked": 3, "pictures": 60}
    assert (tmp_path / "names.txt").read_text().split() == found["names"]
    by_list = selected(spec.with_changes("forget", files=str(tmp_path / "names.txt")), tmp_path, capsys)
    assert by_list["positions"] == found["positions"]
    assert main(["run", str(tmp_path / "spec.toml"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["forget_pictures"] == 12


def test_a_query_may_ask_the_model_and_goes_with_classes(
    spec: RunSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = spec.with_changes("forget", query="conf<100 pred=class -class:ring subject:4711")
    found = selected(asked, tmp_path, capsys)
    assert 0 < found["marked"] <= 9 and "ring" not in found["classes"]
    assert main(["run", str(tmp_path / "spec.toml"), "--json"]) == 0, "a query is answered once and for all"
    kept = read_spec(tmp_path / "out" / "spec.toml").forget
    capsys.readouterr()
    assert kept.found_by == asked.forget.query and not kept.query and list(kept.pictures) == found["names"]
    both = selected(spec.with_changes("forget", classes=("ring",), query="subject:4711"), tmp_path, capsys)
    assert both["marked"] == 69 and both["requests"] == ["class ring", "9 pictures"]
    (tmp_path / "spec.toml").write_text(spec.to_toml())
    assert main(["select", str(tmp_path / "spec.toml"), "--query", "class:ring number:0..200"]) == 0
    assert "of 240 training pictures" in capsys.readouterr().out


def test_a_query_that_is_several_requests_is_answered_as_such(
    spec: RunSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = spec.with_changes("forget", query="class:ring OR subject:4711").with_changes(
        "output", dir=str(tmp_path / "o")
    )
    assert selected(asked, tmp_path, capsys)["requests"] == ["class ring", "9 pictures"]
    assert main(["run", str(tmp_path / "spec.toml"), "--json"]) == 0
    first, second = json.loads(capsys.readouterr().out)["requests"]
    assert (first["task"], second["task"]) == ("class", "random")
    assert first["forgotten_classes"] == ["ring"] and second["forget_pictures"] == 9
    whole = spec.with_changes("forget", query="class:ring")
    (tmp_path / "spec.toml").write_text(whole.to_toml())
    assert main(["run", str(tmp_path / "spec.toml")]) == 0
    assert "lost most: ring" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("subjekt:4711", "there is no column subjekt; the nearest is subject"),
        ("colour:red", "there is no column colour; there are"),
        ("loss>", 'a value is missing after ">"'),
        ("subject:4799", "nothing is marked"),
        ("subject:nobody", "subject holds numbers, and this is none"),
        ("class:*", "everything"),
    ],
)
def test_what_finds_nothing_usable_is_one_line(
    spec: RunSpec, query: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "spec.toml").write_text(spec.with_changes("forget", query=query).to_toml())
    for command in ("select", "run"):
        assert main([command, str(tmp_path / "spec.toml")]) == 2
        assert said in capsys.readouterr().err.splitlines()[-1]
    assert not (tmp_path / "out" / "summary.json").exists()


def test_without_a_model_pictures_are_found_all_the_same(
    spec: RunSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = spec.with_changes("model", checkpoint=None).with_changes("forget", query="subject:4711 class:disc,cross")
    assert selected(asked, tmp_path, capsys)["marked"] == 6
    (tmp_path / "spec.toml").write_text(asked.with_changes("forget", query="pred:ring").to_toml())
    assert main(["select", str(tmp_path / "spec.toml")]) == 2
    assert "pred is not known here: open a model, or name its checkpoint, to ask for it" in capsys.readouterr().err


def test_steps_by_hand_are_replayed_told_and_kept_with_the_run(
    spec: RunSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    steps = [
        {"do": "add", "classes": ["ring", "disc"]},
        {"do": "keep", "query": "subject:4711"},
        {"do": "add", "query": "class:square subject:4711"},
        {"do": "remove", "query": "class:disc conf<=100"},
    ]
    asked = spec.with_changes("forget", history=steps)
    found = selected(asked, tmp_path, capsys)
    plain = selected(spec.with_changes("forget", query="subject:4711 class:ring,square"), tmp_path, capsys)
    assert found["positions"] == plain["positions"] and found["marked"] == 6
    assert [step["words"] for step in found["history"]] == [
        "Added 120 pictures of class ring, disc",
        "Kept only 6 pictures found by subject:4711; 114 no longer marked",
        "Added 3 pictures found by class:square subject:4711",
        "Removed 3 pictures found by class:disc conf<=100; 57 not marked before",
    ]
    (tmp_path / "spec.toml").write_text(asked.to_toml())
    assert main(["select", str(tmp_path / "spec.toml")]) == 0
    assert "  4. Removed 3 pictures found by class:disc conf<=100; 57 not marked before\n" in capsys.readouterr().out
    (tmp_path / "spec.toml").write_text(asked.to_toml())
    assert main(["run", str(tmp_path / "spec.toml"), "--json"]) == 0
    capsys.readouterr()
    kept = read_spec(tmp_path / "out" / "spec.toml")
    assert list(kept.forget.pictures) == found["names"] and not kept.forget.queries
    assert [step.words for step in kept.forget.history] == [step["words"] for step in found["history"]]
    assert selected(kept, tmp_path, capsys)["positions"] == found["positions"], "from the run's own record"


def test_a_history_that_comes_to_something_else_is_refused_in_one_line(
    spec: RunSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = spec.with_changes("forget", classes=("ring",), history=[{"do": "add", "classes": ["disc"]}])
    (tmp_path / "spec.toml").write_text(asked.to_toml())
    assert main(["select", str(tmp_path / "spec.toml")]) == 2
    said = capsys.readouterr().err.strip()
    assert "differ by 120 pictures: 60 are named and not in its history, 60 are in its history" in said
    assert said.count("\n") == 0


def test_what_was_not_found_is_told_apart_and_saved(
    tiny_spec: RunSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = "ring/003.png;asked\nRING\\004.PNG;asked\nring/003.png;again\n003.png;which?\nring/900.png;gone\n"
    (tmp_path / "list.csv").write_bytes(f"Bild;Grund für\n{asked}".encode("latin-1"))
    spec = tiny_spec.with_changes("forget", classes=(), files=str(tmp_path / "list.csv"))
    found = selected(spec, tmp_path, capsys, "--save-missing", str(tmp_path / "lost.txt"))
    assert (found["marked"], found["missing"], found["repeated"]) == (2, ["ring/900.png"], ["train/ring/003.png"])
    assert list(found["ambiguous"]) == ["003.png"] and "train/disc/003.png" in found["ambiguous"]["003.png"]
    assert (tmp_path / "lost.txt").read_text().splitlines() == ["ring/900.png", "003.png"] == found["not_found"]
    assert main(["select", str(tmp_path / "spec.toml"), "--allow-missing"]) == 0
    told = capsys.readouterr().out
    assert "not found (1): ring/900.png" in told and "named more than once (1): train/ring/003.png" in told
    assert "fits several (1): 003.png (" in told and "1 name fits a picture only where capitals" in told
    assert main(["select", str(tmp_path / "spec.toml")]) == 2, "without being allowed to go on"
    capsys.readouterr()


def test_a_list_says_its_column_what_it_holds_and_whence_it_comes(
    spec: RunSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "customers.csv").write_text("row,subject\n1,4711\n2,1007\n")
    asked = spec.with_changes("forget", files=str(tmp_path / "customers.csv"))
    (tmp_path / "spec.toml").write_text(asked.to_toml())
    assert main(["select", str(tmp_path / "spec.toml")]) == 2
    assert "files_as" in " ".join(capsys.readouterr().err.split())
    found = selected(asked.with_changes("forget", files_column="subject", files_as="subject"), tmp_path, capsys)
    by_query = selected(spec.with_changes("forget", query="subject:4711,1007"), tmp_path, capsys)
    assert found["positions"] == by_query["positions"] and len(found["positions"]) > 12
    names = by_query["names"][:3]
    (tmp_path / "windows.txt").write_text("".join("D:\\photos\\" + name.replace("/", "\\") + "\n" for name in names))
    moved = spec.with_changes("forget", files=str(tmp_path / "windows.txt"), files_below="D:\\photos")
    assert selected(moved, tmp_path, capsys)["names"] == names


def test_a_query_beside_a_spec_keeps_of_whom_pictures_are(
    spec: RunSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "pictures.csv"
    table.write_text(table.read_text().replace("subject", "owner", 1))
    asked = spec.with_changes("forget", classes=("ring",), group="owner")
    found = selected(asked, tmp_path, capsys, "--query", "owner:4711 class:disc")
    assert "Same owner" in dict(found["told"])


def test_a_step_that_changes_nothing_and_figures_that_are_wrong(
    spec: RunSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    steps = [
        {"do": "add", "by": "class", "asked": "ring", "classes": ["ring"], "changed": 5_000, "marked": 5_000,
         "words": "Added 5,000 pictures of class ring"},
        {"do": "remove", "query": "dup:yes class:disc"},
    ]  # fmt: skip
    asked = spec.with_changes("forget", classes=("ring",), history=steps)
    found = selected(asked, tmp_path, capsys)
    words = ["Added 60 pictures of class ring", "Removed 0 pictures found by dup:yes class:disc"]
    assert [step["words"].partition(";")[0] for step in found["history"]] == words
    assert [step["changed"] for step in found["history"]] == [60, 0]
    assert any("the spec tells other figures" in note for note in found["notes"])
