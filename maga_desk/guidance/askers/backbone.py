"""An image backbone of the user's own, opened as data: torchvision's, timm's, or one of Hugging Face's.

Named by a file, a folder, a hub name whose files are in the hub's cache, or ``torchvision/NAME`` whose file is in
torch's. Nothing is downloaded and nothing of a file is executed; classifiers serve as well as nets without a head.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from maga_desk.domain import architecture
from maga_desk.domain.errors import CheckpointError, GuidanceError
from maga_desk.domain.preprocessing import IMAGENET, Framing, Preprocessing
from maga_desk.guidance.askers.model_files import ModelFiles, choose_precision, find_model, load
from maga_desk.models.checkpoint import fits, restore, unknown
from maga_desk.models.families.headless import headless
from maga_desk.models.reading.config import json_beside, read_beside, timm_beside
from maga_desk.models.reading.contents import CheckpointContents, read_contents
from maga_desk.models.taps import penultimate

WHERE = "[guidance] model"
_SIDE = 224  # pixels, where nothing says for how many a net is
_CLASSIFIER = "ForImageClassification"
_TORCHVISION = "torchvision/"


@dataclass(frozen=True)
class Backbone:
    """A net whose features are compared.

    :param net: in evaluation mode; pictures ``(N, 3, H, W) float32``, normalised, go in.
    :param name: as the user gave it; ``revision``: a digest of its file, or a commit.
    :param form: the architecture that was taken; ``others`` have the same tensors and may compute differently.
    :param shown: how it reads pictures, all of it known; ``said``: whether its files or its library say so.
    """

    net: nn.Module
    name: str
    revision: str
    form: str
    others: tuple[str, ...]
    shown: Preprocessing
    said: bool

    @property
    def title(self) -> str:
        """For people: of a file without its folders."""
        place = Path(self.name).expanduser()
        return place.name if place.is_absolute() or place.exists() else self.name

    @property
    def framing(self) -> Framing:
        return self.shown.framing or Framing()

    def normalised(self, pixels: Tensor) -> Tensor:
        """``(N, 3, H, W) uint8`` as the net reads them."""
        mean, std = (
            torch.tensor(each or (0.0,), device=pixels.device).view(1, -1, 1, 1) * 255
            for each in (self.shown.mean, self.shown.std)
        )
        shown = pixels.flip(1) if self.shown.order == "BGR" else pixels
        return (shown.float() - mean) / std

    def features(self, images: Tensor) -> Tensor:
        """``(N, D) float32`` of normalised pictures: what a head reads.

        :raises GuidanceError: the net gives something else, or cannot read pictures of this size.
        """
        try:
            with torch.no_grad():
                found: Tensor = self.net(images)
        except (RuntimeError, ValueError, AssertionError) as error:
            side = f"{images.shape[2]} x {images.shape[3]}"
            raise GuidanceError(
                f"the encoder cannot read pictures of {side} pixels", where=self.name, todo="[guidance.options] size"
            ) from error
        if found.ndim != 2 or not found.isfinite().all():
            raise GuidanceError("the encoder gives no finite features", where=self.name)
        return found.float()


class _BeforeHead(nn.Module):
    """A classifier's penultimate features."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, images: Tensor) -> Tensor:
        with penultimate(self.net) as tap:
            self.net(images)
        if tap.features is None:
            raise ValueError("its head was not run")
        return tap.features


class _Pooled(nn.Module):
    """What a headless transformers model makes of a picture as a whole."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Tensor:
        model: Any = self.model
        said = model.get_image_features(images) if hasattr(model, "get_image_features") else model(images)
        if isinstance(said, Tensor):
            return said.flatten(1)
        pooled = getattr(said, "pooler_output", None)
        if pooled is not None:
            return torch.as_tensor(pooled).flatten(1)
        hidden: Tensor = said.last_hidden_state
        return hidden.mean(dim=(2, 3)) if hidden.ndim == 4 else hidden[:, 0]


def open_backbone(
    name: str | None,
    revision: str | None,
    device: torch.device,
    *,
    arch: str | None = None,
    asked: Preprocessing = Preprocessing(),  # noqa: B008 (frozen)
) -> Backbone:
    """The net, on a device.

    :param arch: the architecture where the tensors fit several.
    :param asked: what the user says of how it reads pictures.
    :raises GuidanceError: it is not there, is no image encoder, or does not fit into the memory.
    """
    if not name:
        raise GuidanceError("no model is given", where=WHERE, todo="a file, a folder or a hub name")
    place = Path(name).expanduser()
    try:
        if place.is_file():
            opened = _of_file(place, name, arch, asked)
        elif name.startswith(_TORCHVISION) and not place.exists():
            opened = _of_file(_in_torchs_cache(name, revision), name, arch or name, asked)
        elif place.is_dir() and not (place / "config.json").is_file():
            opened = _of_file(place, name, arch, asked)
        else:
            opened = _of_hub(find_model(name, revision), device, arch, asked)
    except CheckpointError as error:
        raise GuidanceError(error.what, where=error.where or name, todo=error.todo) from error
    opened.net.to(device).eval().requires_grad_(False)
    return opened


def _of_file(place: Path, name: str, arch: str | None, asked: Preprocessing) -> Backbone:
    contents = read_contents(place)
    with contents.path.open("rb") as stream:
        revision = hashlib.file_digest(stream, "sha256").hexdigest()[:12]
    return _of_contents(contents, name, revision, arch, asked)


def _of_contents(
    contents: CheckpointContents, name: str, revision: str, arch: str | None, asked: Preprocessing
) -> Backbone:
    """:raises CheckpointError: no library has a net of these tensors, with or without a head."""
    net, info, where = contents.nets[0], contents.info, str(contents.path)
    said = asked | Preprocessing(info.mean, info.std, order=info.order) | contents.beside.preprocessing
    if info.size:
        said |= Preprocessing(size=(info.size, info.width or info.size))
    forms = [arch] if arch else [info.arch] if info.arch else [form for form, _ in fits(contents, net)]
    if forms:
        model, form = restore(net.state, forms[0], where=where)
        return _backbone(_BeforeHead(model), name, revision, forms, form, said)
    found = headless(net.state, contents.named, said.size)
    if found is None:
        raise unknown(net.state, where)
    return _backbone(_BeforeHead(found[0]), name, revision, [found[1]], found[1], said)


def _of_hub(files: ModelFiles, device: torch.device, arch: str | None, asked: Preprocessing) -> Backbone:
    """A folder with ``config.json``: as a classifier where it is one, else as transformers' own headless model."""
    config = json_beside(files.folder / "config.json")
    named = config.get("architectures") or [_CLASSIFIER]
    if "model_type" not in config or _CLASSIFIER in str(named[0]):
        return _of_contents(read_contents(files.folder), files.name, files.revision, arch, asked)
    from transformers import AutoModel

    kind = files.config()
    kind = getattr(kind, "vision_config", None) if hasattr(kind, "text_config") else kind
    if kind is None or not (hasattr(kind, "image_size") or hasattr(kind, "num_channels")):
        raise GuidanceError("the model reads no pictures", where=files.name)
    model = load(AutoModel, files, device, choose_precision("float32", files, device))
    said = asked | read_beside(files.folder / "model.safetensors").preprocessing
    side = getattr(kind, "image_size", None)
    if isinstance(side, int):
        said |= Preprocessing(size=(side, side))
    form = f"transformers/{config['model_type']}"
    return _backbone(_Pooled(model), files.name, files.revision, [form], form, said)


def _backbone(net: nn.Module, name: str, revision: str, forms: list[str], form: str, shown: Preprocessing) -> Backbone:
    """With what its library says of the architecture, where its files say nothing, and ImageNet's way at last."""
    whole = shown | _of_library(form)
    said = whole.mean is not None
    whole |= Preprocessing(*IMAGENET, (_SIDE, _SIDE), "cover", 1.0, "bilinear", "RGB")
    if len(whole.mean or ()) != 3 or len(whole.std or ()) != 3 or whole.order not in ("RGB", "BGR"):
        raise GuidanceError("the encoder reads no colour pictures", where=name)
    return Backbone(net, name, revision, form, tuple(each for each in forms if each != form), whole, said)


def _of_library(form: str) -> Preprocessing:
    """How the library that an architecture is of has its own weights read pictures."""
    library, _, plain = architecture.split(form)[0].partition("/")
    reading: Mapping[str, Callable[[str], Preprocessing]] = {"timm": _of_timm, "torchvision": _of_torchvision}
    return reading[library](plain) if library in reading else Preprocessing()


def _of_timm(name: str) -> Preprocessing:
    import timm

    known: Any = timm.get_pretrained_cfg(name.partition(".")[0], allow_unregistered=True)
    return timm_beside(known.to_dict()).preprocessing if known is not None else Preprocessing()


def _of_torchvision(name: str) -> Preprocessing:
    from torchvision import models

    weights = next(iter(models.get_model_weights(name)), None)
    if weights is None:
        return Preprocessing()
    way = weights.transforms()
    side, scaled = int(way.crop_size[0]), int(way.resize_size[0])
    return Preprocessing(
        tuple(way.mean), tuple(way.std), (side, side), "cover", min(1.0, side / scaled), way.interpolation.value, "RGB"
    )


def _in_torchs_cache(name: str, revision: str | None) -> Path:
    """The file of a net of torchvision's that was downloaded before.

    :param revision: which of its weights (``IMAGENET1K_V2``); otherwise the one that is there.
    :raises GuidanceError: torchvision has no such net, or none of its files is there.
    """
    from torchvision import models

    try:
        known = list(models.get_model_weights(name.removeprefix(_TORCHVISION)))
    except ValueError as error:
        raise GuidanceError(f"torchvision has no model '{name}'", where=WHERE) from error
    wanted = [each for each in known if revision in (None, each.name)]
    folder = Path(torch.hub.get_dir()) / "checkpoints"
    for each in wanted:
        place: Path = folder / each.url.rpartition("/")[2]
        if place.is_file():
            return place
    if not wanted:
        raise GuidanceError(
            f"no weights of {name} are called '{revision}'",
            where="[guidance] revision",
            todo=f"known: {', '.join(each.name for each in known)}",
        )
    raise GuidanceError("its weights are not here", where=name, todo=f"download {wanted[-1].url} to {folder}")
