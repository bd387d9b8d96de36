"""What stands in a record: all that the run left, nothing that names a picture, and the same bytes each time."""

from __future__ import annotations

import hashlib
import hmac
import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from maga_desk.domain import cases, paths
from maga_desk.domain.cases import ErasureCase, KeptCase, Purge
from maga_desk.domain.errors import UserError
from maga_desk.domain.events import Audited, Ended
from maga_desk.domain.forgotten import read_forgotten
from maga_desk.domain.merkle import merkle_root
from maga_desk.domain.record import from_bytes, to_bytes
from maga_desk.domain.results import Figure, Report
from maga_desk.domain.run_forecast import Expectation, RunForecast
from maga_desk.domain.specs.run import RunSpec, read_spec
from maga_desk.domain.without_retraining import WithoutRetraining, Witnessed
from maga_desk.services.environment import code_sha256
from maga_desk.services.records.building import A_PICTURE, build_record
from maga_desk.services.records.case import case_part
from maga_desk.services.records.pages import html
from maga_desk.services.records.reading import read_folder, read_session
from maga_desk.services.records.scope import hashes_of
from maga_desk.services.records.scope_key import scope_key_file
from maga_desk.store.sessions import SessionStore
from tests.services.records.conftest import DISCS, RUNS, SQUARES

AT = datetime(2026, 3, 4, tzinfo=UTC)


def copy_of(run: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(run, tmp_path / "copy"))


def edited(path: Path, **values: object) -> None:
    raw = json.loads(path.read_text())
    path.write_text(json.dumps({**raw, **values}))


def test_a_record_says_what_a_run_of_today_did(finished: Path) -> None:
    built = build_record(read_folder(finished))
    record = built.record
    summary = json.loads((finished / "summary.json").read_text())
    assert (record.scope.forgotten, record.scope.retained) == (summary["forget_pictures"], summary["retain_pictures"])
    assert record.scope.classes == ("ring",) and record.title == f"ring ({record.scope.forgotten} pictures)"
    assert record.after.sha256 == summary["checkpoint_sha256"]
    assert record.before.sha256 and record.before.sha256 == record.lineage.ancestors[0].model.sha256
    assert record.lineage.ancestors[-1].by == "train" and not record.lineage.ends
    assert dict(record.method.resolved) == summary["resolved"]
    assert record.environment.code_sha256 == code_sha256() and record.environment.packages["torch"]
    assert record.labels is not None and record.labels.matrix is not None
    assert sum(each.pictures for each in record.labels.flow) == record.scope.forgotten
    assert set(record.labels.matrix.rows) == {"ring"} and sum(record.labels.matrix.rows["ring"]) == pytest.approx(1)
    assert {each.key for each in record.curves} >= {"run.loss", "run.retain_accuracy", "run.forget_accuracy"}
    assert [each.key for each in record.judgement.questions] == [
        "recognised", "membership", "inside", "others", "back",
    ]  # fmt: skip
    assert record.finished.endswith("Z") and record.sent == () and record.case is None
    assert "no requirement can be claimed" in record.claim or "at most the requirement" in record.claim
    assert not [each for each in record.limits if "was not kept" in each or "kept neither" in each]
    assert from_bytes(to_bytes(record)) == record
    assert to_bytes(build_record(read_folder(finished)).record) == to_bytes(record)


def test_the_root_is_that_of_keyed_hashes_which_nobody_has_without_the_key(finished: Path) -> None:
    built = build_record(read_folder(finished))
    listed = read_forgotten((finished / "forgotten.txt").read_text())
    assert listed is not None
    key_file = scope_key_file(built.record.run)
    assert key_file.stat().st_mode & 0o777 == 0o600 and key_file.parent.stat().st_mode & 0o777 == 0o700
    key = bytes.fromhex(key_file.read_text())
    leaves = sorted(hmac.new(key, bytes.fromhex(mark), hashlib.sha256).digest() for _, mark in listed.entries)
    assert built.record.scope.root == merkle_root(leaves).hex()
    assert [bytes.fromhex(each) for each in hashes_of(built.scope.table())] == leaves
    text = to_bytes(built.record).decode() + built.scope.table()
    for name, mark in listed.entries:
        assert name not in text and Path(name).name not in text and mark not in text
    key_file.unlink()
    assert build_record(read_folder(finished)).record.scope.root != built.record.scope.root


def test_names_of_pictures_are_taken_out_of_notes(finished: Path) -> None:
    names = [line.split("\t")[0] for line in (finished / "forgotten.txt").read_text().splitlines()[1:]]
    for name in ("report.json", "summary.json"):
        edited(finished / name, notes=[f"{names[0]} is {names[1]}"])
    summary = json.loads((finished / "summary.json").read_text())
    summary["files"]["report.json"] = hashlib.sha256((finished / "report.json").read_bytes()).hexdigest()
    edited(finished / "summary.json", **summary)
    assert build_record(read_folder(finished)).record.judgement.notes == (f"{A_PICTURE} is {A_PICTURE}",)


def test_names_are_taken_out_of_reasons_however_short_they_are_written(finished: Path) -> None:
    found = read_folder(finished)
    word = {"picture": "train/disc/zz_near.jpg", "copy_of": "train/ring/Jane 7.png", "no_copy": False, "exact": False}
    said = {
        "zz_near.jpg agreed": f"{A_PICTURE} agreed",
        "see RING/jane 7.png": f"see {A_PICTURE}",
        "disc/zz_near, of 7": f"{A_PICTURE}, of 7",
        "jane 7: of 000.png": f"{A_PICTURE}: of {A_PICTURE}",
        "buzz_nearby": "buzz_nearby",
    }
    copies = tuple({**word, "reason": reason} for reason in said)
    record = build_record(replace(found, report=replace(found.report, copies=copies))).record
    assert [each.reason for each in record.twins.left] == list(said.values())


def test_how_the_forget_set_came_about_stands_in_the_record_without_who_asked(finished: Path) -> None:
    spec = read_spec(finished / "spec.toml")
    steps = [
        {"do": "add", "by": "list", "asked": "for Jane Doe.txt", "words": "Added", "wanted": 9, "changed": 7,
         "marked": 7, "pictures": ["a.png"], "not_found": ["Jane.png", "Doe.png"]},
        {"do": "remove", "by": "query", "asked": "subject=4711 -subject!=Jane -class:cat", "words": "Removed",
         "columns": ["class", "subject"], "changed": 2, "marked": 5, "pictures": ["b.png"]},
        {"do": "add", "by": "query", "asked": "name=IMG_Jane.jpg", "words": "Added", "changed": 1, "marked": 6},
        {"do": "keep", "by": "map", "asked": "within a lasso", "words": "Kept", "changed": 4, "marked": 1},
        {"do": "invert", "words": "Inverted", "changed": 20, "marked": 19},
    ]  # fmt: skip
    (finished / "spec.toml").write_text(spec.with_changes("forget", history=steps).to_toml())
    summary = json.loads((finished / "summary.json").read_text())
    summary["files"]["spec.toml"] = hashlib.sha256((finished / "spec.toml").read_bytes()).hexdigest()
    edited(finished / "summary.json", **summary)
    record = build_record(read_folder(finished)).record
    assert record.scope.history == (
        "Added 7 pictures by a list, of 9 names; 2 not found",
        "Removed 2 pictures found by a query on class, subject",
        "Added 1 picture found by a query",  # as it was kept by a version that did not write the columns down
        "Kept only 1 picture chosen on the map; 4 no longer marked",
        "Inverted the marks: 19 pictures marked",
    )
    written = to_bytes(record).decode()
    assert "jane" not in written.lower() and "4711" not in written and from_bytes(written.encode()) == record
    assert "Removed 2 pictures found by a query on class, subject" in html(record).decode()


def test_a_run_of_version_0_1_0_gives_a_record_that_says_what_it_did_not_keep(kept_run: Path) -> None:
    record = build_record(read_folder(kept_run)).record
    assert record.environment.version == "0.1.0" and record.environment.packages == {}
    assert (record.scope.keyed, record.scope.leaves, record.scope.forgotten) == ("names", 12, 12)
    assert record.labels is not None and record.labels.chosen_by == {"classifier": 10, "user": 2}
    assert [(each.row, each.column, each.value) for each in record.labels.cells] == [("ring", "cross", 0.75)]
    assert record.labels.matrix is None and record.before.sha256 == ""
    said = " ".join(record.limits)
    assert "The hash of the original was not kept." in said and "kept neither the hash of its code" in said
    curves = {each.key: each for each in record.curves}
    assert curves["run.loss"].points[-1][0] == 18 and curves["reference.loss"].points[-1][0] == 40
    other = build_record(read_folder(RUNS / DISCS)).record
    assert (other.scope.forgotten, other.scope.before, other.after.sha256) == (12, 12, "")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("summary.json", '{"metrics": {', "half written or was edited"),
        ("summary.json", "[" * 100_000, "nested too deep"),
        ("summary.json", "[]", "no table"),
        ("report.json", '{"classes": []}', "is no report"),
        ("spec.toml", "[method", "not valid TOML"),
    ],
)
def test_a_half_written_file_is_named(kept_run: Path, tmp_path: Path, name: str, content: str, says: str) -> None:
    folder = copy_of(kept_run, tmp_path)
    (folder / name).write_text(content)
    with pytest.raises(UserError, match=says) as caught:
        read_folder(folder)
    assert name in str(caught.value)


def test_an_unfinished_run_has_nothing_to_report() -> None:
    with pytest.raises(UserError, match="not finished: there is nothing to report yet"):
        read_folder(RUNS / SQUARES)


def test_what_is_no_run_is_said(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(UserError, match="name the folder of a run"):
            read_folder(folder)


def test_a_run_of_a_newer_version_and_one_whose_figures_were_edited_are_refused(kept_run: Path, tmp_path: Path) -> None:
    folder = copy_of(kept_run, tmp_path)
    edited(folder / "summary.json", version="12.0.0")
    with pytest.raises(UserError, match=r"made by version 12\.0\.0, newer than this one"):
        read_folder(folder)
    metrics = json.loads((folder / "summary.json").read_text())["metrics"]
    edited(folder / "summary.json", version="0.1.0", metrics={**metrics, "forget_train": 50.0})
    with pytest.raises(UserError, match="one of the two was edited"):
        read_folder(folder)


def test_a_checkpoint_that_moved_is_asked_for(finished: Path, tmp_path: Path) -> None:
    whole = to_bytes(build_record(read_folder(finished)).record)
    moved = shutil.move(finished / "unlearned.safetensors", tmp_path / "elsewhere.safetensors")
    with pytest.raises(UserError, match="say where it is now with --checkpoint"):
        read_folder(finished)
    found = build_record(read_folder(finished, Path(moved))).record
    assert to_bytes(found) == whole.replace(b'"unlearned.safetensors"', b'"elsewhere.safetensors"')
    other = tmp_path / "other.safetensors"
    other.write_bytes(Path(moved).read_bytes() + b"\0")
    with pytest.raises(UserError, match="not the checkpoint that was judged"):
        read_folder(finished, other)
    with (finished / "forgotten.txt").open("a") as listed:
        listed.write("train/disc/000.png\n")
    with pytest.raises(UserError, match="has changed since the result was judged"):
        read_folder(finished, Path(moved))


def test_what_was_not_counted_is_not_called_nothing(finished: Path) -> None:
    material = read_folder(finished)
    summary = {
        key: value for key, value in material.summary.items() if key not in ("forget_pictures", "retain_pictures")
    }
    made = {key: value for key, value in material.made.items() if key != "forgotten_pictures"}
    scope = build_record(replace(material, summary=summary, made=made)).record.scope
    assert (scope.forgotten, scope.before, scope.retained) == (None, None, None)
    unlisted = build_record(replace(material, forgotten=None)).record.scope
    assert unlisted.before is None or unlisted.root


def test_verification_models_are_named_with_what_they_judged(finished: Path) -> None:
    material = read_folder(finished)
    said = WithoutRetraining(3, 0.15, 40, {"cka_original": Witnessed(0.5, -0.1, 0.1, 0.2, "none")})
    after = material.report.after.with_figures({"cka_original": Figure(0.5, 0.4, 0.6, 60)})
    record = build_record(replace(material, report=replace(material.report, without=said, after=after))).record
    by = {each.key: each.by for asked in record.judgement.questions for each in asked.evidence}
    assert by["cka_original"] == "3 verification models" and set(by.values()) == {"", "3 verification models"}
    assert "3 verification models, each trained on 40" in record.judgement.without
    page = html(record).decode()
    assert "by 3 verification models" in page and "each trained on 40 of the retained" in page
    assert not build_record(material).record.judgement.without


def recorded_case(spec: RunSpec, folder: Path) -> tuple[int, Report]:
    """A session with the finished run of a folder, approved; its number, and the run's report."""
    report = Report.from_dict(json.loads((folder / "report.json").read_text()))
    with SessionStore.open(paths.sessions_file()) as store:
        session = store.create_session("forget ring", spec)
        recorder = store.start_run(session, spec, str(folder.resolve()))
        recorder.record(Audited(report))
        recorder.record(Ended("finished", {}))
        store.flush()
        case = store.cases.of_run(recorder.run_id)
        assert case is not None
        store.cases.change(case.id, lambda kept, runs: cases.approved(kept, runs, "Grace", AT))
    return session, report


def test_an_approval_of_other_figures_is_not_in_the_record(finished: Path, tiny_spec: RunSpec) -> None:
    session, report = recorded_case(tiny_spec, finished)
    with SessionStore.open(paths.sessions_file()) as store:
        case = read_session(store, session).case
        assert case is not None and [each.name for each in case.approvals] == ["Grace"] and case.state == "approved"
        failed = store.start_run(session, tiny_spec, str(finished.resolve()))
        failed.fail("no room")
        store.flush()
        again = read_folder(finished, None, store).case
        assert again is not None and again.approvals == case.approvals, "a run that failed there has no say"
        (run,) = [each for each in store.runs(session) if each.status == "finished"]
        after = report.after.with_figures({"retain_train": Figure(12.0, n=180)})
        store.save_judgement(run.id, tiny_spec, replace(report, after=after))
        kept = store.cases.of_run(run.id)
        assert kept is not None
        store.cases.change(kept.id, lambda case, runs: cases.approved(case, runs, "Ada", AT))
        other = read_folder(finished, None, store).case
        assert other is not None and (other.approvals, other.state) == ((), "judged")
        with pytest.raises(UserError, match="holds other figures than the session has of run"):
            read_session(store, session)


def test_a_folder_that_holds_another_run_is_refused(finished: Path, tiny_spec: RunSpec) -> None:
    session, _ = recorded_case(tiny_spec, finished)
    recorded_case(tiny_spec, finished)
    with SessionStore.open(paths.sessions_file()) as store:
        with pytest.raises(UserError, match="holds run 2, not run 1 of the session"):
            read_session(store, session)
        assert read_session(store, session + 1).case is not None


def test_lines_of_purges_carry_their_day() -> None:
    purges = tuple(Purge(AT.replace(day=day), (f"labels {day}",), (f"backups {day}",)) for day in (4, 9))
    kept = KeptCase(id=1, created=AT, updated=AT, case=ErasureCase(purges=purges))
    part = case_part(kept, 1)
    assert part.purged == ("2026-03-04: labels 4", "2026-03-09: labels 9")
    assert part.out_of_reach == ("2026-03-09: backups 9",)


def test_a_key_file_without_a_key_is_refused(kept_run: Path) -> None:
    build_record(read_folder(kept_run))
    run = json.loads((kept_run / "summary.json").read_text())["digest"]
    scope_key_file(run).write_text("not a key")
    with pytest.raises(UserError, match="holds no key"):
        build_record(read_folder(kept_run))


def test_folders_of_this_machine_stay_out(finished: Path) -> None:
    material = read_folder(finished)
    opened = {**material.opened, "arch": "python//home/anna/nets/model.py:build", "checkpoint": "/home/anna/old.pt"}
    guided = material.report.guided
    assert guided is not None
    asked = {"proposer": "mllm", "model": "/home/anna/models/small", "exemplars": 8}
    report = replace(material.report, guided=replace(guided, opinions=(asked,)))
    record = build_record(replace(material, opened=opened, report=report)).record
    assert (record.before.arch, record.before.file) == ("python/model.py:build", "old.pt")
    assert record.labels is not None and record.labels.asked[0].model == "small"
    text = to_bytes(record).decode()
    assert "anna" not in text and str(finished.parent) not in text


def test_pictures_that_were_sent_are_said(finished: Path) -> None:
    material = read_folder(finished)
    guided = material.report.guided
    assert guided is not None
    sent = {"proposer": "endpoint", "model": "m", "exemplars": 8, "questions": 24, "cached": 3, "at": "2026-11-01"}
    endpoint = material.spec.guidance.endpoint.model_copy(update={"url": "https://models.example:8000/v1"})
    guidance = material.spec.guidance.model_copy(update={"endpoint": endpoint})
    report = replace(material.report, guided=replace(guided, opinions=(sent,)))
    spec = material.spec.model_copy(update={"guidance": guidance})
    (only,) = build_record(replace(material, spec=spec, report=report)).record.sent
    assert (only.to, only.pictures, only.questions, only.cached) == ("https://models.example:8000", 8, 24, 3)
    unknown = {key: value for key, value in sent.items() if key not in ("questions", "cached")}
    report = replace(material.report, guided=replace(guided, opinions=(unknown,)))
    record = build_record(replace(material, spec=spec, report=report)).record
    assert (record.sent[0].questions, record.sent[0].cached) == (None, None)
    assert "Answers remembered" in html(record).decode() and "not counted" in html(record).decode()


def test_the_forecast_of_retraining_and_why_it_was_not_chosen_stand_in_the_record(finished: Path) -> None:
    material = read_folder(finished)
    assert build_record(material).record.cost.not_retrained == ""
    retraining = Expectation(40.0, 35.0, 47.0)
    said = RunForecast("MaGA", None, retraining, None, machine="CPU", not_retrained="The result was due at once.")
    told = replace(material, report=replace(material.report, forecast=said))
    cost = build_record(told).record.cost
    assert cost.forecast.startswith("about 40 s (35 s to 47 s), by the original's recipe, on CPU.")
    assert "only exact answer" in cost.forecast and cost.not_retrained == "The result was due at once."
    assert build_record(told, "Another reason.").record.cost.not_retrained == "Another reason."


def test_what_was_said_of_the_request_stands_in_the_record(finished: Path) -> None:
    record = build_record(read_folder(finished)).record
    said = {each.title: each.text for each in record.scope.facts}
    assert "by the task" in said["Intent"] and "Median loss" in said["How hard"]
    assert "not how much it has memorised" in said["How hard"]
    assert from_bytes(to_bytes(record)) == record
    assert "What was said of the request before the run" in html(record).decode()
