"""A whole case as one file: the request, its runs with their folders, the nets and lists that they name, guidance.

Pictures are private and stay here unless a person says otherwise. What can be made again (exports, caches, answers of
models) and what must not leave (keys) is never in it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from maga_desk.domain import paths
from maga_desk.domain.case_files import SUFFIX
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import CaseError
from maga_desk.domain.events import Ended, Event, Message, Progress, Saved, Started
from maga_desk.domain.files import ensure_folder, sha256_of
from maga_desk.domain.locking import OnlyWriter
from maga_desk.domain.protection import InputFile, check_file, lists_beside
from maga_desk.domain.record_folder import MANIFEST, MODEL_SIGNATURE, PUBLIC_KEY, SIGNED
from maga_desk.domain.run_folder import KINDS, REPORT
from maga_desk.domain.specs.run import RunSpec, parse_spec
from maga_desk.domain.together import settle, write_together
from maga_desk.models.reading.config import LIKE_WEIGHTS
from maga_desk.services.cases.archive import MOST, ROWS, Member, is_inside, write_archive
from maga_desk.services.cases.moving import places_of, reference_names, tells
from maga_desk.store.case_transfer import Rows, text_of, texts
from maga_desk.store.sessions import SessionStore

_OF_MODEL = ("config.json", "preprocessor_config.json", "model.safetensors.index.json", "pytorch_model.bin.index.json")
"""With the weights, all that is read of a folder with a model."""


@dataclass
class _Load:
    """What goes into a file, as it is gathered.

    :param files: path there -> name in the archive, ``folders`` likewise of runs' folders.
    :param left: what is not in it, a line each.
    """

    members: list[Member] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    folders: dict[str, str] = field(default_factory=dict)
    pictures: dict[str, str] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    _sources: dict[str, Path | bytes] = field(default_factory=dict)

    def add(self, name: str, source: Path | bytes) -> None:
        """:raises CaseError: another file has that name already, once both were made such as every system takes."""
        if name not in self._sources:
            self._sources[name] = source
            self.members.append(Member(name, source))
        elif self._sources[name] != source:
            raise CaseError(
                f"another file is called {name} too, once both are in it", where=str(source), todo="rename one"
            )


def export_case(
    store: SessionStore,
    case_id: int,
    target: Path,
    control: RunControl,
    *,
    pictures: bool = False,
    force: bool = False,
) -> Iterator[Event]:
    """Write a case into one file.

    ``Ended.summary``: ``path, bytes, runs, files, left`` (what is not in it, a line each).

    :param pictures: put the pictures in as well.
    :param force: an earlier file of that name may be replaced.
    :raises StoreError: there is no such case. :raises CaseError: a run of it is going on.
    :raises OutputError: the target is an input, is there already, or cannot be written; nothing is written.
    :raises Cancelled: in between; nothing is written.
    """
    if target.suffix != SUFFIX:
        raise CaseError(f"the file of a case ends in {SUFFIX}", where=str(target), todo=f"{target.name}{SUFFIX}")
    store.flush()
    rows = store.cases.taken(case_id)
    load = _gathered(rows, pictures)
    inputs = [
        InputFile("a file of the case", member.source) for member in load.members if isinstance(member.source, Path)
    ]
    check_file(target, inputs, force=force)
    yield Started("Exporting the case")
    for line in load.left:
        yield Message(line)
    more = {"paths": load.files, "folders": load.folders, "pictures": load.pictures, "data": _data_of(rows)}
    ensure_folder(target.resolve().parent)

    yield Progress("Writing the case", 0, 1)
    with OnlyWriter(target, target.name, beside=True):
        write_together(
            target.resolve().parent,
            {target.name: lambda place: write_archive(place, load.members, more, control.checkpoint)},
        )
    yield Progress("Writing the case", 1, 1)
    yield Saved(str(target))
    yield Ended(
        "finished",
        {
            "path": str(target.resolve()),
            "bytes": target.stat().st_size,
            "runs": len(rows["runs"]),
            "files": len(load.members),
            "left": load.left,
        },
    )


def _gathered(rows: Rows, pictures: bool) -> _Load:
    load = _Load()
    for folder in dict.fromkeys(texts(rows, "runs", "folder")):
        _add_run(load, folder)
    _check_reports(rows)
    for manifest in dict.fromkeys(_records(rows)):
        _add_record(load, Path(manifest))
    for spec in _specs(rows):
        for place in places_of(spec):
            _add_place(load, place, is_model=place == spec.model.checkpoint)
    _add_references(load, texts(rows, "runs", "report"))
    for place in _data_of(rows):
        if pictures:
            _add_pictures(load, place)
        else:
            load.left.append(f"The pictures stay here: {place}")
    inside = {**load.folders, **load.files}
    rows["artefacts"] = [  # one that is gone is in no folder there
        row for row in rows["artefacts"] if {text_of(row["path"]), str(Path(text_of(row["path"])).parent)} & set(inside)
    ]
    content = json.dumps(rows, sort_keys=True).encode()
    if len(content) > MOST:
        raise CaseError(f"its rows are larger than {MOST / 2**20:,.0f} MiB", todo="delete proposals that are not used")
    load.add(ROWS, content)
    _check_names([*(member.name for member in load.members), *load.pictures, *inside, *_data_of(rows)])
    return load


def _check_names(names: list[str]) -> None:
    """:raises CaseError: one is no Unicode, as names on foreign file systems can be; a file of a case has only such."""
    for name in names:
        try:
            name.encode()
        except UnicodeEncodeError as error:
            raise CaseError("has a name that is no valid Unicode", where=ascii(name), todo="rename it") from error


def _specs(rows: Rows) -> list[RunSpec]:
    return [parse_spec(json.loads(text)) for table in ("sessions", "runs") for text in texts(rows, table, "spec")]


def _data_of(rows: Rows) -> list[str]:
    """Where the pictures lie."""
    return sorted({spec.data.path for spec in _specs(rows) if spec.data.path})


def _add_run(load: _Load, folder: str) -> None:
    name = f"runs/{len(load.folders) + 1}"
    load.folders[folder] = name
    load.folders.setdefault(str(Path(folder).resolve()), name)
    settle(Path(folder))
    found = [each for each in KINDS if (Path(folder) / each).is_file()]
    for each in found:
        load.add(f"{name}/{each}", Path(folder) / each)
    if not found:
        load.left.append(f"The folder of a run is gone: {folder}")


def _check_reports(rows: Rows) -> None:
    """:raises CaseError: a run's folder tells other figures than those that are kept, so that no import takes it."""
    kept = {text_of(run["folder"]): text_of(run["report"]) for run in rows["runs"] if run["report"]}
    for folder, report in kept.items():
        file = Path(folder) / REPORT
        if not tells(file, report):
            raise CaseError(
                "holds other figures than those that are kept of its run", where=str(file), todo="judge anew"
            )


def _records(rows: Rows) -> list[str]:
    """The manifests of records that were made of the runs."""
    return texts({"artefacts": [row for row in rows["artefacts"] if row["kind"] == "record"]}, "artefacts", "path")


def _add_record(load: _Load, manifest: Path) -> None:
    """What a record consists of; who checks it there needs all of it."""
    name = f"records/{1 + sum(each.startswith('records/') for each in load.folders.values())}"
    if not manifest.is_file():
        load.left.append(f"A record is gone: {manifest.parent}")
        return
    load.folders[str(manifest.parent)] = name
    for each in (MANIFEST, PUBLIC_KEY, MODEL_SIGNATURE, *SIGNED):
        if (manifest.parent / each).is_file():
            load.add(f"{name}/{each}", manifest.parent / each)


def _is_of_model(path: Path) -> bool:
    """Whether a model is read from such a file of a folder; a key or a portrait beside it is not."""
    return path.is_file() and (path.name in _OF_MODEL or path.name.lower().endswith(LIKE_WEIGHTS))


def _plain_files(found: list[Path], root: Path, load: _Load) -> list[Path]:
    """Those that lie where their names say; links that lead out of their folder are left out, and said."""
    home = root.resolve()
    if home.parent.name == "snapshots":  # the hub's cache: its files are links into "blobs" beside
        home = home.parent.parent
    inside = [each for each in found if each.resolve().is_relative_to(home)]
    if away := len(found) - len(inside):
        load.left.append(f"Links that lead out of {root} are left out: {away:,}")
    return inside


def _add_place(load: _Load, place: str, *, is_model: bool) -> None:
    """A net, with the list of what it has forgotten, or a list."""
    path, name = Path(place), f"files/{len(load.files) + 1}"
    inside = next((new for old, new in load.folders.items() if str(path.resolve().parent) == old), None)
    if place in load.files:
        return
    if inside is not None and path.name in KINDS:  # the result of another run of the case
        load.files[place] = f"{inside}/{path.name}"
        return
    own = _plain(path.name)
    if path.is_dir():
        found = _plain_files([each for each in sorted(path.iterdir()) if _is_of_model(each)], path, load)
        for each in found:
            load.add(f"{name}/{own}/{_plain(each.name)}", each)
        if not found:
            load.left.append(f"No model lies in {place}")
            return
    elif path.is_file():
        load.add(f"{name}/{own}", path)
        for beside in lists_beside(path) if is_model else ():
            if beside.is_file():
                load.add(f"{name}/{_plain(beside.name)}", beside)
    else:
        load.left.append(f"Is gone: {place}")
        return
    load.files[place] = f"{name}/{own}"


def _add_references(load: _Load, reports: list[str]) -> None:
    """Nets that were retrained here, so that they need not be trained again there."""
    for file, sha256 in sorted(reference_names(reports).items()):
        place = paths.references_dir() / file
        if place.parent == paths.references_dir() and place.is_file() and sha256_of(place) == sha256:
            load.add(f"references/{file}", place)


def _add_pictures(load: _Load, place: str) -> None:
    path, name = Path(place), f"pictures/{len(load.pictures) + 1}"
    if path.is_file():
        load.add(f"{name}/{_plain(path.name)}", path)
        load.pictures[place] = f"{name}/{_plain(path.name)}"
        return
    if not path.is_dir():
        load.left.append(f"The pictures are gone: {place}")
        return
    found = []
    for folder, _, files in os.walk(path):
        found += [Path(folder) / each for each in files]
    found = _plain_files(sorted(each for each in found if each.is_file()), path, load)
    for each in found:
        inner = f"{name}/{each.relative_to(path).as_posix()}"
        if not is_inside(inner):
            raise CaseError(f"the picture {each.name!r} has a name that not every system takes", where=place)
        load.members.append(Member(inner, each))
    if found:
        load.pictures[place] = name
    else:
        load.left.append(f"No picture lies in {place}")


def _plain(name: str) -> str:
    """A name that every system takes."""
    fine = "".join("_" if each in '\\/:*?"<>|' or ord(each) < 32 else each for each in name).rstrip(". ")[:200]
    return fine if fine and is_inside(fine) else f"file-{fine}".rstrip(". ")
