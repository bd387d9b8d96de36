"""CLIP- and SigLIP-class encoders with random weights, against their own forward pass."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import GuidanceError
from maga_desk.domain.opinion import Opinion
from maga_desk.domain.specs.guidance import GuidanceSpec
from maga_desk.domain.specs.prompt import CAPTION, Prompt
from maga_desk.guidance.askers.asker import Answered, Ask
from maga_desk.guidance.askers.clip import Encoder, over_others
from maga_desk.guidance.exemplars import Exemplar
from tests.guidance import tiny_models

CPU = torch.device("cpu")
NAMES = ("dog", "fire truck", 'a "quoted" 🐕', "x" * 200)


@pytest.mark.parametrize("kind", list(tiny_models.ENCODERS))
def test_answers_are_the_models_own_logits(kind: str, tmp_path: Path, exemplars: list[Exemplar]) -> None:
    folder = tiny_models.ENCODERS[kind](tmp_path)
    texts = [Prompt(CAPTION).about(name) for name in NAMES]
    asks = [Ask((i, j), exemplar, text) for i, exemplar in enumerate(exemplars) for j, text in enumerate(texts)]
    encoder = Encoder(GuidanceSpec(proposer="clip", model=str(folder)), CPU)
    said = [each for each in encoder.ask(asks, RunControl()) if isinstance(each, Answered)]
    found = np.zeros((len(exemplars), len(texts)))
    for each in said:
        found[each.place] = each.value
    np.testing.assert_allclose(found, by_hand(folder, exemplars, texts), atol=1e-3)
    assert np.ptp(found, axis=1).min() > 0.01  # texts differ
    assert np.ptp(found, axis=0).min() > 0.01  # and pictures do
    assert sum(each.tokens for each in said) == 4 * 64  # each text is read once


def by_hand(folder: Path, exemplars: list[Exemplar], texts: list[str]) -> Any:
    from transformers import AutoModel, AutoProcessor

    processor, model = AutoProcessor.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()
    inputs = processor(
        text=texts,
        images=[exemplar.open() for exemplar in exemplars],
        padding="max_length",
        max_length=64,
        truncation=True,
        return_tensors="pt",
    )
    with torch.inference_mode():
        logits = model(**inputs).logits_per_image
    return (logits - getattr(model, "logit_bias", torch.zeros(()))).detach().numpy()


def test_cosines_become_shares_of_the_other_classes() -> None:
    cosines = np.array([[np.nan, 2.0, 1.0, 1.0], [30.0, np.nan, 20.0, np.nan]], dtype=np.float32)
    opinion = Opinion("clip", "m", "1", CAPTION, tuple("abcd"), ("p", "q"), np.array([0, 1]), cosines)
    shares = over_others(opinion).p_true
    e = np.e
    np.testing.assert_allclose(shares[0], [np.nan, e / (e + 2), 1 / (e + 2), 1 / (e + 2)], rtol=1e-6)
    np.testing.assert_allclose(shares[1], [1, np.nan, np.exp(-10), np.nan], rtol=1e-3)


def test_what_is_no_encoder(tmp_path: Path, exemplars: list[Exemplar]) -> None:
    text_only = tiny_models.save_text_only(tmp_path / "text")
    with pytest.raises(GuidanceError, match="llama is no encoder of pictures and texts"):
        Encoder(GuidanceSpec(proposer="clip", model=str(text_only)), CPU)
    llava = tiny_models.save_llava(tmp_path / "llava")
    encoder = Encoder(GuidanceSpec(proposer="clip", model=str(llava)), CPU)
    with pytest.raises(GuidanceError, match="is no encoder of pictures and texts"):
        list(encoder.ask([Ask((0, 1), exemplars[0], "a dog")], RunControl()))
    clip = tiny_models.save_clip(tmp_path / "clip")
    with pytest.raises(GuidanceError, match="not loaded in 8 or 4 bits"):
        Encoder(GuidanceSpec(proposer="clip", model=str(clip), precision="8bit"), CPU)
