"""CLIP- and SigLIP-class encoders: a class's name as text against exemplar pictures."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import GuidanceError
from maga_desk.domain.events import Message, Progress
from maga_desk.domain.opinion import Opinion
from maga_desk.domain.specs.guidance import GuidanceSpec
from maga_desk.guidance.askers.asker import Answered, Ask
from maga_desk.guidance.askers.model_files import choose_precision, find_model, load, load_processor


class Encoder:
    """An :class:`~maga_desk.guidance.askers.asker.Asker` whose answers are scaled cosines of picture and text.

    :raises GuidanceError: the model is not there, does not encode pictures and texts alike, or does not fit.
    """

    def __init__(self, guidance: GuidanceSpec, device: torch.device) -> None:
        self._files = find_model(guidance.model, guidance.revision)
        config = self._files.config()
        if not (hasattr(config, "text_config") and hasattr(config, "vision_config")):
            raise GuidanceError(f"{config.model_type} is no encoder of pictures and texts", where=self._files.name)
        if guidance.precision in ("8bit", "4bit"):
            raise GuidanceError("an encoder is not loaded in 8 or 4 bits", where="[guidance] precision")
        self._precision = choose_precision(guidance.precision, self._files, device)
        self._device = device
        self.model = self._files.name
        self.revision = self._files.revision + ("" if self._precision == "float32" else f"+{self._precision}")
        self.loading = 0.0

    def ask(self, asks: Iterable[Ask], control: RunControl) -> Iterator[Answered | Message | Progress]:
        from transformers import AutoModel

        yield Progress(f"Loading {self.model}", 0, 0)
        began = time.perf_counter()
        processor = load_processor(self._files)
        model = load(AutoModel, self._files, self._device, self._precision)
        if not (hasattr(model, "get_text_features") and hasattr(model, "logit_scale")):
            raise GuidanceError(f"{type(model).__name__} is no encoder of pictures and texts", where=self._files.name)
        self.loading = time.perf_counter() - began
        known: dict[str, Tensor] = {}
        for _, mine in groupby(asks, key=lambda ask: id(ask.picture)):
            control.checkpoint()
            group = list(mine)
            new = [ask.question for ask in group if ask.question not in known]
            tokens = 0
            if new:
                features, tokens = _texts(model, processor, new)
                known |= dict(zip(new, features, strict=True))
            scale = model.logit_scale.detach().exp().float()
            picture = _picture(model, processor, group[0].picture.open())
            cosines = scale * (torch.stack([known[ask.question] for ask in group]) @ picture)
            for ask, cosine in zip(group, cosines.tolist(), strict=True):
                yield Answered(ask.place, cosine, tokens)
                tokens = 0


def over_others(opinion: Opinion) -> Opinion:
    """Scaled cosines become, for each exemplar, the softmax over the classes that are not its own."""
    values = np.where(np.isnan(opinion.p_true), -np.inf, opinion.p_true.astype(np.float64))
    values = np.exp(values - values.max(axis=1, keepdims=True))
    values /= values.sum(axis=1, keepdims=True)
    return replace(opinion, p_true=np.where(np.isnan(opinion.p_true), np.nan, values).astype(np.float32))


@torch.inference_mode()
def _texts(model: Any, processor: Any, texts: list[str]) -> tuple[Tensor, int]:
    """``(n, D) float32`` of length one, and the tokens read."""
    # SigLIP was trained on texts padded to their full length, CLIP's attention mask makes padding harmless
    longest = getattr(model.config.text_config, "max_position_embeddings", None)
    inputs = processor.tokenizer(
        texts, return_tensors="pt", padding="max_length" if longest else True, truncation=True, max_length=longest
    ).to(model.device)
    return F.normalize(_plain(model.get_text_features(**inputs)), dim=1), int(inputs["input_ids"].numel())


@torch.inference_mode()
def _picture(model: Any, processor: Any, picture: Any) -> Tensor:
    """``(D,) float32`` of length one."""
    pixels = processor.image_processor(images=[picture], return_tensors="pt")["pixel_values"]
    return F.normalize(_plain(model.get_image_features(pixel_values=pixels.to(model.device, model.dtype))), dim=1)[0]


def _plain(output: Any) -> Tensor:
    tensor: Tensor = output if torch.is_tensor(output) else output.pooler_output
    return tensor.float()
