"""What may be replaced: an input never, an earlier result only after a clear yes.

An input is a file or folder that a spec or a command reads. Paths are compared as the file system sees them: through
symbolic links, by inode (hard links), and without regard to upper and lower case where one of them is not there yet.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from maga_desk.domain.errors import OutputError, UserError, name_some, unwritten
from maga_desk.domain.paths import demo_dir
from maga_desk.domain.run_folder import CHECKPOINT, EVENTS, FORGOTTEN, KINDS, RESUME, SPEC, SUMMARY
from maga_desk.domain.specs.comparison import Comparison
from maga_desk.domain.specs.forget import ForgetSpec
from maga_desk.domain.specs.guidance import DEMO_MODEL
from maga_desk.domain.specs.run import DataSpec, RunSpec, read_spec
from maga_desk.domain.together import settle

ELSEWHERE = "choose another name"
_Named = tuple[str, Path | str | None]


@dataclass(frozen=True)
class InputFile:
    """A file or folder that is read.

    :param what: as a person calls it ("the original").
    """

    what: str
    path: Path


def inputs_of(spec: RunSpec, *files: _Named) -> tuple[InputFile, ...]:
    """All that a spec reads.

    :param files: more that a command reads, as (what, path); ``None`` for what was not given.
    """
    own, mixture = spec.guidance, spec.guidance.mixture
    models = (own.model, *(part.model for part in mixture))
    retrained = spec.audit.retrained
    found: list[_Named] = [
        *files,
        ("the original", spec.model.checkpoint),
        ("the list of what was forgotten before", spec.model.forgotten),
        ("the list of classes", spec.model.classes if isinstance(spec.model.classes, str) else None),
        *_data(spec.data, spec.forget),
        ("the retrained model", None if retrained == "make" else retrained),
        *(("the matrix file", file) for file in (own.file, *(part.file for part in mixture))),
        *(("the model that is asked", model) for model in models if _is_path(model)),
    ]
    if spec.model.checkpoint is None:
        found.append(("a file that comes with the program", demo_dir()))
    else:
        found += [("the original's list of what it forgot", path) for path in lists_beside(spec.model.checkpoint)]
    return _given(found)


def inputs_of_comparison(comparison: Comparison) -> tuple[InputFile, ...]:
    """All that any run of a comparison reads."""
    plan = comparison.plan
    tasks = (*plan.tasks, *plan.tuning.tasks)
    runs = [comparison.run_of(task, row, plan.seeds[0]) for task in tasks for row in plan.methods]
    return tuple(dict.fromkeys(each for run in runs for each in inputs_of(run)))


def inputs_of_training(data: DataSpec, exclude: ForgetSpec, start: str | None = None) -> tuple[InputFile, ...]:
    """All that training a net reads.

    :param start: the checkpoint that training starts from.
    """
    return _given([*_data(data, exclude), ("the checkpoint that training starts from", start)])


def inputs_of_result(checkpoint: Path | str) -> tuple[InputFile, ...]:
    """A checkpoint, its list of what was forgotten and, where it lies in a run's folder, all that the run read."""
    checkpoint = Path(checkpoint)
    lists = [path for path in lists_beside(checkpoint) if path.exists()]
    own = (
        InputFile("the checkpoint itself", checkpoint),
        *(InputFile("the checkpoint's list of what it forgot", path) for path in lists),
    )
    try:
        spec = read_spec(checkpoint.parent / SPEC)
    except UserError:  # no run's folder, or one whose spec cannot be read: there is no more to protect
        return own
    return (*own, *inputs_of(spec))


def lists_beside(checkpoint: Path | str) -> tuple[Path, ...]:
    """Where the list of what an unlearned checkpoint has forgotten may lie: one exported with it, or a run's."""
    checkpoint = Path(os.path.abspath(checkpoint)) if not Path(checkpoint).name else Path(checkpoint)
    beside = checkpoint.with_suffix(f".{FORGOTTEN}") if checkpoint.name else checkpoint / f".{FORGOTTEN}"  # of "/"
    return beside, checkpoint.parent / FORGOTTEN


def check_file(target: Path | str, inputs: Iterable[InputFile], *, force: bool, folder: bool = False) -> None:
    """Whether a file may be written.

    :param force: an earlier file may be replaced; an input never.
    :param folder: what is written is a whole folder.
    :raises OutputError: it is an input, lies in one, or is there already.
    """
    target = Path(target)
    for each in inputs:
        if each.path.is_dir() and (is_same(target, each.path) or _holds(each.path, target)):
            raise OutputError(f"lies in {each.what} ({each.path})", where=str(target), todo="choose another folder")
        if is_same(target, each.path) or (folder and _holds(target, each.path)):
            raise OutputError(f"is {each.what}, and an input is never replaced", where=str(target), todo=ELSEWHERE)
    if target.is_dir() and not folder:
        raise OutputError("is a folder", where=str(target), todo="add a file name")
    if folder and is_taken(target) and not target.is_dir():
        raise OutputError("is a file, and the net's own form is a folder", where=str(target), todo=ELSEWHERE)
    if folder and is_filled(target) and not _is_hub_folder(target):
        raise OutputError("is a folder with other things in it", where=str(target), todo="choose another folder")
    if (is_filled(target) if folder else is_taken(target)) and not force:
        raise OutputError("is there already", where=str(target), todo=f"{ELSEWHERE}, or replace it with --force")


def check_folder(folder: Path | str, inputs: Iterable[InputFile]) -> None:
    """Whether a folder may be written into: none that is an input, holds one, or lies in one.

    :raises OutputError: it is.
    """
    folder = Path(folder)
    for each in inputs:
        inside = each.path.is_dir() and _holds(each.path, folder)
        if inside or is_same(folder, each.path) or (os.path.lexists(each.path) and _holds(folder, each.path)):
            how = "lies in" if inside else "holds"
            raise OutputError(f"{how} {each.what} ({each.path})", where=str(folder), todo="choose another folder")


def check_run_folder(spec: RunSpec, *, resume: bool, force: bool, files: Sequence[InputFile] = ()) -> None:
    """Whether a run may write into its output folder.

    :param resume: go on with what is there; whether that is the same run, the run itself finds out.
    :param files: what is read beside the spec's inputs.
    :raises OutputError: the folder holds an input, or what the run would replace.
    """
    folder = Path(spec.output.dir)
    check_folder(folder, (*inputs_of(spec), *files))
    settle(folder)
    if not (resume or force) and is_taken_by_run(folder):
        raise taken(folder, "go on with it (--resume)")


def taken(folder: Path, *ways: str) -> OutputError:
    """That a folder holds what a run would replace, and the ways out."""
    todo = ", ".join([*ways, "choose another folder, or set it aside with --force"])
    if has_result(folder):
        return OutputError("holds the result of an earlier run", where=str(folder), todo=todo)
    if (folder / RESUME).exists():
        return OutputError("holds an unfinished run", where=str(folder), todo=todo)
    held = name_some(_foreign(folder))
    todo = "choose another folder, or set it aside with --force"
    return OutputError(f"holds {held}, which a run would replace", where=str(folder), todo=todo)


def has_result(folder: Path) -> bool:
    """Whether a run left its result there."""
    return any((folder / name).exists() for name in (CHECKPOINT, SUMMARY))


def is_taken_by_run(folder: Path) -> bool:
    """Whether a new run would replace a result, what an unfinished run goes on from, or files that no run wrote."""
    return has_result(folder) or (folder / RESUME).exists() or bool(_foreign(folder))


def _foreign(folder: Path) -> list[str]:
    """Files that are called like a run's, where no run has been."""
    return [] if (folder / EVENTS).exists() else [name for name in KINDS if (folder / name).exists()]


def set_aside(folder: Path) -> Path:
    """Move a folder to a numbered sibling (``out`` to ``out-1``); gives where it is now.

    :raises OutputError: it cannot be moved.
    """
    folder = folder.resolve()
    number = 1
    while os.path.lexists(aside := folder.with_name(f"{folder.name}-{number}")):
        number += 1
    try:
        folder.rename(aside)
    except OSError as error:
        raise unwritten(error, folder, what="cannot be set aside") from error
    return aside


def is_filled(folder: Path) -> bool:
    """Whether there is a folder of that name with anything in it, or something that is no folder."""
    return is_taken(folder) and not (folder.is_dir() and not any(folder.iterdir()))


def _is_hub_folder(folder: Path) -> bool:
    """Whether a folder holds a net and nothing else, so that another may replace it."""
    return (folder / "config.json").is_file() and all(each.is_file() for each in folder.iterdir())


def is_taken(path: Path | str) -> bool:
    """Whether something of that name is there, be it a link to nothing."""
    return os.path.lexists(path)


def is_same(one: Path, other: Path) -> bool:
    """Whether two paths lead to one file."""
    try:
        return os.path.samefile(one, other)
    except OSError:  # at least one is not there
        return _key(one) == _key(other)


def _holds(folder: Path, path: Path) -> bool:
    """Whether a path lies below a folder, at any depth."""
    inside = path.resolve()
    return any(is_same(parent, folder) for parent in inside.parents)


def _key(path: Path) -> str:
    return unicodedata.normalize("NFC", str(path.resolve())).casefold()


def _given(found: Iterable[_Named]) -> tuple[InputFile, ...]:
    return tuple(InputFile(what, Path(path)) for what, path in found if path is not None)


def _data(data: DataSpec, forget: ForgetSpec) -> list[_Named]:
    families = None if data.families == "demo" else data.families
    lists: list[_Named] = [("the list of pictures", forget.files), ("the families file", families)]
    return [*lists, *_pictures(data.path)]


def _pictures(path: str | None) -> list[_Named]:
    """The pictures' own folders; where they have no splits (a source of another kind), all that is named."""
    if path is None:
        return []
    splits = [Path(path) / split for split in ("train", "test")]
    found = [split for split in splits if split.is_dir()] or [Path(path)]
    return [("the pictures", each) for each in found]


def _is_path(model: str | None) -> bool:
    """Whether a model is a folder here, not a name of one."""
    return model not in {None, DEMO_MODEL} and Path(str(model)).is_dir()
