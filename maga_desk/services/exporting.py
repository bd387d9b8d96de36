"""Saving a checkpoint in other formats: nothing counts as saved before it was reloaded and predicted the same."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from maga_desk.domain.control import RunControl, aside
from maga_desk.domain.errors import CheckpointError, OutputError
from maga_desk.domain.events import Ended, Event, Progress, Saved, Started
from maga_desk.domain.files import ensure_folder, write_text, write_whole
from maga_desk.domain.protection import InputFile, check_file, inputs_of_result
from maga_desk.domain.rates import Rate, expecting
from maga_desk.domain.run_folder import FORGOTTEN
from maga_desk.services.workspace import forgotten_list

if TYPE_CHECKING:
    from torch import nn

    from maga_desk.domain.checkpoints import CheckpointInfo
    from maga_desk.models.formats.format import Format


def export(
    checkpoint: str | Path,
    fmt: str | None,
    target: str | Path,
    control: RunControl,
    *,
    arch: str | None = None,
    size: int | None = None,
    inputs: Sequence[InputFile] = (),
    force: bool = False,
) -> Iterator[Event]:
    """Write ``checkpoint`` as ``fmt``, reload that file, compare predictions, and only then put it in its place.

    ``Ended.summary``: ``path, format, bytes, largest_difference`` (of a logit) and ``checked_pictures``.

    :param fmt: a registered format; ``None``: by the target's ending.
    :param arch: the architecture, where the checkpoint does not say it; likewise ``size``, the pictures' side.
    :param inputs: what must not be replaced, beside the checkpoint and what the run that made it has read.
    :param force: an earlier file of that name may be replaced.
    :raises CheckpointError: the checkpoint cannot be used, or the written file predicts otherwise.
    :raises OutputError: the target is an input, is there already, cannot be written or has another format's ending.
    """
    from maga_desk.models.formats.format import CHECKED_PICTURES
    from maga_desk.models.formats.registry import format_for

    checkpoint, target = Path(checkpoint), Path(target)
    form = format_for(target, fmt)
    check_export(checkpoint, target, inputs, force=force)
    yield Started(f"Exporting as {form.info.name}")
    work = _writing(checkpoint, form, target, control, arch, size)
    megabytes = checkpoint.stat().st_size / 2**20 if checkpoint.is_file() else 1.0
    difference = yield from expecting(work, Rate(f"exporting as {form.info.name}"), megabytes, control)
    yield Saved(str(target))
    yield Ended(
        "finished",
        {
            "path": str(target.resolve()),
            "format": form.info.name,
            "bytes": target.stat().st_size,
            "largest_difference": difference,
            "checked_pictures": CHECKED_PICTURES,
        },
    )


def _writing(
    checkpoint: Path, form: Format, target: Path, control: RunControl, arch: str | None, size: int | None
) -> Generator[Event, None, float]:
    """Write the file with its list beside it; the largest difference of a logit."""
    from maga_desk.models.formats.format import write_checked

    yield Progress("Reading", 0, 3)
    model, info = _read(checkpoint, arch, size)
    ensure_folder(target.resolve().parent)
    control.checkpoint()
    yield Progress("Writing and checking", 1, 3)
    differences: list[float] = []
    where = str(target)

    def write(path: Path) -> None:
        """The exporters cannot be interrupted."""
        work = partial(write_checked, form, path, model, info, where=where)
        differences.append(aside(work, control, undo=lambda: path.unlink(missing_ok=True)))

    write_whole(target, write)
    for path in files_of_export(checkpoint, target)[1:]:  # a next request on the file must not train on them
        try:
            write_text(path, _list_of(checkpoint) or "")
        except OutputError:
            target.unlink(missing_ok=True)  # without its list it would pass for a model that forgot nothing
            raise
    yield Progress("Writing and checking", 3, 3)
    return differences[0]


def _read(checkpoint: Path, arch: str | None, size: int | None) -> tuple[nn.Module, CheckpointInfo]:
    """The net, in evaluation mode, and what is known of it, with architecture and size.

    :raises CheckpointError: it cannot be used, or one of the two is not known.
    """
    from maga_desk.models.checkpoint import read_state, restore

    state, info = read_state(checkpoint)
    model, arch = restore(state, arch or info.arch, where=str(checkpoint))
    info = replace(info if size is None else info.of_shape((size, size), info.framing), arch=arch)
    if info.size is None:
        raise CheckpointError("does not say its pictures' size", where=str(checkpoint), todo="give the size")
    return model.eval(), info


def check_export(checkpoint: str | Path, target: Path, inputs: Sequence[InputFile] = (), *, force: bool) -> None:
    """Whether an export may be written there, with the list of what was forgotten beside it.

    :raises OutputError: an input would be replaced; or an earlier file, without ``force``.
    """
    kept = (*inputs_of_result(checkpoint), *inputs)
    for path in files_of_export(checkpoint, target):
        check_file(path, kept, force=force)


def files_of_export(checkpoint: str | Path, target: Path) -> tuple[Path, ...]:
    """What an export writes: the file, and the list of what was forgotten beside it, unless just that lies there."""
    forgotten, beside = _list_of(Path(checkpoint)), target.with_suffix(f".{FORGOTTEN}")
    if forgotten is None or (beside.is_file() and beside.read_bytes() == forgotten.encode()):
        return (target,)
    return target, beside


def _list_of(checkpoint: Path) -> str | None:
    """What a checkpoint has forgotten, as its list has it; ``None`` where there is no list."""
    path = forgotten_list(checkpoint)
    return None if path is None else path.read_bytes().decode()
