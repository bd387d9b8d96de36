"""Train a small CLIP on the names of classes, for machines that cannot fetch one: the encoder of the ablation.

    python tests/benchmarks/small_clip.py --data demo|FOLDER --out DIR [--steps 1500]

Built and saved by transformers' own classes, so that ``proposer = "clip"`` loads it as it loads any other. It has seen
these classes and nothing else, and no language: it stands for the code path and for a view of its own, not for what
a CLIP trained on the web would say. Of the demo world it sees other pictures than the demo shows; of a folder, its
training pictures.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import torch
import torch.nn.functional as F

from maga_desk.data.demo_world.kinds import KINDS
from maga_desk.data.demo_world.world import render, stream
from maga_desk.data.sources.reading import load_pictures
from maga_desk.domain.specs.prompt import CAPTION, Prompt
from maga_desk.domain.specs.run import DataSpec
from tests.guidance.tiny_models import with_ends, words_tokenizer

SIDE, BATCH, LR, PER_KIND, SEED = 32, 128, 1e-3, 600, 20260102
LONGEST = 16  # tokens of a caption


def pictures(data: str) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """``(N, 3, 32, 32) uint8``, ``(N,) int64``, names."""
    if data != "demo":
        images = load_pictures(DataSpec(path=data), size=SIDE)
        return images.train.whole(), images.train.labels, images.classes
    drawn = [
        render(kind, stream(SEED, "train", kind, number)).transpose(2, 0, 1)
        for kind in KINDS
        for number in range(PER_KIND)
    ]
    return np.stack(drawn), np.repeat(np.arange(len(KINDS)), PER_KIND), tuple(KINDS)


def build(captions: list[str]) -> tuple[Any, Any]:
    from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel, CLIPProcessor, CLIPTextConfig, CLIPVisionConfig

    tokenizer = with_ends(words_tokenizer(sorted({word for caption in captions for word in caption.split()}), []))
    side = {"height": SIDE, "width": SIDE}
    sizes = {"hidden_size": 128, "intermediate_size": 320, "num_attention_heads": 4}
    config = CLIPConfig(
        text_config=CLIPTextConfig(
            **sizes,
            num_hidden_layers=2,
            vocab_size=len(tokenizer),
            max_position_embeddings=LONGEST,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        ).to_dict(),
        vision_config=CLIPVisionConfig(**sizes, num_hidden_layers=5, image_size=SIDE, patch_size=4).to_dict(),
        projection_dim=64,
    )
    image_processor = CLIPImageProcessor(size=side, crop_size=side, image_mean=[0.5] * 3, image_std=[0.25] * 3)
    return CLIPModel(config), CLIPProcessor(image_processor, tokenizer)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--steps", type=int, default=1500)
    options = parser.parse_args()
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED)
    images, labels, names = pictures(options.data)
    captions = [Prompt(CAPTION).about(name) for name in names]
    model, processor = build(captions)
    texts = processor.tokenizer(captions, return_tensors="pt", padding="max_length", max_length=LONGEST)
    optimizer = torch.optim.AdamW(model.parameters(), LR, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LR, total_steps=options.steps)
    for step in range(options.steps):
        chosen = rng.integers(len(images), size=BATCH)
        shown = np.roll(images[chosen], rng.integers(-3, 4, 2), axis=(2, 3))
        shown = shown[..., ::-1] if rng.random() < 0.5 else shown
        pixels = (torch.from_numpy(np.ascontiguousarray(shown)).float() / 255 - 0.5) / 0.25
        logits = model(**texts, pixel_values=pixels).logits_per_image
        loss = F.cross_entropy(logits, torch.from_numpy(labels[chosen]))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 100 == 0 or step == options.steps - 1:
            right = (logits.argmax(dim=1) == torch.from_numpy(labels[chosen])).float().mean()
            print(f"step {step}: loss {loss.item():.3f}, {100 * right.item():.0f} % of the batch", flush=True)
    model.eval()
    model.save_pretrained(options.out)
    processor.save_pretrained(options.out)
    print(f"{options.out}: {sum(weight.numel() for weight in model.parameters()):,} weights")


if __name__ == "__main__":
    main()
