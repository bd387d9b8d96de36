"""Folders as the libraries of Hugging Face write them: ``config.json`` and weights."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor, nn

from maga_desk.domain.checkpoints import CheckpointInfo
from maga_desk.models.checkpoint import write_torch
from maga_desk.models.formats.format import Predict
from maga_desk.models.reading.contents import METADATA_KEY
from maga_desk.models.reading.weights import State

_WEIGHTS, _CONFIG, _PROCESSOR = "model.safetensors", "config.json", "preprocessor_config.json"
_RESAMPLE = {"nearest": 0, "lanczos": 1, "bilinear": 2, "bicubic": 3, "box": 4, "hamming": 5}


def write_transformers(folder: Path, model: nn.Module, info: CheckpointInfo) -> None:
    """A folder for ``AutoModelForImageClassification.from_pretrained``: the library itself writes the weights, under
    its names; class names and preprocessing are said anew.
    """
    assert info.came is not None
    whole: Any = model
    count = whole.config.num_labels
    names = _labels(info, count)
    whole.config.id2label, whole.config.label2id = names, {name: place for place, name in names.items()}
    whole.__class__ = type(model).__mro__[1]  # the library's own class: its name stands in config.json
    if info.came.dtype is not None:
        whole = whole.to(getattr(torch, info.came.dtype))
    with quietly():
        whole.save_pretrained(folder, max_shard_size="1TB")
    _add_metadata(folder / _WEIGHTS, info)
    wanted = info.came.files.get(_PROCESSOR) or _processor(info)
    if wanted:
        _write_json(folder / _PROCESSOR, wanted)


def _labels(info: CheckpointInfo, count: int) -> dict[int, str]:
    assert info.came is not None
    said = info.came.files.get(_CONFIG, {}).get("id2label")
    known = {int(place): str(name) for place, name in said.items()} if isinstance(said, dict) else {}
    if len(known) == count:
        return known
    names = info.classes or ()
    if info.came.kept and len(info.came.kept) == len(names):
        known |= dict(zip(info.came.kept, names, strict=True))
    elif len(names) == count:
        known = dict(enumerate(names))
    return {place: known.get(place, f"LABEL_{place}") for place in range(count)}


def _processor(info: CheckpointInfo) -> dict[str, Any]:
    """How the pictures were shown here, where the folder did not say it."""
    if info.mean is None or info.std is None or info.shape is None:
        return {}
    height, width = info.shape
    interpolation = "bilinear" if info.framing is None else info.framing.interpolation
    return {
        "image_processor_type": "ViTImageProcessor",
        "do_normalize": True,
        "do_rescale": True,
        "do_resize": True,
        "image_mean": list(info.mean),
        "image_std": list(info.std),
        "rescale_factor": 1 / 255,
        "resample": _RESAMPLE[interpolation],
        "size": {"height": height, "width": width},
    }


def read_transformers(folder: Path) -> Predict:
    """Predictions of a folder, as transformers itself opens it."""
    from transformers import AutoModelForImageClassification

    with quietly():
        model = AutoModelForImageClassification.from_pretrained(folder, dtype=torch.float32).eval()

    def predict(pictures: Tensor) -> Tensor:
        with torch.no_grad():
            logits: Tensor = model(pixel_values=pictures).logits
        return logits

    return predict


def write_timm(folder: Path, state: State, info: CheckpointInfo) -> None:
    """A folder for ``timm.create_model("local-dir:…", pretrained=True)``: its configuration as it came, new weights."""
    assert info.came is not None
    _write_json(folder / _CONFIG, info.came.files[_CONFIG])
    if info.came.kind == "safetensors":
        name = info.came.file if info.came.file.endswith(".safetensors") else _WEIGHTS
        (folder / name).write_bytes(safetensors.torch.save(state, _metadata(info)))
    else:
        write_torch(folder / info.came.file, state)


def _metadata(info: CheckpointInfo) -> dict[str, str]:
    return {"format": "pt", METADATA_KEY: info.to_text()}


def _add_metadata(path: Path, info: CheckpointInfo) -> None:
    state = safetensors.torch.load(path.read_bytes())
    path.write_bytes(safetensors.torch.save(state, _metadata(info)))


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


@contextmanager
def quietly() -> Iterator[None]:
    """Without the library's bars and hints."""
    from transformers.utils import logging

    logging.disable_progress_bar()
    before = logging.get_verbosity()
    logging.set_verbosity(logging.CRITICAL)
    try:
        yield
    finally:
        logging.set_verbosity(before)
