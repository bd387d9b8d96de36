"""What was found in a model's file, how the model reads pictures, and where each of it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from maga_desk.domain import architecture
from maga_desk.domain.errors import name_some
from maga_desk.domain.preprocessing import Framing, Order, Size

GUESSED = ("tried", "assumed")
"""Where something comes from that nothing says: a trial on the pictures, or what is usual."""


@dataclass(frozen=True)
class TriedInput:
    """One combination that was tried on some pictures.

    :param form: the architecture's title.
    :param pixels: how pixels were read, in words.
    :param frame: how pictures were brought to the net's size, in words.
    :param accuracy: percent read rightly, in the best order of classes where the order is not known.
    """

    form: str
    pixels: str
    frame: str
    accuracy: float


@dataclass(frozen=True)
class InputFacts:
    """How a model reads pictures; ``None`` is not known.

    :param mean: of each channel in 0..1, in the model's order of channels; ``std`` likewise.
    :param size: height and width in pixels.
    :param why: of ``normalisation``, ``order``, ``size`` and ``framing``, where it comes from: ``the spec``, ``the
        checkpoint``, ``its config``, ``tried``, ``assumed``.
    :param tried: what was tried, best first.
    """

    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    order: Order | None = None
    size: Size | None = None
    framing: Framing | None = None
    why: Mapping[str, str] = field(default_factory=dict)
    tried: tuple[TriedInput, ...] = ()

    @property
    def guessed(self) -> tuple[str, ...]:
        """What of it rests on a trial or on what is usual."""
        return tuple(key for key, why in self.why.items() if why in GUESSED)

    def rows(self) -> Iterator[tuple[str, str, str]]:
        """(what, value, where it comes from), for people."""
        values = {
            "normalisation": _normalisation(self.mean, self.std),
            "order": self.order or "",
            "size": f"{self.size[1]} × {self.size[0]}" if self.size else "any",
            "framing": self.framing.title if self.framing else "",
        }
        for key, title in _TITLES.items():
            yield title, values[key] or "not said", self.why.get(key, "")


_TITLES = {"normalisation": "Pixels", "order": "Channels", "size": "Size", "framing": "Brought to size"}


def _normalisation(mean: tuple[float, ...] | None, std: tuple[float, ...] | None) -> str:
    if mean is None or std is None:
        return ""
    return f"mean {_told(mean)}, deviation {_told(std)}"


def _told(values: tuple[float, ...]) -> str:
    return " ".join(f"{value:.4g}" for value in (values[:1] if len(set(values)) == 1 else values))


@dataclass(frozen=True)
class ModelFacts:
    """What was found in a model's file.

    :param path: of the file that was read.
    :param kind: what wrote it (``safetensors``, ``PyTorch``).
    :param place: the keys under which its weights stand; ``prefix`` was taken off their names; ``left`` stood beside.
    :param arch: the architecture's text, and why it is taken for that; ``others`` have the same tensors.
    :param outputs: how many logits it gives, ``channels`` how many channels it reads.
    :param classes: its class names, where they are known, and where they come from.
    :param averaged: the weights are an average over training steps (EMA); ``both`` kinds are in the file.
    :param score: an accuracy that the file says of itself, with its key.
    :param code: files with code beside it, which are not run.
    :param recipe: how it was trained, as far as the file, or what lies beside it, says it.
    :param not_followed: what is said of that and a retraining here would not do, in words; else empty.
    """

    path: str
    kind: str
    arch: str
    arch_why: str
    outputs: int
    channels: int
    parameters: int
    place: str = ""
    prefix: str = ""
    left: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    classes_from: str = ""
    averaged: bool = False
    both: bool = False
    score: tuple[str, float] | None = None
    code: tuple[str, ...] = ()
    recipe: str = ""
    not_followed: str = ""
    reads: InputFacts = field(default_factory=InputFacts)

    def rows(self) -> Iterator[tuple[str, str]]:
        """(what, value), for people."""
        yield "File", f"{self.path} ({self.kind})"
        if self.place or self.prefix:
            without = f", without the prefix '{self.prefix}'" if self.prefix else ""
            yield "Weights", (f"under '{self.place}'" if self.place else "at the top") + without
        if self.left:
            yield "Left aside", name_some(self.left, 3)
        yield "Architecture", f"{architecture.title(self.arch)}: {self.arch_why}"
        if self.others:
            titles = dict.fromkeys(architecture.title(each) for each in self.others)
            yield "Same tensors", name_some(list(titles), 4)
        yield "Parameters", f"{self.parameters:,}"
        names = f" ({self.classes_from}): {name_some(self.classes, 10)}" if self.classes else ", names not said"
        yield "Classes", f"{self.outputs:,} outputs{names}"
        for title, value, why in self.reads.rows():
            yield title, f"{value} ({why})" if why else value
        if self.averaged or self.both:
            yield "Average (EMA)", "beside the net itself" if self.both and not self.averaged else "this is one"
        if self.score:
            yield "Says of itself", f"{self.score[0]} {self.score[1]:g}"
        yield "Recipe", self.recipe or "not said"
        if self.not_followed:
            yield "Not followed", self.not_followed.removeprefix("Not followed: ").removesuffix(".")
        if self.code:
            yield "Code beside it", f"not run: {name_some(self.code, 3)}"

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)
