"""The demo's own MLLM: a LLaVA of about a million weights that knows the demo world's kinds and nothing else.

Built from transformers' own classes and saved in its own format, so that it is loaded by the same code as any other
model. Trained from scratch on drawn pictures: first the vision tower to tell the kinds apart, then the whole model to
answer True when the picture and the named kind belong to one family. The pictures have a seed of their own: every
picture of the demo itself is held out.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from maga_desk.data.demo_world.kinds import FAMILIES, FAMILY_OF, KINDS
from maga_desk.data.demo_world.world import SIDE, render, stream
from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Event, Progress, Scalars
from maga_desk.domain.specs.prompt import PLACE, QUESTION
from maga_desk.guidance.askers.mllm import Reader
from maga_desk.guidance.askers.model_files import ModelFiles

PATCH = 8
NAMES = (*KINDS, *FAMILIES)
"""What a question may name: a kind, or a family (the classes of the demo's second classifier)."""
WORDINGS = (
    QUESTION,
    "Does this picture share visual features with a {class}? True or False.",
    "Is what this image shows similar to a {class}? Answer True or False.",
    "Could what is shown here be mistaken for a {class}? Answer with True or False.",
)
"""The first is the standard question; the others keep the toy from depending on one wording."""

_TEMPLATE = (
    "{% for message in messages %}{{ message['role'] + ' : ' }}"
    "{% if message['content'] is string %}{{ message['content'] }}{% else %}{% for part in message['content'] %}"
    "{% if part['type'] in ('image', 'image_url') %}{{ '<image> ' }}"
    "{% elif part['type'] == 'text' %}{{ part['text'] }}{% endif %}{% endfor %}{% endif %}{{ '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ 'assistant :' }}{% endif %}"
)
_FAMILY = np.array([list(FAMILIES).index(FAMILY_OF.get(name, name)) for name in NAMES])  # of every name
_SHARPNESS = 12.0  # what multiplies a cosine before the softmax
_JUDGED = 10  # pictures of each kind
_SPECIAL = ("[PAD]", "[UNK]", "[BOS]", "[EOS]", "<image>")


@dataclass(frozen=True)
class ToyRecipe:
    """How the toy is trained; pictures are ``per_kind`` of each kind."""

    per_kind: int = 1500
    vision_steps: int = 4500
    steps: int = 1500
    vision_batch: int = 128
    batch: int = 48
    questions: int = 6
    lr: float = 1e-3
    answer_lr: float = 1e-3
    seed: int = 20260101


def train_toy(recipe: ToyRecipe, folder: Path, control: RunControl) -> Generator[Event, None, dict[str, Any]]:
    """Draw, train, save; returns the figures on held-out pictures.

    :param folder: gets ``config.json``, ``model.safetensors``, tokenizer, processor and ``training.json``.
    :raises Cancelled: in between.
    """
    torch.manual_seed(recipe.seed)
    images = yield from _pictures(recipe.per_kind, recipe.seed, control)
    processor, model = build_toy()
    names = torch.tensor(processor.tokenizer.convert_tokens_to_ids(list(NAMES)))
    yield from _learn_to_see(model, names, images, recipe, control)
    yield from _learn_to_answer(model, processor, images, recipe, control)
    model.eval()
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    figures: dict[str, Any] = {
        "knows": "the demo world's 20 kinds, and nothing else",
        "weights": sum(weight.numel() for weight in model.parameters()),
        "recipe": vars(recipe) | {},
        "wordings": list(WORDINGS),
        "torch": torch.__version__.split("+")[0],
        "auc": (yield from _judged(folder, recipe, control)),
    }
    (folder / "training.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return figures


def build_toy() -> tuple[Any, Any]:
    """The processor and the model with fresh weights."""
    from transformers import (
        CLIPImageProcessor,
        CLIPVisionConfig,
        LlamaConfig,
        LlavaConfig,
        LlavaForConditionalGeneration,
        LlavaProcessor,
        PreTrainedTokenizerFast,
    )

    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=_word_tokenizer(),
        pad_token="[PAD]",
        unk_token="[UNK]",
        bos_token="[BOS]",
        eos_token="[EOS]",
        additional_special_tokens=["<image>"],
        chat_template=_TEMPLATE,
    )
    side = {"height": SIDE, "width": SIDE}
    image_processor = CLIPImageProcessor(
        size=side, crop_size=side, do_center_crop=False, image_mean=[0.5] * 3, image_std=[0.25] * 3
    )
    processor = LlavaProcessor(
        image_processor=image_processor,
        tokenizer=tokenizer,
        patch_size=PATCH,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=_TEMPLATE,
    )
    config = LlavaConfig(
        vision_config=CLIPVisionConfig(
            image_size=SIDE,
            patch_size=PATCH,
            hidden_size=128,
            intermediate_size=320,
            num_hidden_layers=4,
            num_attention_heads=4,
        ),
        text_config=LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=128,
            intermediate_size=256,
            num_hidden_layers=3,
            num_attention_heads=4,
            num_key_value_heads=4,
            max_position_embeddings=512,
            pad_token_id=tokenizer.pad_token_id,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            tie_word_embeddings=True,
        ),
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
        vision_feature_layer=-1,
        vision_feature_select_strategy="default",
        image_seq_length=(SIDE // PATCH) ** 2,
        tie_word_embeddings=True,
    )
    return processor, LlavaForConditionalGeneration(config)


def _word_tokenizer() -> Any:
    """One token a word, lower case; punctuation apart."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers

    words = {"user", "assistant", "system", ":", ".", ",", "?", "!", "true", "false", "yes", "no", "a", "an", "the"}
    for wording in WORDINGS:
        words |= set(wording.replace(PLACE, " ").replace("?", " ? ").replace(".", " . ").lower().split())
    words |= set(KINDS) | set(FAMILY_OF.values())
    vocabulary = {word: i for i, word in enumerate([*_SPECIAL, *sorted(words)])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.decoder = decoders.WordPiece(prefix="##")
    return tokenizer


def _pictures(per_kind: int, seed: int, control: RunControl) -> Generator[Event, None, NDArray[np.uint8]]:
    """``(20, per_kind, 3, 32, 32) uint8``, drawn from streams that the demo does not use."""
    images = np.empty((len(KINDS), per_kind, 3, SIDE, SIDE), dtype=np.uint8)
    for number in range(per_kind):
        if number % 50 == 0:
            control.checkpoint()
            yield Progress("Drawing pictures", number, per_kind)
        for k, kind in enumerate(KINDS):
            images[k, number] = render(kind, stream(seed, "train", kind, number + 1)).transpose(2, 0, 1)
    return images


def _learn_to_see(
    model: Any, names: Tensor, images: NDArray[np.uint8], recipe: ToyRecipe, control: RunControl
) -> Iterator[Event]:
    """Train the vision tower: features are pulled to the embeddings of the kind's and the family's names.

    :param names: ``(25,) int64`` the tokens of ``NAMES``.
    """
    inner = model.model
    words = model.get_input_embeddings()
    parts = (inner.vision_tower, inner.multi_modal_projector, words)
    step = _Steps([weight for part in parts for weight in part.parameters()], recipe.lr, recipe.vision_steps)
    rng = np.random.default_rng([recipe.seed, 1])
    family = torch.from_numpy(_FAMILY)
    model.train()
    for number in range(recipe.vision_steps):
        control.checkpoint()
        kinds = rng.integers(len(KINDS), size=recipe.vision_batch)
        vision = _vision(inner, _drawn(images, kinds, rng)).mean(dim=1)
        likeness = _SHARPNESS * F.normalize(vision, dim=1) @ F.normalize(words(names), dim=1).T
        truth = torch.from_numpy(kinds)
        related = (family[truth][:, None] == family).float()
        by_kind = F.cross_entropy(likeness[:, : len(KINDS)], truth, label_smoothing=0.05)
        by_family = -(likeness.softmax(dim=1) * related).sum(dim=1).clamp_min(1e-6).log().mean()
        step(by_kind + by_family)
        if number % 50 == 0:
            yield Progress("Learning to see", number, recipe.vision_steps)
            yield Scalars(number, {"kind": by_kind.item(), "family": by_family.item()})


def _learn_to_answer(
    model: Any, processor: Any, images: NDArray[np.uint8], recipe: ToyRecipe, control: RunControl
) -> Iterator[Event]:
    """Cross-entropy of the one token that follows the question, over the vocabulary; the vision tower is frozen."""
    prompts = [_tokens(processor, wording) for wording in WORDINGS]
    answers = torch.tensor(processor.tokenizer.convert_tokens_to_ids(["false", "true"]))
    model.model.vision_tower.requires_grad_(False)
    step = _Steps([weight for weight in model.parameters() if weight.requires_grad], recipe.answer_lr, recipe.steps)
    rng = np.random.default_rng([recipe.seed, 2])
    embed = model.get_input_embeddings()
    image_token = model.config.image_token_index
    for number in range(recipe.steps):
        control.checkpoint()
        kinds = rng.integers(len(KINDS), size=recipe.batch)
        # half of the questions name one of the same family
        same = rng.random((recipe.batch, recipe.questions)) < 0.5
        asked = np.where(same, _relative(kinds, rng, recipe.questions), rng.integers(len(NAMES), size=same.shape))
        truth = torch.from_numpy((_FAMILY[asked] == _FAMILY[kinds][:, None]).astype(np.int64)).flatten()
        ids = prompts[0 if rng.random() < 0.5 else int(rng.integers(len(prompts)))]
        tokens = torch.stack([ids[j] for j in asked.flatten()])
        vision = _vision(model.model, _drawn(images, kinds, rng)).repeat_interleave(recipe.questions, dim=0)
        states = embed(tokens)
        places = (tokens == image_token).unsqueeze(-1).expand_as(states)
        states = states.masked_scatter(places, vision)
        last = model.model.language_model(inputs_embeds=states, use_cache=False).last_hidden_state[:, -1]
        loss = F.cross_entropy(model.lm_head(last), answers[truth])
        step(loss)
        if number % 50 == 0:
            yield Progress("Learning to answer", number, recipe.steps)
            yield Scalars(number, {"loss": loss.item()})


def _judged(folder: Path, recipe: ToyRecipe, control: RunControl) -> Generator[Event, None, float]:
    """AUC of same-family against other-family questions about kinds, on pictures of another seed, loaded anew."""
    from sklearn.metrics import roc_auc_score

    files = ModelFiles("the trained toy", folder, "")
    reader = Reader.load(files, torch.device("cpu"), "float32")
    truth, answers = [], []
    for k, kind in enumerate(KINDS):
        yield Progress("Judging", k, len(KINDS))
        for number in range(_JUDGED):
            pixels = render(kind, stream(recipe.seed + 1, "test", kind, number + 1))
            others = [name for name in KINDS if name != kind]
            questions = [QUESTION.replace(PLACE, name) for name in others]
            found = sorted(reader.together(Image.fromarray(pixels), questions, len(questions), control))
            answers += [p_true for _, p_true, _ in found]
            truth += [FAMILY_OF[name] == FAMILY_OF[kind] for name in others]
    return float(roc_auc_score(truth, answers))


class _Steps:
    """AdamW with a one-cycle schedule and clipped gradients."""

    def __init__(self, weights: list[Any], lr: float, steps: int) -> None:
        self._weights = weights
        self._optimizer = torch.optim.AdamW(weights, lr=lr, weight_decay=0.05, betas=(0.9, 0.98))
        self._schedule = torch.optim.lr_scheduler.OneCycleLR(self._optimizer, lr, total_steps=steps, pct_start=0.1)

    def __call__(self, loss: Tensor) -> None:
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self._weights, 1.0)
        self._optimizer.step()
        self._schedule.step()


def _drawn(images: NDArray[np.uint8], kinds: NDArray[np.int64], rng: np.random.Generator) -> Tensor:
    """``(B, 3, 32, 32) float32`` pictures of these kinds, shifted and flipped, normalised as the processor does."""
    chosen = images[kinds, rng.integers(images.shape[1], size=len(kinds))]
    dy, dx = rng.integers(-2, 3, size=2)
    chosen = np.roll(chosen, (dy, dx), axis=(2, 3))
    if rng.random() < 0.5:
        chosen = chosen[:, :, :, ::-1]
    return (torch.from_numpy(np.ascontiguousarray(chosen)).float() / 255 - 0.5) / 0.25


def _vision(inner: Any, pictures: Tensor) -> Tensor:
    """``(B, 16, 128)`` the features of each picture, as the language model gets them."""
    features = inner.vision_tower(pictures, output_hidden_states=True).hidden_states[-1]
    projected: Tensor = inner.multi_modal_projector(features[:, 1:])
    return projected


def _tokens(processor: Any, wording: str) -> list[Tensor]:
    """The prompt's token ids for each name, with places for the picture: all of one length, as a name is one token."""
    found = []
    blank = np.zeros((SIDE, SIDE, 3), dtype=np.uint8)
    for name in NAMES:
        text = wording.replace(PLACE, name)
        message = {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": text}]}
        chat = processor.apply_chat_template([message], add_generation_prompt=True)
        found.append(processor(text=chat, images=[blank], return_tensors="pt")["input_ids"][0])
    return found


def _relative(kinds: NDArray[np.int64], rng: np.random.Generator, count: int) -> NDArray[np.int64]:
    """``(B, count)`` random names of each kind's family."""
    members = [np.flatnonzero(family == _FAMILY) for family in range(len(FAMILIES))]
    return np.stack([rng.choice(members[_FAMILY[kind]], size=count) for kind in kinds])
