"""Reading and writing checkpoints. A file from elsewhere is data: nothing in it is ever executed.

safetensors is the house format; what the weights need to be understood (architecture, classes, normalisation, how
they were made) travels in its metadata. PyTorch files are read with ``weights_only=True`` and nothing else.
"""

from __future__ import annotations

import io
import json
import pickle
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from maga_desk.domain.errors import CheckpointError, name_some
from maga_desk.domain.files import write_whole
from maga_desk.models.families.registry import build, recognisable, shapes

METADATA_KEY = "maga_desk"
_WRAPPERS = ("state_dict", "model_state_dict", "model", "net", "weights")
_COUNTER = "num_batches_tracked"  # of batch normalisation: some files leave it out
_TRIED = 7  # classes: a number that no architecture has in another place
State = dict[str, Tensor]


@dataclass(frozen=True)
class CheckpointInfo:
    """What a checkpoint's metadata say; empty where another program wrote it.

    :param classes: the model's class names in the order of its outputs.
    :param families: kind -> class, when the classes are families.
    :param made: how it was made: command, recipe, seed, seconds, data fingerprint; or the unlearning record.
    """

    arch: str | None = None
    classes: tuple[str, ...] | None = None
    families: Mapping[str, str] | None = None
    mean: tuple[float, float, float] | None = None
    std: tuple[float, float, float] | None = None
    size: int | None = None
    made: Mapping[str, Any] = field(default_factory=dict)

    def to_text(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_text(cls, text: str) -> CheckpointInfo:
        """:raises ValueError, TypeError, KeyError: not what :meth:`to_text` wrote."""
        raw = json.loads(text)
        classes = raw.get("classes")
        return cls(
            arch=_optional(raw.get("arch"), str),
            classes=tuple(str(name) for name in classes) if classes else None,
            families=dict(raw["families"]) if raw.get("families") else None,
            mean=_triple(raw.get("mean")),
            std=_triple(raw.get("std")),
            size=_optional(raw.get("size"), int),
            made=dict(raw.get("made") or {}),
        )

    def with_made(self, **values: Any) -> CheckpointInfo:
        return replace(self, made={**self.made, **values})


def _optional(value: Any, kind: type) -> Any:
    if value is not None and not isinstance(value, kind):
        raise TypeError(f"expected {kind.__name__}")
    return value


def _triple(value: Any) -> tuple[float, float, float] | None:
    if value is None:
        return None
    red, green, blue = (float(v) for v in value)
    return red, green, blue


def read_info(path: Path) -> CheckpointInfo:
    """What a safetensors file's metadata say, without its tensors.

    :raises CheckpointError: it cannot be read.
    """
    import safetensors

    try:
        with safetensors.safe_open(path, framework="pt") as stream:
            metadata = stream.metadata() or {}
    except (safetensors.SafetensorError, OSError) as error:
        raise CheckpointError(f"not a readable safetensors file ({error})", where=str(path)) from error
    return _info(metadata.get(METADATA_KEY), path)


def read_state(path: Path | str) -> tuple[State, CheckpointInfo]:
    """Tensors by name (on the CPU, ``module.`` prefixes removed) and what its metadata say.

    :raises CheckpointError: missing, no checkpoint, or a pickle that would need code to run.
    """
    path = Path(path)
    if not path.is_file():
        raise CheckpointError("there is no such file", where=str(path))
    with path.open("rb") as stream:
        head = stream.read(9)
    if head[8:9] == b"{":  # safetensors: the header's length, then JSON
        state, info = _read_safetensors(path)
    elif head[:2] == b"PK" or head[:1] == b"\x80":  # PyTorch: a zip, or a pickle of old
        state, info = _read_pytorch(path)
    else:
        raise CheckpointError("not a checkpoint", where=str(path), todo="expected safetensors or a PyTorch state dict")
    if not state:
        raise CheckpointError("holds no weights", where=str(path))
    for prefix in ("module.", "_orig_mod."):
        if all(name.startswith(prefix) for name in state):
            state = {name.removeprefix(prefix): tensor for name, tensor in state.items()}
    return state, info


def _read_safetensors(path: Path) -> tuple[State, CheckpointInfo]:
    try:
        with safetensors.safe_open(path, framework="pt") as stream:
            metadata = stream.metadata() or {}
        state = safetensors.torch.load_file(path)
    except (safetensors.SafetensorError, OSError) as error:
        raise CheckpointError(f"not a readable safetensors file ({error})", where=str(path)) from error
    return state, _info(metadata.get(METADATA_KEY), path)


def _info(text: object, path: Path) -> CheckpointInfo:
    if not isinstance(text, str):
        return CheckpointInfo()
    try:
        return CheckpointInfo.from_text(text)
    except (ValueError, TypeError, KeyError) as error:
        raise CheckpointError(f"its metadata cannot be understood ({error})", where=str(path)) from error


def _read_pytorch(path: Path) -> tuple[State, CheckpointInfo]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's notes on odd pickles: the answer below says enough
            raw = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if "weights_only" in str(error) or "Unsupported" in str(error):
            raise CheckpointError(
                "refused: this pickle wants to run code, and nothing of it was executed",
                where=str(path),
                todo="save the state dict alone, or as safetensors",
            ) from error
        raise CheckpointError(
            "not a checkpoint", where=str(path), todo="expected safetensors or a state dict"
        ) from error
    except (RuntimeError, EOFError, ValueError, KeyError, OSError, AttributeError, TypeError, IndexError) as error:
        raise CheckpointError(
            "not a checkpoint", where=str(path), todo="expected safetensors or a state dict"
        ) from error
    text = raw.get(METADATA_KEY) if isinstance(raw, Mapping) else None
    for wrapper in _WRAPPERS:
        if isinstance(raw, Mapping) and isinstance(raw.get(wrapper), Mapping):
            raw = raw[wrapper]
            break
    if not isinstance(raw, Mapping):
        raise CheckpointError("holds no state dict", where=str(path), todo="save model.state_dict()")
    state = {str(name): value for name, value in raw.items() if isinstance(value, Tensor)}
    return state, _info(text, path)


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
    """The model's tensors as contiguous copies on the CPU."""
    return {name: tensor.detach().cpu().contiguous().clone() for name, tensor in model.state_dict().items()}


def restore(state: State, arch: str | None, *, where: str) -> tuple[nn.Module, str]:
    """Build the net that the tensors belong to and fill it.

    :param arch: the architecture's name; ``None`` looks for one of ours that fits.
    :raises CheckpointError: no architecture fits, or keys or shapes differ.
    """
    arch = arch or _fitting(state)
    if arch is None:
        raise CheckpointError("does not say its architecture", where=where, todo="set [model] arch")
    model = build(arch, _outputs(state, arch, where))
    expected = model.state_dict()
    missing = [name for name in expected if name not in state and not name.endswith(_COUNTER)]
    extra = [name for name in state if name not in expected]
    if missing or extra:
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
    model.load_state_dict(state, strict=False)
    return model, arch


def _outputs(state: State, arch: str, where: str) -> int:
    """The number of classes: the rows of the last matrix that has one for each class in this architecture."""
    heads = [name for name, shape in shapes(arch, _TRIED).items() if len(shape) == 2 and shape[0] == _TRIED]
    if not heads or heads[-1] not in state or state[heads[-1]].ndim != 2:
        missing = heads[-1] if heads else "a linear head"
        raise CheckpointError(f"does not fit {arch}: no {missing} in it", where=where)
    return int(state[heads[-1]].shape[0])


def _fitting(state: State) -> str | None:
    given = {name: tuple(tensor.shape) for name, tensor in state.items() if not name.endswith(_COUNTER)}
    for arch in recognisable():
        known = {name: shape for name, shape in shapes(arch, _TRIED).items() if not name.endswith(_COUNTER)}
        if known.keys() == given.keys() and all(
            known[name][1:] == given[name][1:] and known[name][0] in (given[name][0], _TRIED) for name in known
        ):
            return arch
    return None
