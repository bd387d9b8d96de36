"""What the files beside a net's weights say: architecture, class names, and how it wants its pictures.

Two libraries write a ``config.json``: transformers (``model_type``, ``id2label``, with ``preprocessor_config.json``)
and timm (``architecture``, ``pretrained_cfg``). Both are data; code that a folder brings along is never run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from maga_desk.domain.errors import CheckpointError, name_some
from maga_desk.domain.outside import json_of, read_text
from maga_desk.domain.preprocessing import LARGEST, SMALLEST, SMALLEST_CROP, Interpolation, Preprocessing, Size, fill_of

WEIGHTS = (
    "model.safetensors",
    "model.safetensors.index.json",
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
    "diffusion_pytorch_model.safetensors",
)
"""How hub folders call their weights, the first that is there being taken."""
LIKE_WEIGHTS = (".safetensors", ".pth.tar", ".pth", ".pt", ".ckpt", ".bin", ".tar")
_PACKED = tuple(f"{end}{packed}" for end in LIKE_WEIGHTS for packed in (".gz", ".xz", ".zst", ".zip"))
_RESAMPLE: Mapping[int, Interpolation] = {
    0: "nearest",
    1: "lanczos",
    2: "bilinear",
    3: "bicubic",
    4: "box",
    5: "hamming",
}
_CONVNEXT_SQUASHES = 384  # pixels of a side, from which the processors that know crop_pct squash
_MOST = 4 * 2**20  # bytes of a configuration: no honest one is larger


@dataclass(frozen=True)
class Beside:
    """What stands beside the weights.

    :param config: ``config.json`` as it is.
    :param classes: names in the order of the outputs.
    :param named: architectures' names, likeliest first.
    :param code: files with code that the folder brings along; they are not run.
    :param source: what said it, for people.
    """

    config: Mapping[str, Any] = field(default_factory=dict)
    classes: tuple[str, ...] | None = None
    preprocessing: Preprocessing = field(default_factory=Preprocessing)
    named: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    source: str = "its config"


def weights_in(folder: Path) -> Path:
    """The file of weights in a folder: a hub's, a cache's snapshot, or the only one there.

    :raises CheckpointError: there is none, or more than one.
    """
    folder = _snapshot(folder)
    for name in WEIGHTS:
        if (folder / name).is_file():
            return folder / name
    found = sorted(path for path in folder.iterdir() if path.is_file() and path.name.lower().endswith(LIKE_WEIGHTS))
    if len(found) == 1:
        return found[0]
    if not found:
        packed = sorted(path.name for path in folder.iterdir() if path.name.lower().endswith(_PACKED))
        if packed:
            raise CheckpointError(f"its weights are packed ({name_some(packed, 3)})", where=str(folder), todo="unpack")
        raise CheckpointError(
            "a folder without weights", where=str(folder), todo=f"expected {WEIGHTS[0]} or a checkpoint"
        )
    names = ", ".join(path.name for path in found[:4])
    raise CheckpointError(
        f"a folder with {len(found)} checkpoints ({names})", where=str(folder), todo="name one of them"
    )


def _snapshot(folder: Path) -> Path:
    """In the hub's cache (``models--org--name``), the snapshot that its main branch has."""
    snapshots = folder / "snapshots"
    if not snapshots.is_dir():
        return folder
    main = folder / "refs" / "main"
    if main.is_file():
        named = snapshots / main.read_text(encoding="utf-8").strip()
        if named.is_dir():
            return named
    newest = sorted((path for path in snapshots.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime)
    return newest[-1] if newest else folder


def read_beside(weights: Path) -> Beside:
    """What the files beside a file of weights say; nothing where there are none.

    :raises CheckpointError: a ``config.json`` that cannot be read.
    """
    config = json_beside(weights.parent / "config.json")
    code = tuple(sorted(path.name for path in weights.parent.glob("*.py"))) if config else ()
    if "pretrained_cfg" in config or "architecture" in config:
        return replace(timm_beside(config), code=code)
    if "model_type" in config:
        return replace(_transformers(config, weights.parent), code=code)
    return Beside()


def json_beside(path: Path) -> dict[str, Any]:
    """A JSON object; empty where there is no such file, or it holds something else.

    :raises CheckpointError: it cannot be read.
    """
    if not path.is_file():
        return {}
    try:
        if path.stat().st_size > _MOST:
            raise ValueError("too large")
        raw = json_of(read_text(path))
    except (OSError, ValueError) as error:
        raise CheckpointError(f"not a readable configuration ({error})", where=str(path)) from error
    return raw if isinstance(raw, dict) else {}


def _transformers(config: Mapping[str, Any], folder: Path) -> Beside:
    wanted = json_beside(folder / "preprocessor_config.json")
    size = config.get("image_size")
    from_config = Preprocessing(size=_within(_pair(size))) if size else Preprocessing()
    return Beside(config, _labels(config.get("id2label")), _processor(wanted) | from_config)


def _labels(raw: Any) -> tuple[str, ...] | None:
    """Class names in the order of the outputs; ``LABEL_0`` and the like name nothing."""
    if not isinstance(raw, Mapping):
        return None
    try:
        names = [str(name) for _, name in sorted(raw.items(), key=lambda item: int(item[0]))]
    except ValueError:
        return None
    return None if not names or names == [f"LABEL_{place}" for place in range(len(names))] else tuple(names)


def _processor(raw: Mapping[str, Any]) -> Preprocessing:
    """``preprocessor_config.json`` of transformers' image processors."""
    if not raw:
        return Preprocessing()
    mean, std = (_floats(raw.get(key)) for key in ("image_mean", "image_std"))
    if raw.get("do_normalize") is False:
        mean, std = (0.0,) * 3, (1.0,) * 3
    factor = raw.get("rescale_factor", 1 / 255) if raw.get("do_rescale", True) else 1.0
    if mean and std:  # given for pixels times the factor; here for pixels in 0..1
        mean, std = (tuple(value / (float(factor) * 255) for value in each) for each in (mean, std))
    size, cut, crop = raw.get("size"), raw.get("crop_size"), None
    resize: Any = None
    shown, middle = _pair(size), _pair(cut) if raw.get("do_center_crop") else None
    if raw.get("do_resize") is False:
        shown = None
    elif isinstance(size, Mapping) and "shortest_edge" in size:
        edge, share = int(size["shortest_edge"]), raw.get("crop_pct")
        resize, crop = "cover", 1.0
        if share and edge >= _CONVNEXT_SQUASHES:
            resize = "squash"
        elif share:
            crop = _share(share)
    elif shown is not None:
        resize, crop = "squash", 1.0
    if middle is not None and shown is not None:
        crop = _share(min(1.0, middle[0] / max(1, shown[0])))
        shown = middle
    order: Any = "BGR" if raw.get("do_flip_channel_order") else "RGB"
    return Preprocessing(mean, std, _within(shown), resize, crop, _RESAMPLE.get(raw.get("resample", -1)), order)


def _within(size: Size | None) -> Size | None:
    """``None`` where no net here reads pictures of that size."""
    return size if size is not None and min(size) >= SMALLEST and max(size) <= LARGEST else None


def _share(value: Any) -> float | None:
    """Of a scaled side, that is kept; ``None`` where it is none."""
    share = float(value) if isinstance(value, int | float) else 0.0
    return share if SMALLEST_CROP <= share <= 1 else None


def timm_beside(config: Mapping[str, Any]) -> Beside:
    """What a configuration of timm's says: a ``config.json``, or a model's ``pretrained_cfg`` as it is."""
    wanted = config.get("pretrained_cfg")
    wanted = {**config, **wanted} if isinstance(wanted, Mapping) else config
    mean, std = _floats(wanted.get("mean")), _floats(wanted.get("std"))
    shape = wanted.get("input_size")
    size = (int(shape[1]), int(shape[2])) if isinstance(shape, list | tuple) and len(shape) == 3 else None
    crop = wanted.get("crop_pct")
    mode = {"center": "cover", "squash": "squash", "border": "pad"}.get(str(wanted.get("crop_mode", "center")))
    interpolation = wanted.get("interpolation")
    known = interpolation if interpolation in _RESAMPLE.values() else None
    fill = fill_of(mean) if mode == "pad" and mean else None
    preprocessing = Preprocessing(mean, std, _within(size), mode, _share(crop), known, "RGB", fill)  # type: ignore[arg-type]
    names = wanted.get("label_names")
    classes = tuple(str(name) for name in names) if isinstance(names, list) and names else None
    named = tuple(str(config[key]) for key in ("architecture", "arch") if config.get(key))
    return Beside(config, classes, preprocessing, named)


def _floats(raw: Any) -> tuple[float, ...] | None:
    try:
        values = tuple(float(each) for each in raw)
    except (TypeError, ValueError):
        return None
    return values or None


def _pair(raw: Any) -> tuple[int, int] | None:
    if isinstance(raw, Mapping):
        if "height" in raw and "width" in raw:
            return int(raw["height"]), int(raw["width"])
        edge = raw.get("shortest_edge")
        return (int(edge), int(edge)) if edge else None
    if isinstance(raw, list | tuple) and len(raw) == 2:
        return int(raw[0]), int(raw[1])
    return (int(raw), int(raw)) if isinstance(raw, int) and raw > 0 else None
