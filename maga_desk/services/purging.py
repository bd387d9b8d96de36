"""Removing what is kept of a session, and of what a closed case had forgotten."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from maga_desk.data.keeping import DiskShelf, owner_of
from maga_desk.domain import paths
from maga_desk.domain.cases import ErasureCase, KeptCase, Purge
from maga_desk.domain.errors import CaseError, StoreError, UserError, name_some
from maga_desk.domain.events import Ended, Event, Progress
from maga_desk.domain.places import Places
from maga_desk.domain.protection import inputs_of
from maga_desk.domain.record_folder import MANIFEST, RECORD_FOLDER
from maga_desk.domain.run_folder import CHECKPOINT
from maga_desk.domain.sessions import RunRecord, SessionRecord
from maga_desk.domain.settings import SettingsFile
from maga_desk.domain.specs.forget import ForgetSpec
from maga_desk.domain.specs.run import RunSpec
from maga_desk.store.sessions import SessionStore

_ALL = 10**6
_A_PICTURE = re.compile(r"\b(train|test|held[-_ ]?out)/[^/\s]")  # how a picture's name begins
BEYOND = "backups, files of this case and other copies elsewhere, and blocks that a disk keeps of deleted files"
_PAGES = "old pages of the database, and the log"
_UNWIPED = "deleted, but not wiped yet; opening the program again does it"
_UNFINISHED = "what is kept: its removal was begun and did not come to its end; purge the case again"


def delete_session(store: SessionStore, places: Places, session_id: int) -> tuple[Path, ...]:
    """Delete a session; its runs' folders, which stay, are given.

    What it read and wrote is no longer offered among recent files, but for what another session has, too. The database
    is written anew without it, what was kept of its pictures goes, and the log is emptied.

    :raises StoreError: there is no such session, a run of it is going on, or something cannot be written.
    """
    spec = store.session(session_id).spec
    runs = [store.run(info.id) for info in store.runs(session_id)]
    mine = {str(each.path) for each in inputs_of(spec)}
    for run in runs:
        mine |= _files_of(run)
    others = [each for each in store.recent(_ALL) if each.id != session_id]
    places.forget_all(mine - {each.data for each in others} - {str(each.checkpoint) for each in others})
    return store.delete_session(session_id)


def forget_places(store: SessionStore, places: Places, case_id: int) -> None:
    """Offer nothing more of what the runs of a closed case read and wrote among recent files and folders.

    Apart from :func:`purging`: those who listen to the settings hear of it in the thread that calls this.

    :raises CaseError: the case is neither closed nor refused.
    :raises StoreError: there is no such case.
    """
    places.forget_all({file for run in _reach_of(store, _over(store, case_id)).runs for file in _files_of(run)})


def purging(store: SessionStore, case_id: int, at: datetime) -> Generator[Event, None, KeptCase]:
    """Remove what the program itself still holds of what a closed case had forgotten, and note in the case what that
    was and what is out of reach. Make the record of the case before: labels are among what goes.

    The note is written first and amended after each step, so that one is there however early the program is killed:
    it says that the removal did not come to its end, or that old pages of the database are not wiped yet, which the
    next opening of the database does.

    :param at: UTC.
    :returns: the case as it is then.
    :raises CaseError: the case is neither closed nor refused.
    :raises StoreError: there is no such case.
    """
    yield Progress("Removing what is kept", 0, 0)
    reach = _reach_of(store, _over(store, case_id))
    left = list(_left(store, reach))
    noted = _note(store, case_id, Purge(at, (), (_UNFINISHED, *left)))
    place = len(noted.case.purges) - 1
    removed = [*_unkept(reach), *_without_labels(store, reach), *_without_shadows(reach), "recent files and folders"]
    _note(store, case_id, Purge(at, tuple(removed), (f"{_PAGES}: {_UNWIPED}", *left)), place)
    try:
        store.cases.wipe()
    except StoreError as error:
        left.insert(0, f"{_PAGES}: {error}")
    else:
        removed.append(_PAGES)
    kept = _note(store, case_id, Purge(at, tuple(removed), tuple(left)), place)
    yield Ended("finished")
    return kept


def _note(store: SessionStore, case_id: int, purge: Purge, place: int | None = None) -> KeptCase:
    """Note a purge in its case.

    :param place: of an earlier note of the same purge, which this one replaces.
    """

    def noted(case: ErasureCase, _: object) -> ErasureCase:
        earlier, later = (case.purges, ()) if place is None else (case.purges[:place], case.purges[place + 1 :])
        return replace(case, purges=(*earlier, purge, *later))

    return store.cases.change(case_id, noted)


def _over(store: SessionStore, case_id: int) -> KeptCase:
    """:raises CaseError: it is neither closed nor refused."""
    kept = store.cases.case(case_id)
    if kept.state not in ("closed", "refused"):
        raise CaseError(f"{kept.called} is {kept.state}", todo="close or refuse it before anything is purged")
    return kept


@dataclass(frozen=True)
class _Reach:
    """What of the database a case touches.

    :param sessions: of its runs; ``shared``: those of them that a case has, too, which is still open.
    """

    case_id: int
    runs: tuple[RunRecord, ...]
    sessions: tuple[SessionRecord, ...]
    shared: frozenset[int]


def _reach_of(store: SessionStore, kept: KeptCase) -> _Reach:
    runs = tuple(store.run(run.id) for run in kept.runs)
    of_session = {number: {info.id for info in store.runs(number)} for number in {run.session_id for run in runs}}
    unfinished = {
        run.id for each in store.cases.recent() if each.state not in ("closed", "refused") for run in each.runs
    }
    shared = frozenset(number for number, ids in of_session.items() if ids & unfinished)
    return _Reach(kept.id, runs, tuple(store.session(number) for number in sorted(of_session)), shared)


def _files_of(run: RunRecord) -> set[str]:
    return {run.folder, *(str(each.path) for each in inputs_of(run.spec)), *(file.path for file in run.artefacts)}


def _unkept(reach: _Reach) -> Iterator[str]:
    """Decoded pictures, answers of nets and features that were kept of the pictures, whoever opened them."""
    shelf = DiskShelf(paths.kept_dir(), 0)
    owners = {owner_of(run.spec.data.path or run.spec.data.source) for run in reach.runs}
    freed = sum(shelf.forget(owner) for owner in owners)
    yield (
        "decoded pictures and thumbnails, hashes of files, near copies, and outputs, features and maps of models "
        f"({freed / 1e6:,.1f} MB)"
    )


def _without_labels(store: SessionStore, reach: _Reach) -> Iterator[str]:
    """Proposed labels with picture names, and what models answered about the pictures."""
    numbers = [each.id for each in reach.sessions if each.id not in reach.shared]
    labels = store.forget_guidance(numbers)
    yield f"perturbing labels of {labels:,} pictures, edits of them, and what models had answered about them"


def _without_shadows(reach: _Reach) -> Iterator[str]:
    """Shadow models that were trained here on the same pictures: half of them have seen what was forgotten."""
    from maga_desk.domain.yardstick import TrainingRecord
    from maga_desk.models.checkpoint import read_info
    from maga_desk.services.judging.trainings import SHADOW_SEEDS

    prints, count = _fingerprints(reach), 0
    for path in sorted(paths.references_dir().glob("*.safetensors")):
        try:
            made = read_info(path).made
        except UserError:  # damaged: not ours to judge
            continue
        if made.get("seed") in SHADOW_SEEDS and TrainingRecord.of(made).data in prints:
            path.unlink(missing_ok=True)
            count += 1
    yield f"{count:,} shadow models that were trained on the pictures"


def _left(store: SessionStore, reach: _Reach) -> Iterator[str]:
    """What is out of reach, or must stay, a line each."""
    for number in sorted(reach.shared):
        yield f"labels of session {number}: a case that is still open has them, too"
    for folder in sorted({run.folder for run in reach.runs if os.path.isdir(run.folder)}):
        yield f"{folder}: names of what was forgotten, which the next request needs, labels, events and the report"
    for record in sorted(_records(reach)):
        yield f"{record}: a record of the erasure"
    for path, number in sorted(_retrained(reach)):
        yield f"{path}: the retrained model that run {number} was judged by"
    yield from _names_kept(reach)
    for data in sorted({run.spec.data.path for run in reach.runs if run.spec.data.path}):
        if os.path.exists(data):
            yield f"{data}: the pictures themselves, where nobody removed them"
    for path in sorted(_trained_on_them(store, reach)):
        yield f"{path}: a checkpoint that was trained on the same pictures"
    if saved := len(SettingsFile().values.finding.saved):
        yield f"saved queries ({saved:,}), which may name people: the menu beside the query line removes them"
    yield BEYOND


def _names_kept(reach: _Reach) -> Iterator[str]:
    """What the program itself goes on holding of names and of a person's words, since sessions and queries need it."""
    what = "names of pictures, or what was asked or decided of them; deleting the session removes that"
    for run in reach.runs:
        if told := _told_by(run):
            yield f"session {run.session_id}: of run {run.id}, {name_some(told)} in the database may have {what}"
    for session in reach.sessions:
        if _names_somebody(session.spec):
            yield f"session {session.id}: its spec in the database has {what}"


def _told_by(run: RunRecord) -> list[str]:
    """The parts of a stored run that name a picture, or hold a person's words over one."""
    words, report = _words_of(run.spec.forget), run.report.as_dict() if run.report is not None else {}
    parts = {
        "the spec": _names_somebody(run.spec),
        "the summary": _tells(_text_of(run.summary or {}), words),
        "the report": _tells(_text_of(report), words),
        "messages": _tells("\n".join(each.text for each in run.messages), words),
        "the error": _tells(run.error or "", words),
        "the files' names": _tells("\n".join(file.path for file in run.artefacts), words),
    }
    return [name for name, told in parts.items() if told]


def _names_somebody(spec: RunSpec) -> bool:
    """Whether a spec names pictures, a list, a query, or why a copy stays."""
    forget = spec.forget
    asked = forget.files or forget.query or forget.found_by or forget.history or spec.guidance.label_edits
    return bool(asked or _words_of(forget))


def _words_of(forget: ForgetSpec) -> frozenset[str]:
    """Names, and a person's words."""
    given = {*forget.pictures, *forget.later, *forget.not_found, forget.query.strip(), forget.found_by.strip()}
    for each in forget.left:
        given |= {each.picture, each.copy_of, " ".join(each.reason.split())}
    for step in forget.history:
        given |= {*step.pictures, *step.not_found, step.query.strip(), step.asked.strip()}
    return frozenset(given - {""})


def _text_of(told: Mapping[str, Any]) -> str:
    return json.dumps(dict(told), ensure_ascii=False, default=str)


def _tells(text: str, words: frozenset[str]) -> bool:
    return bool(_A_PICTURE.search(text)) or any(word in text for word in words)


def _records(reach: _Reach) -> set[str]:
    """Folders of records that were written, as far as this program knows, and that are still there."""
    noted = {Path(file.path) for run in reach.runs for file in run.artefacts if file.kind == "record"}
    usual = {Path(run.folder) / RECORD_FOLDER / MANIFEST for run in reach.runs}
    return {str(manifest.parent) for manifest in noted | usual if manifest.is_file()}


def _retrained(reach: _Reach) -> set[tuple[str, int]]:
    """Nets that a run was compared with and that are still here, with the run's number."""
    found = set()
    for run in reach.runs:
        named, report = run.spec.audit.retrained, run.report
        files = [paths.references_dir() / each.file for each in (report.yardsticks if report else ())]
        files += [Path(named)] if named and named != "make" else []
        found |= {(str(file), run.id) for file in files if file.is_file()}
    return found


def _trained_on_them(store: SessionStore, reach: _Reach) -> set[str]:
    """Checkpoints that had the pictures, as far as this program knows: where runs started, and what sessions opened."""
    prints = _fingerprints(reach)
    found = {run.spec.model.checkpoint for run in reach.runs if run.spec.model.checkpoint}
    for info in store.recent(_ALL):
        if info.checkpoint and info.checkpoint not in found:
            card = store.session(info.id).card
            if card is not None and card.fingerprint in prints:
                found.add(info.checkpoint)
    results = {str(Path(run.folder) / CHECKPOINT) for run in reach.runs} | {path for path, _ in _retrained(reach)}
    return {path for path in found - results if os.path.exists(path)}


def _fingerprints(reach: _Reach) -> set[str]:
    return {each.card.fingerprint for each in reach.sessions if each.card is not None and each.card.fingerprint}
