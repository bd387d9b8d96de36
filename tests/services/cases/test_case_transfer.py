"""A case leaves as one file and arrives whole on another machine, or not at all."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from maga_desk.cli import main
from maga_desk.domain import paths
from maga_desk.domain.cases import ErasureCase
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import CaseError, OutputError, StoreError
from maga_desk.domain.specs.run import RunSpec, read_spec
from maga_desk.services.cases.archive import is_inside
from maga_desk.services.cases.arriving import import_case, pictures_wanted
from maga_desk.services.cases.leaving import export_case
from maga_desk.services.records.reading import read_folder, read_session
from maga_desk.store.sessions import SessionStore
from maga_desk.store.values import seal
from tests.services.cases.editing import columns, rezipped, sealed, summary_of


def test_no_picture_and_no_key_leaves(file: Path) -> None:
    with zipfile.ZipFile(file) as archive:
        names = archive.namelist()
    assert not [name for name in names if name.endswith((".png", ".jpg"))]
    assert {Path(name).name for name in names if name.endswith(".pem")} <= {"public-key.pem", "model-public-key.pem"}
    assert {"case.json", "rows.json", "files/1/model.safetensors", "runs/1/unlearned.safetensors"} <= set(names)


def test_it_arrives_whole(file: Path, data: Path, there: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Request, approval, run and figures are those of the first machine; nothing points back to it."""
    assert main(["case", "import", str(file), "--data", str(data), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    folder = Path(found["folder"]) / "runs" / "1"
    with (
        SessionStore.open(paths.sessions_file()) as store,
        SessionStore.open(there / "home" / "sessions.sqlite") as old,
    ):
        kept, before = store.cases.case(found["case"]), old.cases.recent()[0]
        assert kept.state == before.state == "handed over", "approval and hand-over are of one judgement, the same"
        assert (kept.case.scope, kept.created) == ("all rings", before.created)
        run, was = store.run(kept.runs[0].id), old.run(before.runs[0].id)
        assert (run.report, run.scalars, run.messages) == (was.report, was.scalars, was.messages)
        assert run.folder == str(folder) and run.spec.data.path == str(data)
        assert run.spec.model.checkpoint == str(folder.parents[1] / "files" / "1" / "model.safetensors")
        assert all(artefact.path.startswith(found["folder"]) for artefact in run.artefacts)
        record = next(Path(artefact.path) for artefact in run.artefacts if artefact.kind == "record")
        material = read_session(store, run.session_id)
    assert read_spec(folder / "spec.toml") == run.spec
    assert material.checkpoint_sha256 == read_folder(folder).checkpoint_sha256
    assert record.parent != there / "record"
    assert main(["verify-record", str(record), "--checkpoint", str(folder / "unlearned.safetensors")]) == 0
    assert "the record holds" in capsys.readouterr().out


def test_a_report_there_has_the_same_figures(
    file: Path, data: Path, there: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["case", "import", str(file), "--data", str(data), "--json"]) == 0
    folder = Path(json.loads(capsys.readouterr().out)["folder"]) / "runs" / "1"
    out = tmp_path / "record"
    assert main(["report", str(folder), "--out", str(out), "--key", str(there / "key.pem")]) == 0
    here, first = (json.loads((each / "record.json").read_text()) for each in (out, there / "gone-record"))
    for part in ("judgement", "curves", "method", "before", "after", "labels", "lineage"):
        assert here[part] == first[part], part
    assert here["case"]["reference"] == "AZ-17"


def test_the_run_is_found_finished_and_can_be_done_again(
    file: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["case", "import", str(file), "--data", str(data), "--json"]) == 0
    folder = Path(json.loads(capsys.readouterr().out)["folder"]) / "runs" / "1"
    before = json.loads((folder / "report.json").read_text())["after"]
    assert main(["run", str(folder / "spec.toml"), "--resume"]) == 0
    assert json.loads((folder / "report.json").read_text())["after"] == before
    again = read_spec(folder / "spec.toml").with_changes("output", dir=str(folder.parent / "2"))
    (folder / "again.toml").write_text(again.to_toml())
    assert main(["run", str(folder / "again.toml")]) == 0
    assert (
        json.loads((folder.parent / "2" / "report.json").read_text())["after"]["figures"].keys()
        == before["figures"].keys()
    )


def test_importing_twice_is_said_and_doubles_nothing(
    file: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["case", "import", str(file), "--data", str(data)]) == 0
    assert main(["case", "import", str(file), "--data", str(data)]) == 0
    assert "is here already: AZ-17" in " ".join(capsys.readouterr().err.split())
    with SessionStore.open(paths.sessions_file()) as store:
        assert len(store.cases.recent()) == len(store.recent()) == 1
    assert len(list(paths.runs_dir().glob("[!.]*"))) == 1


def test_where_pictures_moved_is_asked(file: Path, there: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert pictures_wanted(file) == (str(there / "pictures"),)
    assert main(["case", "import", str(file), "--data", "/nowhere"]) == 2
    assert "there is nothing" in capsys.readouterr().err and not paths.runs_dir().exists()
    assert main(["case", "import", str(file), "--data", f"/other={data}"]) == 2
    assert "no pictures lay in /other" in capsys.readouterr().err
    assert main(["case", "import", str(file), "--json"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["missing"] == [str(there / "pictures")] and "Load page" in " ".join(said.err.split())


def test_pictures_go_along_where_a_person_says_so(
    file: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with SessionStore.open(paths.sessions_file()) as store:
        list(import_case(store, file, RunControl(), data=str(data)))
        number = store.cases.recent()[0].id
        list(export_case(store, number, tmp_path / "with.case", RunControl(), pictures=True))
    monkeypatch.setenv("MAGA_DESK_HOME", str(tmp_path / "third"))
    with SessionStore.open(paths.sessions_file()) as store:
        summary = summary_of(import_case(store, tmp_path / "with.case", RunControl()))
        assert not summary["missing"] and pictures_wanted(tmp_path / "with.case") == ()
        place = store.session(store.recent()[0].id).spec.data.path
    assert place is not None and place.startswith(summary["folder"])
    names = [sorted(each.relative_to(root) for each in root.rglob("*")) for root in (Path(place), data)]
    assert names[0] == names[1]


def _climbing(files: dict[str, bytes]) -> None:
    files["../evil.txt"] = b"x"
    said = json.loads(files["case.json"])
    said["files"]["../evil.txt"] = {
        "bytes": 1,
        "sha256": "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881",
    }
    sealed(files, said)


def _with_said(**more: Any) -> Callable[[dict[str, bytes]], None]:
    return lambda files: sealed(files, {**json.loads(files["case.json"]), **more})


def _edited(files: dict[str, bytes]) -> None:
    files["runs/1/report.json"] = files["runs/1/report.json"].replace(b"1", b"2", 1)


EDITS: dict[str, tuple[Callable[[dict[str, bytes]], None], str]] = {
    "a member": (_edited, "cut or edited"),
    "one more": (lambda files: files.update({"more.txt": b"x"}), "cut or edited"),
    "one less": (
        lambda files: files.pop("runs/1/labels.csv", None) or files.pop("runs/1/report.json"),
        "cut or edited",
    ),
    "the manifest": (lambda files: files.update({"case.json": files["case.json"].replace(b"0.", b"1.", 1)}), "edited"),
    "no manifest": (lambda files: files.pop("case.json"), "is no file of a case"),
    "climbing": (_climbing, "cut or edited"),
    "newer": (_with_said(format=2, version="9.0"), "version 9.0 of this program, which is newer"),
    "no format": (_with_said(format=0), "cut or edited"),
    "a truth for a format": (_with_said(format=True), "cut or edited"),
    "another kind": (_with_said(kind="other"), "cut or edited"),
    "a path outside": (_with_said(paths={"/a": "../../etc/passwd"}), "cut or edited"),
    "a folder outside": (_with_said(folders={"/a": "/etc"}), "cut or edited"),
}


@pytest.mark.parametrize("edit", EDITS)
def test_what_was_edited_changes_nothing(edit: str, file: Path, data: Path, tmp_path: Path, home: Path) -> None:
    change, words = EDITS[edit]
    spoiled = tmp_path / "spoiled.case"
    shutil.copyfile(file, spoiled)
    rezipped(spoiled, lambda files: (change(files), None)[1])
    with SessionStore.open(paths.sessions_file()) as store:
        with pytest.raises(CaseError, match=words):
            list(import_case(store, spoiled, RunControl(), data=str(data)))
        assert store.cases.recent() == [] and store.recent() == []
    assert not list(home.rglob("*evil*")) and not list(tmp_path.parent.glob("evil*"))
    assert not [each for each in paths.runs_dir().glob("*") if each.is_dir()]


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
def test_what_was_cut_changes_nothing(share: float, file: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.case"
    content = file.read_bytes()
    cut.write_bytes(content[: int(len(content) * share)])
    with SessionStore.open(paths.sessions_file()) as store, pytest.raises(CaseError, match="case"):
        list(import_case(store, cut, RunControl()))


def _report_and_seal(run: dict[str, Any]) -> None:
    """Better figures in the row, with the seal of them; the run's folder keeps its own."""
    report = json.loads(run["report"])
    report["seconds"] = 1e6
    run["report"] = json.dumps(report)
    run["seal"] = seal(run["report"])


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: rows["runs"][0].update(later_column=1),
        lambda rows: rows["runs"][0].update(session_id=99),
        lambda rows: rows["metrics"].append({"run_id": 7, "step": 1, "name": "a", "value": 1.0}),
        lambda rows: rows.update(meta=[{"key": "a", "value": "b"}]),
        lambda rows: rows["runs"][0].update(status="stolen"),
        lambda rows: rows["runs"][0].update({'id", "spec) --': 1}),
        lambda rows: rows["cases"].append(rows["cases"][0]),
        lambda rows: rows["sessions"][0].update(spec="{"),
        lambda rows: rows["sessions"][0].update(created="yesterday"),
        lambda rows: rows["runs"][0].update(started=None),
        lambda rows: rows["runs"][0].update(report='{"a": 1}'),
        lambda rows: rows["runs"][0].update(spec='{"method": {"name": 3}}'),
        lambda rows: rows["cases"][0].update(content='{"approvals": [{"run": 1}]}'),
        lambda rows: rows["cases"][0].update(content="[]"),
        lambda rows: rows["cases"][0].update(created=[1]),
        lambda rows: rows["cases"][0].pop("created"),
        lambda rows: rows["runs"][0].update(seal="0" * 64),
        lambda rows: rows["runs"][0].update(report=rows["runs"][0]["report"].replace("1", "2", 1)),
        lambda rows: _report_and_seal(rows["runs"][0]),
        lambda rows: rows["runs"][0].update(folder="/etc"),
        lambda rows: rows["runs"][0].update(folder=rows["runs"][0]["folder"] + "/../../etc"),
        lambda rows: rows["runs"][0].update(folder=rows["runs"][0]["folder"] + "\\..\\..\\etc"),
        lambda rows: rows["artefacts"][0].update(path="/etc/passwd"),
    ],
)
def test_rows_that_do_not_fit_change_nothing(
    change: Callable[[dict[str, Any]], None], file: Path, data: Path, tmp_path: Path
) -> None:
    spoiled = tmp_path / "spoiled.case"
    shutil.copyfile(file, spoiled)
    rezipped(spoiled, lambda files: columns(files, change))
    with SessionStore.open(paths.sessions_file()) as store:
        with pytest.raises((CaseError, StoreError)):
            list(import_case(store, spoiled, RunControl(), data=str(data)))
        assert store.cases.recent() == [] and store.recent() == []
    assert not [each for each in paths.runs_dir().glob("*") if each.is_dir()]


def test_targets_that_cannot_be(file: Path, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["case", "import", str(file), "--data", str(data), "--json"]) == 0
    folder = Path(json.loads(capsys.readouterr().out)["folder"])
    (tmp_path / "there.case").write_text("before")
    for target, words in ((tmp_path / "there.case", "is there already"), (tmp_path / "a.zip", "ends in .case")):
        assert main(["case", "export", "AZ-17", "--out", str(target)]) == 2
        assert words in capsys.readouterr().err
    assert (tmp_path / "there.case").read_text() == "before"
    shutil.rmtree(folder / "runs")
    assert main(["case", "export", "AZ-17", "--out", str(tmp_path / "rest.case"), "--json"]) == 0
    assert "The folder of a run is gone" in " ".join(json.loads(capsys.readouterr().out)["left"])


def test_without_room_nothing_is_left(file: Path, data: Path, tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    with SessionStore.open(paths.sessions_file()) as store:
        list(import_case(store, file, RunControl(), data=str(data)))
        number, place = store.cases.recent()[0].id, tmp_path / "new"
        place.mkdir()
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
        try:
            with pytest.raises(OutputError, match="cannot write"):
                list(export_case(store, number, place / "a.case", RunControl()))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert not [each for each in place.iterdir() if not each.name.endswith(".lock")]


def test_importing_without_room_leaves_nothing(file: Path, data: Path) -> None:
    resource = pytest.importorskip("resource")
    with SessionStore.open(paths.sessions_file()) as store:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
        try:
            with pytest.raises(OutputError, match="cannot write"):
                list(import_case(store, file, RunControl(), data=str(data)))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert store.cases.recent() == []
    assert not [each for each in paths.runs_dir().glob("*") if each.is_dir()]


def test_a_running_case_stays(spec: RunSpec, tmp_path: Path) -> None:
    with SessionStore.open(paths.sessions_file()) as store:
        session = store.create_session("a", spec)
        store.start_run(session, spec, tmp_path / "out")
        kept = store.cases.of_session(session)
        assert kept is not None
        with pytest.raises(CaseError, match="is going on"):
            list(export_case(store, kept.id, tmp_path / "a.case", RunControl()))


def test_a_case_without_runs_moves_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spec: RunSpec) -> None:
    with SessionStore.open(paths.sessions_file()) as store:
        number = store.cases.new(ErasureCase(reference="B-1", scope="x"))
        list(export_case(store, number, tmp_path / "a.case", RunControl()))
    monkeypatch.setenv("MAGA_DESK_HOME", str(tmp_path / "other"))
    with SessionStore.open(paths.sessions_file()) as store:
        assert summary_of(import_case(store, tmp_path / "a.case", RunControl()))["runs"] == 0
        assert [each.case.reference for each in store.cases.recent()] == ["B-1"]


@pytest.mark.parametrize(
    "name",
    [
        "../a",
        "/a",
        "a/../b",
        "a//b",
        "",
        ".",
        "..",
        "C:/a",
        "a\\b",
        "a/b ",
        "a/b.",
        "a\x00b",
        "a/./b",
        "con:x",
        "con",
        "runs/NUL.txt",
        "a/Com1",
        "a" * 300,
    ],
)
def test_names_that_lead_outside_or_nowhere(name: str) -> None:
    assert not is_inside(name)


def test_names_that_stay() -> None:
    assert is_inside("runs/1/unlearned.safetensors") and is_inside("pictures/1/train/Müller, K/001 (2).png")
