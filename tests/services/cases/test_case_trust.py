"""What the file of a case may not do: vouch for itself, carry what is none of it, or leave anything half."""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from maga_desk.cli import main
from maga_desk.domain import paths
from maga_desk.domain.cases import ErasureCase, Purge, Recipient
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import CaseError
from maga_desk.domain.specs.run import RunSpec
from maga_desk.services.cases.arriving import import_case
from maga_desk.services.cases.leaving import export_case
from maga_desk.services.records.case import case_part
from maga_desk.store.sessions import SessionStore
from tests.services.cases.editing import rezipped, sealed, summary_of


def test_the_word_of_a_file_is_called_so(
    file: Path, data: Path, there: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A record that is signed here does not attest what it only read."""
    assert main(["case", "import", str(file), "--data", str(data)]) == 0
    assert "no signature vouches for it" in " ".join(capsys.readouterr().out.split())
    assert main(["case", "approve", "AZ-17", "--by", "Ute"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "from AZ-17.case: what it held then" in said and said.count("as the imported file says") == 2
    folder = next(paths.runs_dir().glob("AZ-17-imported-1")) / "runs" / "1"
    assert main(["report", str(folder), "--out", str(tmp_path / "record"), "--key", str(there / "key.pem")]) == 0
    case = json.loads((tmp_path / "record" / "record.json").read_text())["case"]
    assert [each["name"] for each in case["approvals"]] == ["Erika (as the imported file says)", "Ute"]
    assert case["state"].startswith("handed over; imported on ") and "no signature" in case["state"]


def test_what_a_file_says_was_purged_and_told_is_its_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at = datetime(2031, 1, 1, tzinfo=UTC)
    case = ErasureCase(purges=(Purge(at, ("all",), ("none",)),), recipients=(Recipient("Max", at.date()),))
    with SessionStore.open(paths.sessions_file()) as store:
        list(export_case(store, store.cases.new(case), tmp_path / "a.case", RunControl()))
    monkeypatch.setenv("MAGA_DESK_HOME", str(tmp_path / "other"))
    with SessionStore.open(paths.sessions_file()) as store:
        part = case_part(store.cases.case(summary_of(import_case(store, tmp_path / "a.case", RunControl()))["case"]), 0)
    for said in (part.told[0].name, part.purged[0], part.out_of_reach[0]):
        assert said.endswith(" (as the imported file says)")


def test_other_figures_in_a_folder_do_not_leave(file: Path, data: Path, tmp_path: Path) -> None:
    with SessionStore.open(paths.sessions_file()) as store:
        summary = summary_of(import_case(store, file, RunControl(), data=str(data)))
        report = Path(summary["folder"]) / "runs" / "1" / "report.json"
        said = json.loads(report.read_text())
        report.write_text(json.dumps({**said, "seconds": 1e6}))
        with pytest.raises(CaseError, match="other figures"):
            list(export_case(store, summary["case"], tmp_path / "a.case", RunControl()))


def test_a_case_that_stands_otherwise_here_is_said(file: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["case", "import", str(file), "--data", str(data)]) == 0
    assert main(["case", "approve", "AZ-17", "--by", "Ute"]) == 0
    capsys.readouterr()
    assert main(["case", "import", str(file), "--data", str(data)]) == 2
    assert "is here already, and stands otherwise here: AZ-17" in " ".join(capsys.readouterr().err.split())


def test_a_case_that_came_in_meanwhile_is_not_doubled(file: Path, data: Path) -> None:
    """Who put it looked before the other was kept."""
    with zipfile.ZipFile(file) as archive:
        rows = json.loads(archive.read("rows.json"))
    with SessionStore.open(paths.sessions_file()) as store:
        assert store.cases.known(rows) is None
        list(import_case(store, file, RunControl(), data=str(data)))
        with pytest.raises(CaseError, match="another import meanwhile"):
            store.cases.put(rows, "again.case")
        assert len(store.cases.recent()) == len(store.recent()) == 1


def test_what_a_killed_import_left_goes(file: Path, data: Path, tmp_path: Path) -> None:
    """Killed before its case was kept; and, another time, right after that."""
    lost, mine = paths.runs_dir() / "lost-imported-1", paths.runs_dir() / "mine-imported-1"
    lost.mkdir(parents=True)
    mine.mkdir()
    (lost / ".maga-desk-importing").write_text("2020-01-01T00:00:00.000000+00:00")
    with SessionStore.open(paths.sessions_file()) as store:
        kept = Path(summary_of(import_case(store, file, RunControl(), data=str(data)))["folder"])
        assert not lost.exists() and mine.exists() and not list(kept.glob(".maga*"))
        assert store.cases.has_runs_in(str(kept)) and store.cases.has_runs_in(str(kept.parent))
        assert not store.cases.has_runs_in(str(kept)[:-1]), "a name that begins alike is another folder"
        (kept / ".maga-desk-importing").write_text("2020-01-01T00:00:00.000000+00:00")
        number = store.cases.new(ErasureCase(reference="B"))
        list(export_case(store, number, tmp_path / "b.case", RunControl()))
        store.cases.delete(number)
        list(import_case(store, tmp_path / "b.case", RunControl()))
    assert (kept / "runs" / "1" / "report.json").exists() and not list(kept.glob(".maga*"))


def test_what_unpacks_to_far_too_much_is_refused(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.case"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("case.json", "{}")
        archive.writestr("rows.json", b" " * (100 * 2**20))
    with SessionStore.open(paths.sessions_file()) as store, pytest.raises(CaseError, match="far more than a case"):
        list(import_case(store, bomb, RunControl()))


def test_a_strange_net_is_not_put_among_ours(file: Path, data: Path, tmp_path: Path) -> None:
    """Only what a report of the case names, with its hash, is."""

    def strange(files: dict[str, bytes]) -> None:
        said = json.loads(files["case.json"])
        files["references/strange.safetensors"] = b"net"
        said["files"]["references/strange.safetensors"] = {"bytes": 3, "sha256": hashlib.sha256(b"net").hexdigest()}
        sealed(files, said)

    changed = tmp_path / "changed.case"
    shutil.copyfile(file, changed)
    rezipped(changed, strange)
    with SessionStore.open(paths.sessions_file()) as store:
        assert not summary_of(import_case(store, changed, RunControl(), data=str(data)))["known"]
    assert not (paths.references_dir() / "strange.safetensors").exists()


def test_another_request_stays_here(file: Path, data: Path) -> None:
    """A session that ran for one case and now serves another shows the first only, as it was run."""
    with SessionStore.open(paths.sessions_file()) as store:
        number = int(summary_of(import_case(store, file, RunControl(), data=str(data)))["case"])
        session, run = store.recent()[0].id, store.run(store.cases.case(number).runs[0].id)
        mine = store.session(session).spec
        store.cases.new(ErasureCase(reference="B-2", scope="Max"), session_id=session)
        other = mine.with_changes("forget", pictures=("Max.png",))
        store.update_session(session, title="Max Secret", name="Max", spec=other)
        taken = store.cases.taken(number)
    assert "Max" not in json.dumps(taken)
    assert taken["labels"] == taken["proposals"] == [] and taken["runs"][0]["host"] == ""
    assert json.loads(taken["sessions"][0]["spec"])["forget"] == run.spec.model_dump(mode="json")["forget"]


def test_keys_and_portraits_beside_a_model_stay_here(tmp_path: Path, spec: RunSpec, tiny_model: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    shutil.copyfile(tiny_model, folder / "model.safetensors")
    for name in ("config.json", ".env", "key.pem", "portrait.jpg", "notes.txt"):
        (folder / name).write_text("{}")
    (tmp_path / "secret.bin").write_text("x")
    (folder / "link.bin").symlink_to(tmp_path / "secret.bin")
    mine = spec.with_changes("model", checkpoint=str(folder))
    with SessionStore.open(paths.sessions_file()) as store:
        number = store.cases.new(ErasureCase(reference="C"), session_id=store.create_session("a", mine))
        summary = summary_of(export_case(store, number, tmp_path / "a.case", RunControl()))
    with zipfile.ZipFile(tmp_path / "a.case") as archive:
        names = {Path(name).name for name in archive.namelist()}
    assert names == {"case.json", "rows.json", "model.safetensors", "config.json"}
    assert any("lead out of" in line for line in summary["left"])


def test_names_that_become_alike_are_told(tmp_path: Path, spec: RunSpec) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    for name in ("a:b.bin", "a?b.bin"):
        (folder / name).write_text(name)
    mine = spec.with_changes("model", checkpoint=str(folder))
    with SessionStore.open(paths.sessions_file()) as store:
        number = store.cases.new(ErasureCase(reference="C"), session_id=store.create_session("a", mine))
        with pytest.raises(CaseError, match="rename one"):
            list(export_case(store, number, tmp_path / "a.case", RunControl()))


def test_names_that_are_no_unicode_are_told(tmp_path: Path, spec: RunSpec) -> None:
    place = tmp_path / "a\udcff.safetensors"
    place.write_bytes(b"x")
    mine = spec.with_changes("model", checkpoint=str(place))
    with SessionStore.open(paths.sessions_file()) as store:
        number = store.cases.new(ErasureCase(reference="C"), session_id=store.create_session("a", mine))
        with pytest.raises(CaseError, match="no valid Unicode"):
            list(export_case(store, number, tmp_path / "a.case", RunControl()))
    assert not (tmp_path / "a.case").exists()
