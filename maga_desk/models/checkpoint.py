"""Reading and writing checkpoints. A file from elsewhere is data: nothing in it is ever executed.

safetensors is the house format; what the weights need to be understood (architecture, classes, normalisation, how
they were made) travels in its metadata. What other programs write is read by :mod:`maga_desk.models.reading`.
"""

from __future__ import annotations

import io
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import nn

from maga_desk.domain.checkpoints import CheckpointInfo
from maga_desk.domain.errors import CheckpointError, name_some
from maga_desk.domain.files import write_whole
from maga_desk.models.families.family import Evidence, Fit, Shapes
from maga_desk.models.families.registry import build, recognised, shapes_of, text_of, translated
from maga_desk.models.families.renaming import first_difference, in_order, is_renamed, names_by_order
from maga_desk.models.heads import count_classes
from maga_desk.models.pruning import set_zeros
from maga_desk.models.reading.contents import METADATA_KEY, CheckpointContents, read_contents, understood
from maga_desk.models.reading.weights import State, Weights

_COUNTER = "num_batches_tracked"  # of batch normalisation: some files leave it out
_TRIED = 7  # classes: a number that no architecture has in another place


def read_info(path: Path) -> CheckpointInfo:
    """What a safetensors file's metadata say, without its tensors.

    :raises CheckpointError: it cannot be read.
    """
    try:
        with safetensors.safe_open(path, framework="pt") as stream:
            metadata = stream.metadata() or {}
    except (safetensors.SafetensorError, OSError) as error:
        raise CheckpointError(f"not a readable safetensors file ({error})", where=str(path)) from error
    return understood(metadata.get(METADATA_KEY), path)


def read_state(path: Path | str) -> tuple[State, CheckpointInfo]:
    """The likeliest net of a file: tensors by name (on the CPU, without prefixes), and what is said of it.

    :raises CheckpointError: missing, no checkpoint, or a pickle that would need code to run.
    """
    contents = read_contents(path)
    return contents.nets[0].state, contents.info


def fits(contents: CheckpointContents, net: Weights) -> list[tuple[str, Fit]]:
    """The architectures that one net of a checkpoint may have, the likeliest first, each with its full text."""
    return recognised(Evidence(shapes_of_state(net.state), contents.named, contents.beside.config))


def shapes_of_state(state: State) -> Shapes:
    """The shapes of tensors by name, in their order."""
    return {name: tuple(tensor.shape) for name, tensor in state.items()}


def write_checkpoint(path: Path | str, model: nn.Module, info: CheckpointInfo) -> Path:
    """Write safetensors with metadata, whole or not at all.

    :raises OutputError: the place cannot be written.
    """
    return write_state(path, plain_state(model), info)


def write_state(path: Path | str, state: State, info: CheckpointInfo) -> Path:
    """Like :func:`write_checkpoint`, of contiguous tensors on the CPU.

    :raises OutputError: the place cannot be written.
    """
    # by way of memory: what these libraries raise where the disk is full says nothing of the disk
    content = safetensors.torch.save(state, metadata={METADATA_KEY: info.to_text()})
    return write_whole(Path(path), lambda temporary: temporary.write_bytes(content))


def write_torch(path: Path, content: Mapping[str, Any]) -> Path:
    """``torch.save``, whole or not at all.

    :raises OutputError: the place cannot be written.
    """
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return write_whole(path, lambda temporary: temporary.write_bytes(buffer.getbuffer()))


def plain_state(model: nn.Module) -> State:
    """The model's tensors as contiguous copies on the CPU; what was pruned away is zero."""
    set_zeros(model)
    return {name: tensor.detach().cpu().contiguous().clone() for name, tensor in model.state_dict().items()}


def restore(state: State, arch: str | None, *, where: str) -> tuple[nn.Module, str]:
    """Build the net that the tensors belong to and fill it.

    :param arch: the architecture's text; ``None`` looks for the likeliest that fits.
    :raises CheckpointError: no architecture fits, or keys or shapes differ.
    """
    shapes = shapes_of_state(state)
    if arch is None:
        found = recognised(Evidence(shapes))
        if not found:
            raise unknown(state, where)
        arch = found[0][0]
    model = build(arch, _outputs(shapes, arch, where), shapes)
    state = dict(translated(model, state))
    expected = model.state_dict()
    missing = [name for name in expected if name not in state and not name.endswith(_COUNTER)]
    extra = [name for name in state if name not in expected]
    if missing or extra:
        other = first_difference(shapes_of(model), shapes)
        if other:
            raise CheckpointError(f"does not fit {arch}: {other}", where=where)
        faults = [f"{len(missing)} tensors are missing ({name_some(missing, 3)})"] if missing else []
        faults += [f"{len(extra)} are unknown ({name_some(extra, 3)})"] if extra else []
        raise CheckpointError(f"does not fit {arch}: {' and '.join(faults)}", where=where)
    wrong = [name for name in state if state[name].shape != expected[name].shape]
    if wrong:
        name = wrong[0]
        raise CheckpointError(
            f"does not fit {arch}: {name} is {tuple(state[name].shape)}, expected {tuple(expected[name].shape)}",
            where=where,
        )
    if not all(tensor.isfinite().all() for tensor in state.values() if tensor.is_floating_point()):
        raise CheckpointError("holds values that are not finite", where=where)
    versioned = OrderedDict(state)
    versioned._metadata = expected._metadata  # type: ignore[attr-defined]  # of the layers' forms: files lose it
    model.load_state_dict(versioned, strict=False)
    return model, text_of(model)


def names_of(arch: str, state: State) -> dict[str, str]:
    """From an architecture's names to a file's, where these are others in the same order; else empty."""
    shapes = shapes_of_state(state)
    net = _on_meta(arch, _outputs(shapes, arch, "the checkpoint"), shapes)
    return names_by_order(shapes_of(net), shapes) or {}


def unknown(state: State, where: str) -> CheckpointError:
    """What is said of tensors that no known architecture has."""
    matrices = sum(tensor.ndim >= 2 for tensor in state.values())
    first = name_some(list(state), 3)
    return CheckpointError(
        f"does not say its architecture, and none that is known has its {matrices} layers ({first})",
        where=where,
        todo="set [model] arch: a name, or your own file that builds the net (model.py:build)",
    )


def _outputs(shapes: Shapes, arch: str, where: str) -> int:
    """The number of classes: the rows of the last matrix that has one for each class in this architecture."""
    one, two = (shapes_of(_on_meta(arch, count, shapes)) for count in (_TRIED, _TRIED + 4))
    heads = [name for name in one if name in two and one[name] != two[name] and len(one[name]) > 1]
    if not heads and dict(shapes) == dict(one):  # it has its own number of classes, whatever is asked for
        return count_classes(_on_meta(arch, _TRIED, shapes))
    if heads and heads[-1] not in shapes and is_renamed(one, shapes):
        place = [name for name, _ in in_order(one)].index(heads[-1])
        return int(in_order(shapes)[place][1][0])
    if not heads or heads[-1] not in shapes or len(shapes[heads[-1]]) != len(one[heads[-1]]):
        missing = heads[-1] if heads else "head"
        raise CheckpointError(f"does not fit {arch}: no {missing} in it", where=where)
    return int(shapes[heads[-1]][0])


def _on_meta(arch: str, classes: int, shapes: Shapes) -> nn.Module:
    try:
        with torch.device("meta"):
            return build(arch, classes, shapes)
    except NotImplementedError:  # some compute their widths with tensors (RegNet): those need memory
        with torch.random.fork_rng(devices=[]):
            return build(arch, classes, shapes)
