"""Patches: finding the original that a result was made from, and making the result of an original and a patch."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maga_desk.domain.errors import CheckpointError
from maga_desk.domain.files import ensure_folder, sha256_of
from maga_desk.domain.lineage import EARLIER
from maga_desk.domain.locking import OnlyWriter
from maga_desk.domain.protection import InputFile, check_file, lists_beside
from maga_desk.domain.run_folder import FORGOTTEN, SPEC
from maga_desk.domain.specs.run import read_spec
from maga_desk.domain.together import Writer, write_together
from maga_desk.services.workspace import checkpoint_path

if TYPE_CHECKING:
    from maga_desk.domain.checkpoints import CheckpointInfo
    from maga_desk.models.formats.format import Format

BOTH = (
    "Who has the original and this patch has both nets, which together can tell more of the people who stay than one."
)


def patch_format(checkpoint: Path, info: CheckpointInfo, original: Path | None) -> Format:
    """The format for a result's patch.

    :param original: default: the one that the spec of the run around the checkpoint names.
    :raises CheckpointError: it is not there any more, or is another than the result was made from.
    """
    from maga_desk.models.formats.patch import original_beside, to_original

    wanted = _sha256_of_original(info)
    if original is None:
        spec_file = checkpoint.parent / SPEC
        if not spec_file.is_file():
            raise CheckpointError(
                "no run lies around it, so that nothing says what its original is",
                where=str(checkpoint),
                todo="name the original (--original)",
            )
        original = checkpoint_path(read_spec(spec_file))
    if not original.exists():
        raise CheckpointError("the original is gone", where=str(original), todo="put it back, or name it (--original)")
    return to_original(*original_beside(original, wanted))


def _sha256_of_original(info: CheckpointInfo) -> str:
    """As the result's own record has it; empty in those of earlier versions."""
    steps = info.made.get(EARLIER)
    last: Any = steps[-1] if isinstance(steps, list) and steps else {}
    return str(last.get("sha256") or "") if isinstance(last, dict) else ""


def said_of_patch(path: Path) -> tuple[str, ...]:
    """What a person should know of a patch, a sentence each."""
    from maga_desk.models.patching import read_patch

    patch = read_patch(path)
    return (
        f"{patch.changed:,} of {patch.values:,} values differ from the original ({patch.share:.1f} %), in "
        f"{patch.changed_tensors:,} of {len(patch.tensors):,} tensors; it applies to {patch.original_name}, SHA-256 "
        f"{patch.original[:16]}.",
        BOTH,
    )


@dataclass(frozen=True)
class Applied:
    """What came of a patch.

    :param sha256: of the file that was written.
    :param tensors: how many the net has, ``changed`` of them by the patch.
    """

    path: Path
    sha256: str
    tensors: int
    changed: int
    forgotten: bool


def apply(original: Path, patch_file: Path, out: Path, *, force: bool = False) -> Applied:
    """Make the unlearned checkpoint of its original and a patch: the very same tensors, with the record in it.

    The list of what was forgotten goes along where it lies beside the patch.

    :param force: an earlier file of that name may be replaced.
    :raises CheckpointError: another original, or a patch that is cut or edited; nothing is written.
    :raises OutputError: the target is an input, is there already, or cannot be written.
    """
    import safetensors.torch

    from maga_desk.models.formats.patch import original_beside, original_state
    from maga_desk.models.patching import apply_patch, read_patch
    from maga_desk.models.reading.contents import METADATA_KEY, understood

    listed, beside = lists_beside(patch_file)[0], out.with_suffix(f".{FORGOTTEN}")
    inputs = (InputFile("the original", original), InputFile("the patch", patch_file))
    check_file(out, inputs, force=force)
    patch = read_patch(patch_file)
    path, _ = original_beside(original, patch.original)
    info = understood(patch.info, patch_file)
    state = apply_patch(patch, original_state(path, info, where=str(patch_file)), where=str(patch_file))
    content = safetensors.torch.save(state, metadata={METADATA_KEY: patch.info})
    files: dict[str, Writer] = {out.name: lambda place: place.write_bytes(content)}
    if listed.is_file():
        check_file(beside, (*inputs, InputFile("the list of what was forgotten", listed)), force=force)
        files[beside.name] = partial(shutil.copyfile, listed)
    ensure_folder(out.resolve().parent)
    with OnlyWriter(out, *files, beside=True):
        write_together(out.parent, files)
    return Applied(out, sha256_of(out), len(state), patch.changed_tensors, beside.name in files)
