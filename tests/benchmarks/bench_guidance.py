"""What asking a local multimodal model costs, with what questions share read once and with a full pass a question.

    python tests/benchmarks/bench_guidance.py [--models demo smolvlm] [--classes 10 20 100] [--pictures 2]
                                              [--full-passes 200] [--device auto] [--precision auto]

``demo`` is the program's own toy. ``smolvlm`` has the sizes of SmolVLM-256M (Idefics 3: a vision tower of 93 M on
512 x 512 pixels, a picture as 64 tokens, a Llama of 135 M in 30 layers), random weights, and one token a word: what it
answers means nothing, its cost is right. At most ``--full-passes`` full passes are timed; seconds and tokens of all
questions are reckoned from their mean, and the table says how many were timed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import torch
from PIL import Image

from maga_desk.data.demo_world.kinds import KINDS
from maga_desk.data.demo_world.world import render, stream
from maga_desk.domain.control import RunControl
from maga_desk.domain.specs.guidance import GuidanceSpec
from maga_desk.domain.specs.prompt import Prompt
from maga_desk.guidance.askers.asker import Answered, Ask
from maga_desk.guidance.askers.mllm import LocalModel
from maga_desk.models.runtime import choose_device
from tests.guidance.tiny_models import plain_template, save, words_tokenizer

SIDE = 512


@dataclass(frozen=True)
class Seen:
    picture: Image.Image

    def open(self) -> Image.Image:
        return self.picture


@dataclass(frozen=True)
class Cost:
    questions: int
    tokens: int
    seconds: float

    def of(self, questions: int) -> Cost:
        share = questions / self.questions
        return Cost(questions, round(self.tokens * share), self.seconds * share)


def save_smolvlm(folder: Path) -> Path:
    """Idefics 3 in the sizes of SmolVLM-256M."""
    from transformers import (
        Idefics3Config,
        Idefics3ForConditionalGeneration,
        Idefics3ImageProcessor,
        Idefics3Processor,
        LlamaConfig,
    )

    words = {"user", "assistant", ":", "True", "False", ".", "?", *class_names(100)}
    words |= set(Prompt().about(" ").replace("?", " ? ").replace(".", " . ").split())
    tokenizer = words_tokenizer(sorted(words), ["<image>", "<fake_token_around_image>", "<global-img>"])
    processor = Idefics3Processor(
        Idefics3ImageProcessor(
            size={"longest_edge": SIDE}, max_image_size={"longest_edge": SIDE}, do_image_splitting=False
        ),
        tokenizer,
        image_seq_len=64,
        chat_template=plain_template("<image>"),
    )
    config = Idefics3Config(
        vision_config={
            "hidden_size": 768,
            "intermediate_size": 3072,
            "num_hidden_layers": 12,
            "num_attention_heads": 12,
            "image_size": SIDE,
            "patch_size": 16,
        },
        text_config=LlamaConfig(
            vocab_size=49280,
            hidden_size=576,
            intermediate_size=1536,
            num_hidden_layers=30,
            num_attention_heads=9,
            num_key_value_heads=3,
            pad_token_id=tokenizer.pad_token_id,
            tie_word_embeddings=True,
        ),
        scale_factor=4,
        image_token_id=tokenizer.convert_tokens_to_ids("<image>"),
        pad_token_id=tokenizer.pad_token_id,
        tie_word_embeddings=True,
    )
    return save(Idefics3ForConditionalGeneration, config, processor, folder)


def class_names(count: int) -> list[str]:
    """The demo's kinds first, then more words."""
    return [*KINDS, *(f"thing{i}" for i in range(count))][:count]


def pictures(count: int) -> list[Seen]:
    drawn = (render(KINDS[k % len(KINDS)], stream(99, "test", KINDS[k % len(KINDS)], 1)) for k in range(count))
    return [Seen(Image.fromarray(np.asarray(pixels))) for pixels in drawn]


def asking(model: LocalModel, asks: Sequence[Ask]) -> Cost:
    """Without loading."""
    began = perf_counter()
    said = [each for each in model.ask(asks, RunControl()) if isinstance(each, Answered)]
    seconds = perf_counter() - began - model.loading
    return Cost(len(said), sum(each.tokens for each in said), seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", choices=["demo", "smolvlm"], default=["demo", "smolvlm"])
    parser.add_argument("--classes", nargs="+", type=int, default=[10, 20, 100])
    parser.add_argument("--pictures", type=int, default=2)
    parser.add_argument("--full-passes", type=int, default=200)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--precision", default="auto")
    options = parser.parse_args()
    device = choose_device(options.device)
    print(f"{device}, {torch.get_num_threads()} CPU threads, torch {torch.__version__.split('+')[0]}")
    print("| model | K | questions | tokens, reused | tokens, full | s, reused | s, full (timed on) | times as fast |")
    print("|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as place:
        for name in options.models:
            where = "demo" if name == "demo" else str(save_smolvlm(Path(place)))
            spec = GuidanceSpec(proposer="mllm", model=where, precision=options.precision)
            asking(LocalModel(spec, device), questions(pictures(1), 10))  # warm
            for count in options.classes:
                asks = questions(pictures(options.pictures), count)
                quick = asking(LocalModel(spec, device), asks)
                some = asks[: options.full_passes]
                full = asking(LocalModel(spec, device, reuse=False), some).of(len(asks))
                print(
                    f"| {name} | {count} | {quick.questions} | {quick.tokens:,} | {full.tokens:,} | {quick.seconds:.2f}"
                    f" | {full.seconds:.1f} ({len(some)}) | {full.seconds / quick.seconds:.1f} |",
                    flush=True,
                )


def questions(shown: Sequence[Seen], count: int) -> list[Ask]:
    """About every class but one, as a run asks."""
    names = class_names(count)[1:]
    return [Ask((i, j), seen, Prompt().about(name)) for i, seen in enumerate(shown) for j, name in enumerate(names)]


if __name__ == "__main__":
    main()
