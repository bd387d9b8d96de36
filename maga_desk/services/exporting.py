"""Saving a checkpoint in other formats: nothing counts as saved before it was reloaded and predicted the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import CheckpointError, OutputError
from maga_desk.domain.events import Ended, Event, Progress, Saved, Started
from maga_desk.domain.files import ensure_folder, write_text, write_whole
from maga_desk.domain.run_folder import FORGOTTEN
from maga_desk.services.workspace import forgotten_list

FORMATS: Mapping[str, str] = {"safetensors": ".safetensors", "state-dict": ".pt", "onnx": ".onnx"}

CHECKED_PICTURES = 64
TOLERANCE = 1e-3  # largest difference of a logit that counts as the same prediction (ONNX orders sums otherwise)


def export(
    checkpoint: str | Path,
    fmt: str,
    target: str | Path,
    control: RunControl,
    *,
    arch: str | None = None,
    size: int | None = None,
) -> Iterator[Event]:
    """Write ``checkpoint`` as ``fmt``, reload that file, compare predictions, and only then put it in its place.

    ``Ended.summary``: ``path, format, bytes, largest_difference`` (of a logit) and ``checked_pictures``.

    :param arch: the architecture, where the checkpoint does not say it; likewise ``size``, the pictures' side.
    :raises CheckpointError: the checkpoint cannot be used, or the written file predicts otherwise.
    :raises OutputError: the target cannot be written or has another format's ending.
    """
    import torch

    from maga_desk.models.checkpoint import read_state, restore
    from maga_desk.models.export import WRITERS

    target = Path(target)
    if fmt not in FORMATS:
        raise OutputError(f"no format is called '{fmt}'", todo=f"known: {', '.join(FORMATS)}")
    if target.suffix != FORMATS[fmt]:
        raise OutputError(f"a {fmt} file ends in {FORMATS[fmt]}", where=str(target))
    yield Started(f"Exporting as {fmt}")
    yield Progress("Reading", 0, 3)
    state, info = read_state(checkpoint)
    model, arch = restore(state, arch or info.arch, where=str(checkpoint))
    model.eval()
    info = replace(info, arch=arch, size=size or info.size)
    if info.size is None:
        raise CheckpointError("does not say its pictures' size", where=str(checkpoint), todo="give the size")
    ensure_folder(target.resolve().parent)
    pictures = torch.randn(CHECKED_PICTURES, 3, info.size, info.size, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        expected = model(pictures)
    write, reload = WRITERS[fmt]
    largest = float("inf")

    def write_checked(temporary: Path) -> None:
        nonlocal largest
        write(temporary, model, info, pictures[:2])
        got = reload(temporary)(pictures)
        largest = float((got - expected).abs().max()) if got.shape == expected.shape else float("inf")
        if not largest <= TOLERANCE:
            raise CheckpointError(
                f"the {fmt} file predicts otherwise than the checkpoint (by up to {largest:.2g}); it was not kept",
                where=str(target),
            )

    control.checkpoint()
    yield Progress("Writing and checking", 1, 3)
    write_whole(target, write_checked)
    forgotten = forgotten_list(Path(checkpoint))
    if forgotten is not None:  # a next request on the exported file must not train on them
        write_text(target.with_suffix(f".{FORGOTTEN}"), forgotten.read_text(encoding="utf-8"))
    yield Progress("Writing and checking", 3, 3)
    yield Saved(str(target))
    yield Ended(
        "finished",
        {
            "path": str(target.resolve()),
            "format": fmt,
            "bytes": target.stat().st_size,
            "largest_difference": largest,
            "checked_pictures": CHECKED_PICTURES,
        },
    )
