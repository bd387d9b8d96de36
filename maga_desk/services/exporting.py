"""Saving a checkpoint in other formats: nothing counts as saved before it was reloaded and predicted the same."""

from __future__ import annotations

import json
import shutil
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from maga_desk.domain.control import RunControl, aside
from maga_desk.domain.errors import CheckpointError, name_some
from maga_desk.domain.events import Ended, Event, Message, Progress, Saved, Started
from maga_desk.domain.files import ensure_folder, sha256_of, size_of, write_text
from maga_desk.domain.forgotten import listed_names
from maga_desk.domain.locking import OnlyWriter
from maga_desk.domain.protection import InputFile, check_file, inputs_of_result, is_filled, is_taken
from maga_desk.domain.rates import Rate, expecting
from maga_desk.domain.run_folder import CHECKPOINT, FORGOTTEN
from maga_desk.domain.together import Writer, settle, write_together
from maga_desk.domain.wrapping import FOLDER, Wrapping
from maga_desk.services.forgotten import forgotten_list
from maga_desk.services.int8 import AUDIT, NOT_AUDITED, audit_int8
from maga_desk.services.model_card import card_of, card_place
from maga_desk.services.patching import patch_format, said_of_patch
from maga_desk.services.run_folder import RunFolder
from maga_desk.services.shown_pictures import shown_pictures

if TYPE_CHECKING:
    from torch import nn

    from maga_desk.domain.checkpoints import CheckpointInfo
    from maga_desk.models.formats.format import Format

OWN, PATCH, INT8 = "own", "patch", "int8"
"""The formats that are the form a net came in, the difference to it, and the copy that is audited."""

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
    audited: bool = True,
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
    :param audited: judge an int8 copy before it is saved; without, it says that it was not.
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
    work = _writing(checkpoint, form, target, control, _Wish(arch, size, numbers, original, audited))
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
class _Wish:
    """How an export is wanted; see :func:`export`."""

    arch: str | None
    size: int | None
    numbers: Numbers
    original: Path | None
    audited: bool


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


@dataclass(frozen=True)
class _Prepared:
    """What is written.

    :param notes: what a person should know of the file, a sentence each.
    :param audit: of an int8 copy, as the file beside it has it, but for the copy's hash; else ``None``.
    """

    form: Format
    model: nn.Module
    info: CheckpointInfo
    notes: tuple[str, ...] = ()
    audit: Mapping[str, Any] | None = None

    @property
    def folder(self) -> bool:
        return self.form.info.name == OWN and is_folder(self.info.came)


def _preparing(checkpoint: Path, form: Format, control: RunControl, wish: _Wish) -> Generator[Event, None, _Prepared]:
    """Read the net, and make of it what the format takes."""
    model, info = _read(checkpoint, wish.arch, wish.size)
    name = form.info.name
    if name == PATCH:
        form = patch_format(checkpoint, info, wish.original)
    if info.came is not None:
        came, names = info.came.without_names(listed_names(_list_of(checkpoint) or ""))
        if names:
            yield Message(f"Left out, for they name forgotten pictures: {names:,} texts beside the net")
        for line in came.without(own=name == OWN):
            yield Message(line)
        info = replace(info, came=came)
        if name == OWN:
            yield from _said_of_form(came, wish.numbers)
            info = _in_numbers(model, info, came, wish.numbers)
    if name == INT8:
        return (yield from _rounded(checkpoint, form, model, info, control, wish))
    return _Prepared(form, model, info)


def _rounded(
    checkpoint: Path, form: Format, model: nn.Module, info: CheckpointInfo, control: RunControl, wish: _Wish
) -> Generator[Event, None, _Prepared]:
    """The int8 copy, judged unless a person does without."""
    from maga_desk.models.formats.int8 import int8_copy

    copied = int8_copy(model)
    if not wish.audited:
        said = {"audited": False, "why": NOT_AUDITED}
        return _Prepared(form, copied, info.with_made(int8=NOT_AUDITED), (NOT_AUDITED,), said)
    audit = yield from audit_int8(checkpoint, copied, info, control)
    return _Prepared(form, copied, info.with_made(int8="audited"), audit.lines(), audit.as_dict())


def _writing(
    checkpoint: Path, form: Format, target: Path, control: RunControl, wish: _Wish
) -> Generator[Event, None, _Compared]:
    """Write the file with its list, its card and, of an int8 copy, its audit beside it."""
    from maga_desk.models.formats.format import CHECKED_PICTURES, write_checked

    yield Progress("Reading", 0, 3)
    ready = yield from _preparing(checkpoint, form, control, wish)
    folder = ready.folder
    control.checkpoint()
    yield Progress("Writing and checking", 1, 3)
    shown = shown_pictures(checkpoint, ready.info, CHECKED_PICTURES, control)
    card = card_of(checkpoint, target, folder=folder)
    differences: list[float] = []
    where = str(target)

    def write(path: Path) -> None:
        """The exporters cannot be interrupted."""
        if folder:
            path.mkdir()
        work = partial(write_checked, ready.form, path, ready.model, ready.info, where=where, pictures=shown)
        drafts = path.parent  # gone once nobody waits; an exporter that goes on makes it anew
        differences.append(aside(work, control, undo=lambda: shutil.rmtree(drafts, ignore_errors=True)))
        if folder and (forgotten := _list_of(checkpoint)) is not None:
            write_text(path / FORGOTTEN, forgotten)
        if folder and card is not None:
            write_text(card_place(path, folder=True), card)

    files: dict[str, Writer] = {target.name: write}
    texts = {card_place(target, folder=False): card}
    for path in files_of_export(checkpoint, target, folder=folder)[1:]:
        if path == _audit_place(target) and ready.audit is not None:
            files[path.name] = partial(_write_audit, ready.audit, target.name)
            continue
        # a next request on the file must not train on them: without its list it would pass for a model that forgot none
        text = texts[path] if path in texts else _list_of(checkpoint)
        if text is not None:
            files[path.name] = partial(_write_text, text)
    ensure_folder(target.resolve().parent)
    with OnlyWriter(target, *files, beside=True):
        write_together(target.parent, files)
    yield Progress("Writing and checking", 3, 3)
    notes = said_of_patch(target) if form.info.name == PATCH else ready.notes
    return _Compared(differences[0], 0 if shown is None else len(shown), notes)


def _audit_place(target: Path) -> Path:
    return target.with_suffix(f".{AUDIT}")


def _write_audit(audit: Mapping[str, Any], name: str, place: Path) -> None:
    """An int8 copy's audit, which names the copy by its hash.

    :param name: of the copy, which lies beside ``place`` already.
    """
    said = {"file": name, "sha256": sha256_of(place.with_name(name)), **audit}
    write_text(place, json.dumps(said, indent=2, ensure_ascii=False))


def _write_text(text: str, place: Path) -> None:
    write_text(place, text)


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
    """What an export writes: the file, and beside it the list of what was forgotten and, of a run's result, its model
    card; not what lies there just so. A folder has them in it.
    """
    if folder:
        return (target,)
    found = [target]
    forgotten, beside = _list_of(Path(checkpoint)), target.with_suffix(f".{FORGOTTEN}")
    if forgotten is not None and not _holds(beside, forgotten):
        found.append(beside)
    checkpoint, card = Path(checkpoint), card_place(target, folder=False)
    judged = checkpoint.name == CHECKPOINT and RunFolder(checkpoint.parent).is_judged
    if target.name.endswith(".int8.onnx"):
        found.append(_audit_place(target))
    if judged and not (card.is_file() and _holds(card, card_of(checkpoint, target, folder=False) or "")):
        found.append(card)
    return tuple(found)


def _holds(place: Path, text: str) -> bool:
    return place.is_file() and place.read_bytes() == text.encode()


def _list_of(checkpoint: Path) -> str | None:
    """What a checkpoint has forgotten, as its list has it; ``None`` where there is no list."""
    path = forgotten_list(checkpoint)
    return None if path is None or not path.is_file() else path.read_bytes().decode()
