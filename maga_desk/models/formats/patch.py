"""The difference to the original alone (:mod:`maga_desk.models.patching`), for who has the original already."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from torch import Tensor, nn

from maga_desk.domain.checkpoints import CheckpointInfo
from maga_desk.domain.choices import FormatInfo
from maga_desk.domain.errors import CheckpointError
from maga_desk.domain.files import sha256_of, write_bytes
from maga_desk.models.checkpoint import plain_state
from maga_desk.models.formats.format import Format, Predict, predictions_of
from maga_desk.models.outputs import read_like
from maga_desk.models.patching import WHOLE, apply_patch, make_patch, read_patch
from maga_desk.models.reading.weights import State


def original_state(original: Path, info: CheckpointInfo, *, where: str) -> State:
    """The original's tensors under the names and with the outputs that its unlearned net has.

    :param info: of the unlearned net; ``where``: the file that says it, for messages.
    :raises CheckpointError: it cannot be read, is another architecture, or nothing says which one.
    """
    if info.arch is None:
        raise CheckpointError("does not say the net's architecture", where=where, todo=WHOLE)
    return plain_state(read_like(original, info.arch, info.came)[0])


def to_original(original: Path, sha256: str) -> Format:
    """The format for nets that were unlearned from this original.

    :param original: the file, or folder, as it was opened; ``sha256``: of it.
    """

    def write(path: Path, model: nn.Module, info: CheckpointInfo, _example: Tensor) -> None:
        before = original_state(original, info, where=str(path))
        said = {"original": sha256, "original_name": original.name, "info": info.to_text()}
        write_bytes(path, make_patch(before, plain_state(model), **said))

    def read(path: Path, info: CheckpointInfo) -> Predict:
        """Of a net that is put together anew, bit for bit."""
        state = apply_patch(read_patch(path), original_state(original, info, where=str(path)), where=str(path))
        return predictions_of(state, info, path)

    return replace(FORMAT, write=write, read=read)


def original_beside(original: Path, wanted: str) -> tuple[Path, str]:
    """The file of an original that is read, and its SHA-256.

    :param wanted: SHA-256 that it must have; empty: any.
    :raises CheckpointError: it is not there, or is another.
    """
    from maga_desk.models.reading.contents import read_contents

    path = read_contents(original).path
    found = sha256_of(path)
    if wanted and found != wanted:
        raise CheckpointError(
            "is not the original: its SHA-256 is another",
            where=str(path),
            todo=f"name the file whose SHA-256 begins with {wanted[:16]}",
        )
    return path, found


def _without_original(path: Path, *_: object) -> NoReturn:
    raise CheckpointError("a patch needs the original that the net was made from", where=str(path))


FORMAT = Format(
    info=FormatInfo(
        name="patch",
        title="Patch to the original",
        summary="The changed weights alone, exact to the bit, for who has the original (maga-desk apply-patch).",
        suffix=".patch",
    ),
    write=_without_original,
    read=_without_original,
)
