"""Saving a checkpoint in other formats: nothing counts as saved before it was reloaded and predicted the same."""

from __future__ import annotations

import shutil
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from maga_desk.domain.control import RunControl, aside
from maga_desk.domain.errors import CheckpointError, name_some
from maga_desk.domain.events import Ended, Event, Message, Progress, Saved, Started
from maga_desk.domain.files import ensure_folder, size_of, write_text
from maga_desk.domain.forgotten import listed_names
from maga_desk.domain.locking import OnlyWriter
from maga_desk.domain.protection import InputFile, check_file, inputs_of_result, is_filled, is_taken
from maga_desk.domain.rates import Rate, expecting
from maga_desk.domain.run_folder import CHECKPOINT, FORGOTTEN
from maga_desk.domain.together import Writer, settle, write_together
from maga_desk.domain.wrapping import FOLDER, Wrapping
from maga_desk.services.forgotten import forgotten_list
from maga_desk.services.patching import patch_format, said_of_patch
from maga_desk.services.run_folder import RunFolder
from maga_desk.services.shown_pictures import shown_pictures

if TYPE_CHECKING:
    from torch import nn

    from maga_desk.domain.checkpoints import CheckpointInfo
    from maga_desk.models.formats.format import Format

OWN, PATCH = "own", "patch"
"""The formats that are the form a net came in, and the difference to it."""

Numbers = Literal["float32", "own"]


def export(
    checkpoint: str | Path,
    fmt: str | None,
    target: str | Path,
    control: RunControl,
    *,
    arch: str | None = None,
    size: int | None = None,
    numbers: Numbers = "float32",
    original: Path | None = None,
    inputs: Sequence[InputFile] = (),
    force: bool = False,
) -> Iterator[Event]:
    """Write ``checkpoint`` as ``fmt``, reload that file, compare predictions, and only then put it in its place.

    ``Ended.summary``: ``path, format, bytes, largest_difference`` (of a logit), ``checked_pictures``, and as
    ``checked_on`` what these are: test pictures of the run, where they are there. ``notes``: what to know of the file.

    :param fmt: a registered format; ``None``: by the target's ending.
    :param arch: the architecture, where the checkpoint does not say it; likewise ``size``, the pictures' side.
    :param numbers: ``own``: in the number format that the net came in, where the format is its own form.
    :param original: what a patch is to; default: the original of the run that lies around the checkpoint.
    :param inputs: what must not be replaced, beside the checkpoint and what the run that made it has read.
    :param force: an earlier file of that name may be replaced.
    :raises CheckpointError: the checkpoint cannot be used, or the written file predicts otherwise.
    :raises OutputError: the target is an input, is there already, cannot be written or has another format's ending.
    """
    from maga_desk.models.formats.format import CHECKED_PICTURES
    from maga_desk.models.formats.registry import format_for

    checkpoint, target = Path(checkpoint), Path(target)
    form = format_for(target, fmt)
    for folder in (checkpoint.parent, target.parent):
        settle(folder)
    more = () if original is None else (InputFile("the original", original),)
    check_export(checkpoint, target, (*inputs, *more), fmt=form.info.name, force=force)
    if checkpoint.name == CHECKPOINT:
        RunFolder(checkpoint.parent).check_whole()
    yield Started(f"Exporting as {form.info.name}")
    work = _writing(checkpoint, form, target, control, arch, size, numbers, original)
    megabytes = checkpoint.stat().st_size / 2**20 if checkpoint.is_file() else 1.0
    compared = yield from expecting(work, Rate(f"exporting as {form.info.name}"), megabytes, control)
    yield Saved(str(target))
    yield Ended(
        "finished",
        {
            "path": str(target.resolve()),
            "format": form.info.name,
            "bytes": size_of(target),
            "largest_difference": compared.difference,
            "checked_pictures": compared.pictures or CHECKED_PICTURES,
            "notes": list(compared.notes),
            "checked_on": "the run's test pictures" if compared.pictures else "random pictures",
        },
    )


@dataclass(frozen=True)
class _Compared:
    """How a file that was read back compares with its net.

    :param difference: the largest of a logit.
    :param pictures: real ones that both were shown; 0: random ones.
    :param notes: what a person should know of the file, a sentence each.
    """

    difference: float
    pictures: int
    notes: tuple[str, ...] = ()


def _writing(
    checkpoint: Path,
    form: Format,
    target: Path,
    control: RunControl,
    arch: str | None,
    size: int | None,
    numbers: Numbers,
    original: Path | None,
) -> Generator[Event, None, _Compared]:
    """Write the file with its list beside it."""
    from maga_desk.models.formats.format import CHECKED_PICTURES, write_checked

    yield Progress("Reading", 0, 3)
    model, info = _read(checkpoint, arch, size)
    own = form.info.name == OWN
    if form.info.name == PATCH:
        form = patch_format(checkpoint, info, original)
    if info.came is not None:
        came, names = info.came.without_names(listed_names(_list_of(checkpoint) or ""))
        if names:
            yield Message(f"Left out, for they name forgotten pictures: {names:,} texts beside the net")
        for line in came.without(own=own):
            yield Message(line)
        info = replace(info, came=came)
        if own:
            yield from _said_of_form(came, numbers)
            info = _in_numbers(model, info, came, numbers)
    folder = own and is_folder(info.came)
    control.checkpoint()
    yield Progress("Writing and checking", 1, 3)
    shown = shown_pictures(checkpoint, info, CHECKED_PICTURES, control)
    differences: list[float] = []
    where = str(target)

    def write(path: Path) -> None:
        """The exporters cannot be interrupted."""
        if folder:
            path.mkdir()
        work = partial(write_checked, form, path, model, info, where=where, pictures=shown)
        drafts = path.parent  # gone once nobody waits; an exporter that goes on makes it anew
        differences.append(aside(work, control, undo=lambda: shutil.rmtree(drafts, ignore_errors=True)))
        if folder and (forgotten := _list_of(checkpoint)) is not None:
            write_text(path / FORGOTTEN, forgotten)

    files: dict[str, Writer] = {target.name: write}
    for path in files_of_export(checkpoint, target, folder=folder)[1:]:
        # a next request on the file must not train on them: without its list it would pass for a model that forgot none
        files[path.name] = lambda place: write_text(place, _list_of(checkpoint) or "")
    ensure_folder(target.resolve().parent)
    with OnlyWriter(target, *files, beside=True):
        write_together(target.parent, files)
    yield Progress("Writing and checking", 3, 3)
    notes = said_of_patch(target) if form.info.name == PATCH else ()
    return _Compared(differences[0], 0 if shown is None else len(shown), notes)


def _said_of_form(came: Wrapping, numbers: Numbers) -> Iterator[Event]:
    """What of the form that a net came in does not come back."""
    yield Message(f"In the form that it came in: {came.title()}")
    if came.kind not in ("safetensors", "PyTorch"):
        yield Message(f"It came as {came.kind}, and goes back as a state dict")
    if came.dtype is not None and numbers == "float32":
        yield Message(f"It came in {came.dtype}, and goes back in float32")
    if isinstance(came.values, dict) and came.values:
        yield Message(f"As they were in the original's file, not measured anew: {name_some(list(came.values), 4)}")


def _in_numbers(model: nn.Module, info: CheckpointInfo, came: Wrapping, numbers: Numbers) -> CheckpointInfo:
    """Round a net's weights as its own number format will; what is written is compared with the rounded net."""
    from maga_desk.models.formats.own import in_format

    if came.dtype is None or numbers == "float32":
        return replace(info, came=replace(came, dtype=None))
    model.load_state_dict(in_format(in_format(dict(model.state_dict()), came.dtype), "float32"))
    return info


def _read(checkpoint: Path, arch: str | None, size: int | None) -> tuple[nn.Module, CheckpointInfo]:
    """The net, in evaluation mode, and what is known of it, with architecture and size.

    :raises CheckpointError: it cannot be used, or one of the two is not known.
    """
    from maga_desk.models.checkpoint import restore
    from maga_desk.models.families.registry import shapes_of, spare_parts
    from maga_desk.models.outputs import class_tensors, inward, under_own_names
    from maga_desk.models.reading.contents import read_contents
    from maga_desk.models.reading.wrapping import wrapping_of

    contents = read_contents(checkpoint)
    info, state = contents.info, contents.nets[0].state
    came = info.came if contents.ours else wrapping_of(contents, contents.nets[0])
    arch = arch or info.arch
    if arch is not None and came is not None and came.outputs is not None:
        state = inward(state, arch, came)
    model, arch = restore(state, arch, where=str(checkpoint))
    if came is not None and not contents.ours:
        heads, theirs = class_tensors(arch, shapes_of(model)), contents.nets[0].state
        came = replace(came, names=under_own_names(theirs, arch, heads)[1], spare=spare_parts(arch, theirs))
    info = info if size is None else info.of_shape((size, size), info.framing)
    info = replace(info, arch=arch, came=came)
    if info.size is None:
        raise CheckpointError("does not say its pictures' size", where=str(checkpoint), todo="give the size")
    return model.eval(), info


def is_folder(came: Wrapping | None) -> bool:
    """Whether a net's own form is a folder."""
    return came is not None and came.ending == FOLDER


def came_as(checkpoint: str | Path) -> Wrapping | None:
    """The form that a run's original came in, where another program wrote it."""
    from maga_desk.models.checkpoint import read_info

    try:
        return read_info(Path(checkpoint)).came
    except CheckpointError:  # another kind of file, which the export itself will look at
        return None


def check_export(
    checkpoint: str | Path, target: Path, inputs: Sequence[InputFile] = (), *, fmt: str | None = None, force: bool
) -> None:
    """Whether an export may be written there, with the list of what was forgotten beside it.

    :param fmt: the format's name; in its own form, a net may be a folder.
    :raises OutputError: an input would be replaced; or an earlier file, without ``force``.
    """
    kept = (*inputs_of_result(checkpoint), *inputs)
    folder = fmt == OWN and is_folder(came_as(checkpoint))
    for path in files_of_export(checkpoint, target, folder=folder):
        check_file(path, kept, force=force, folder=folder)


def taken_by_export(checkpoint: str | Path, target: Path, fmt: str) -> list[Path]:
    """What lies where an export would be written."""
    folder = fmt == OWN and is_folder(came_as(checkpoint))
    there = is_filled if folder else is_taken
    return [path for path in files_of_export(checkpoint, target, folder=folder) if there(path)]


def files_of_export(checkpoint: str | Path, target: Path, *, folder: bool = False) -> tuple[Path, ...]:
    """What an export writes: the file, and the list of what was forgotten beside it, unless just that lies there. A
    folder has the list in it.
    """
    forgotten, beside = _list_of(Path(checkpoint)), target.with_suffix(f".{FORGOTTEN}")
    if folder or forgotten is None or (beside.is_file() and beside.read_bytes() == forgotten.encode()):
        return (target,)
    return target, beside


def _list_of(checkpoint: Path) -> str | None:
    """What a checkpoint has forgotten, as its list has it; ``None`` where there is no list."""
    path = forgotten_list(checkpoint)
    return None if path is None or not path.is_file() else path.read_bytes().decode()
