"""Asking a local multimodal model, with the picture and the shared words passed once for all candidate classes.

One forward pass answers a question: the probability of True over True and False as the next token. Questions about a
picture differ only in their endings. The beginning, with the picture in it, is passed once; its key-value cache is
copied for batches of endings. The first picture is asked both ways; where the answers differ, the model's cache cannot
be reused, and each question is a full pass.
"""

from __future__ import annotations

import copy
import inspect
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import GuidanceError
from maga_desk.domain.events import Message, Progress
from maga_desk.domain.specs.guidance import GuidanceSpec
from maga_desk.guidance.askers.asker import Answered, Ask
from maga_desk.guidance.askers.model_files import ModelFiles, choose_precision, find_model, load, load_processor

_AGREE = {torch.float32: 1e-3}  # how far both ways may differ in P(True); formats of 16 bits and fewer get more
_AGREE_COARSE = 0.06
_CHECKED = 3  # questions about the first picture that are asked both ways


class LocalModel:
    """An :class:`~maga_desk.guidance.askers.asker.Asker` over any image-text-to-text model of transformers.

    :param reuse: pass what questions share once; without it every question is a full pass.
    :raises GuidanceError: the model is not there, cannot see pictures, or does not fit into the memory.
    """

    def __init__(self, guidance: GuidanceSpec, device: torch.device, *, reuse: bool = True) -> None:
        self._files: ModelFiles = find_model(guidance.model, guidance.revision)
        check_sees(self._files)
        self._precision = choose_precision(guidance.precision, self._files, device)
        self._device, self._batch, self._reuse = device, guidance.batch, reuse
        self.model = self._files.name
        self.revision = self._files.revision
        if self._precision != "float32":
            self.revision += f"+{self._precision}"
        self.loading = 0.0

    def ask(self, asks: Iterable[Ask], control: RunControl) -> Iterator[Answered | Message | Progress]:
        yield Progress(f"Loading {self.model}", 0, 0)
        began = time.perf_counter()
        reader = Reader.load(self._files, self._device, self._precision)
        self.loading = time.perf_counter() - began
        reuse, checked = self._reuse, not self._reuse
        for _, mine in groupby(asks, key=lambda ask: id(ask.picture)):
            group = list(mine)
            picture, questions = group[0].picture.open(), [ask.question for ask in group]
            if not checked and len(group) > 1:
                checked, reuse = True, reader.agrees(picture, questions)
                if not reuse:
                    yield Message(f"{self.model}: what questions share cannot be reused; each is asked in full")
            answers = (
                reader.together(picture, questions, self._batch, control)
                if reuse
                else reader.one_by_one(picture, questions, control)
            )
            for number, p_true, tokens in answers:
                yield Answered(group[number].place, p_true, tokens)


def check_sees(files: ModelFiles) -> None:
    """:raises GuidanceError: the model is of another class than image-text-to-text."""
    from transformers import AutoModelForImageTextToText

    config = files.config()
    known = AutoModelForImageTextToText._model_mapping.keys()
    if type(config) not in known:
        name = (getattr(config, "architectures", None) or [config.model_type])[0]
        raise GuidanceError(
            f"{name} cannot be asked about pictures", where=files.name, todo="take an image-text-to-text model"
        )


@dataclass(frozen=True)
class TrueFalse:
    """The tokens that stand for both answers.

    :param lead: tokens that both begin with, passed along with the question.
    :param true: ids of which any as the next token means True; likewise ``false``.
    """

    lead: tuple[int, ...]
    true: tuple[int, ...]
    false: tuple[int, ...]

    @classmethod
    def of(cls, tokenizer: Any) -> TrueFalse:
        """Found by writing both words, with and without a space before them.

        :raises GuidanceError: the tokenizer writes both alike.
        """
        found: dict[tuple[int, ...], tuple[set[int], set[int]]] = {}
        for space in ("", " "):
            words = [tokenizer(space + word, add_special_tokens=False)["input_ids"] for word in ("True", "False")]
            shared = _shared(words)
            if shared < min(map(len, words)):
                true, false = found.setdefault(tuple(words[0][:shared]), (set(), set()))
                true.add(words[0][shared])
                false.add(words[1][shared])
        for lead in sorted(found, key=len):
            true, false = found[lead]
            if not true & false:
                return cls(lead, tuple(sorted(true)), tuple(sorted(false)))
        raise GuidanceError("the model's tokenizer writes True and False alike")

    def probability(self, logits: Tensor) -> Tensor:
        """``(B,) float32`` P(True) over both, from next-token logits ``(B, V)``."""
        logits = logits.float()
        true = logits[:, list(self.true)].logsumexp(dim=1)
        return torch.sigmoid(true - logits[:, list(self.false)].logsumexp(dim=1))


class Reader:
    """A loaded model with its processor."""

    def __init__(self, model: Any, processor: Any) -> None:
        self.model, self.processor = model, processor
        self.tokenizer = getattr(processor, "tokenizer", processor)
        self.answers = TrueFalse.of(self.tokenizer)
        self._lead = torch.tensor([self.answers.lead], dtype=torch.long)
        self._special = sorted({str(token) for token in self.tokenizer.all_special_tokens if len(str(token)) > 1})
        takes = inspect.signature(model.forward).parameters
        self._keeps = "logits_to_keep" in takes
        self._cache = "cache" if "cache" in takes else "past_key_values"  # the name changed in transformers 5.24

    @classmethod
    def load(cls, files: ModelFiles, device: torch.device, precision: Any) -> Reader:
        """:raises GuidanceError: the files do not make a whole model."""
        from transformers import AutoModelForImageTextToText

        processor = load_processor(files)
        if not hasattr(processor, "image_processor"):
            raise GuidanceError("the model's processor takes no pictures", where=files.name)
        return cls(load(AutoModelForImageTextToText, files, device, precision), processor)

    def chat(self, question: str) -> str:
        """The whole prompt as the model's own template writes it; special tokens in the question are broken up."""
        for token in self._special:
            question = question.replace(token, f"{token[0]} {token[1:]}")
        content = [{"type": "image"}, {"type": "text", "text": question}]
        if not getattr(self.processor, "chat_template", None):
            mark = getattr(self.processor, "image_token", None) or "<image>"
            return f"{mark}\n{question}\nAnswer:"
        messages = [{"role": "user", "content": content}]
        return str(self.processor.apply_chat_template(messages, add_generation_prompt=True, tokenize=False))

    def agrees(self, picture: Image.Image, questions: Sequence[str]) -> bool:
        """Whether reusing what questions share gives the answers of full passes."""
        some = list(questions[:: max(1, len(questions) // _CHECKED)][:_CHECKED])
        some = some if len(some) > 1 else list(questions[:2])
        try:
            quick = [p for _, p, _ in sorted(self.together(picture, some, len(some), RunControl()))]
        except Exception:  # any model may be asked here: whatever fails, full passes remain
            return False
        full = [p for _, p, _ in self.one_by_one(picture, some, RunControl())]
        allowed = _AGREE.get(self.model.dtype, _AGREE_COARSE)
        return all(abs(a - b) <= allowed for a, b in zip(quick, full, strict=True))

    @torch.inference_mode()
    def one_by_one(
        self, picture: Image.Image, questions: Sequence[str], control: RunControl
    ) -> Iterator[tuple[int, float, int]]:
        """(number, P(True), tokens) of each question, a full pass each."""
        for number, question in enumerate(questions):
            control.checkpoint()
            inputs = self._with_lead(self._inputs(picture, self.chat(question)))
            logits = self.model(**inputs, **self._keep(inputs["input_ids"].shape[1] - 1)).logits[:, -1]
            yield number, float(self.answers.probability(logits)), int(inputs["input_ids"].shape[1])

    @torch.inference_mode()
    def together(
        self, picture: Image.Image, questions: Sequence[str], batch: int, control: RunControl
    ) -> Iterator[tuple[int, float, int]]:
        """The same with the shared beginning passed once; in order of length.

        :raises ValueError: the processor writes the prompt in a way that cannot be split.
        """
        chats = [self.chat(question) for question in questions]
        ids = [self._written(chat) for chat in chats]
        shared = min(_shared(ids), min(map(len, ids)) - 1)
        control.checkpoint()
        inputs = self._inputs(picture, chats[0])
        whole = inputs["input_ids"][0].tolist()
        ending = len(ids[0]) - shared
        prefix = len(whole) - ending
        if whole[prefix:] != ids[0][shared:] or prefix < 1:
            raise ValueError("the processor changes the prompt's ending")
        first = {
            name: value[:, :prefix] if torch.is_tensor(value) and value.shape[:2] == (1, len(whole)) else value
            for name, value in inputs.items()
        }
        cache = getattr(self.model(**first, use_cache=True, **self._keep(prefix - 1)), self._cache)
        lead = list(self.answers.lead)
        endings = [(number, row[shared:] + lead) for number, row in enumerate(ids)]
        endings.sort(key=lambda each: len(each[1]))
        counted = prefix
        for start in range(0, len(endings), batch):
            control.checkpoint()
            lot = endings[start : start + batch]
            for (number, ending_ids), p_true in zip(lot, self._finish(cache, prefix, lot), strict=True):
                yield number, p_true, len(ending_ids) + counted
                counted = 0

    def _finish(self, cache: Any, prefix: int, lot: Sequence[tuple[int, list[int]]]) -> list[float]:
        """P(True) after each ending, all on copies of the beginning's cache."""
        lengths = [len(ids) for _, ids in lot]
        widest = max(lengths)
        pad = self.tokenizer.pad_token_id or 0
        device = self.model.device
        tokens = torch.tensor([ids + [pad] * (widest - len(ids)) for _, ids in lot], device=device)
        mask = torch.ones(len(lot), prefix + widest, dtype=torch.long, device=device)
        for row, length in enumerate(lengths):
            mask[row, prefix + length :] = 0
        copied = copy.deepcopy(cache)
        if len(lot) > 1:
            copied.batch_repeat_interleave(len(lot))
        last = torch.tensor(lengths, device=device) - 1
        kept, where = torch.unique(last, return_inverse=True)
        options: dict[str, Any] = {self._cache: copied} | ({"logits_to_keep": kept} if self._keeps else {})
        where = where if self._keeps else last
        options |= self._positions(prefix, tokens)
        logits = self.model(input_ids=tokens, attention_mask=mask, use_cache=True, **options).logits
        chosen = logits[torch.arange(len(lot), device=device), where]
        found: list[float] = self.answers.probability(chosen).tolist()
        return found

    def _positions(self, prefix: int, tokens: Tensor) -> dict[str, Any]:
        """Where the endings stand, for models such as Qwen-VL, whose positions do not count tokens.

        A picture's tokens lie on a grid there; ``rope_deltas`` says how far the text after it is moved.
        """
        found = (getattr(part, "rope_deltas", None) for part in self.model.modules())
        deltas = next((each for each in found if torch.is_tensor(each)), None)
        if deltas is None:
            return {}
        count, length = tokens.shape
        places = torch.arange(prefix, prefix + length, device=tokens.device) + deltas.flatten()[0].to(tokens.device)
        return {"position_ids": places.expand(3, count, length)}

    def _keep(self, position: int) -> dict[str, Any]:
        return {"logits_to_keep": torch.tensor([position], device=self.model.device)} if self._keeps else {}

    def _inputs(self, picture: Image.Image, chat: str) -> dict[str, Any]:
        inputs = self.processor(
            text=[chat], images=[picture], return_tensors="pt", add_special_tokens=self._adds_special(chat)
        )
        return {
            name: _to(value, self.model.device, self.model.dtype) if torch.is_tensor(value) else value
            for name, value in inputs.items()
        }

    def _with_lead(self, inputs: dict[str, Any]) -> dict[str, Any]:
        lead = self._lead.to(self.model.device)
        if not lead.numel():
            return inputs
        length = inputs["input_ids"].shape[1]
        more = {"input_ids": lead, "attention_mask": torch.ones_like(lead)}
        return {
            name: torch.cat([value, more.get(name, torch.zeros_like(lead))], dim=1)
            if torch.is_tensor(value) and value.shape == (1, length)
            else value
            for name, value in inputs.items()
        }

    def _written(self, chat: str) -> list[int]:
        ids: list[int] = self.tokenizer(chat, add_special_tokens=self._adds_special(chat))["input_ids"]
        return ids

    def _adds_special(self, chat: str) -> bool:
        begin = self.tokenizer.bos_token
        return not (begin and chat.startswith(begin))


def _to(value: Tensor, device: torch.device, dtype: torch.dtype) -> Tensor:
    return value.to(device, dtype) if value.is_floating_point() else value.to(device)


def _shared(rows: Sequence[Sequence[int]]) -> int:
    """How many tokens all rows begin with."""
    count = 0
    for column in zip(*rows, strict=False):
        if len(set(column)) > 1:
            break
        count += 1
    return count
