"""Choosing a net's form and its way of reading pictures: what nothing says is tried on some pictures, before all of
them are decoded.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from maga_desk.domain import architecture
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import CheckpointError
from maga_desk.domain.events import Event, Progress
from maga_desk.domain.model_facts import InputFacts, ModelFacts, TriedInput
from maga_desk.domain.pictures import ImageSet
from maga_desk.domain.pixels import Bytes, Indices
from maga_desk.domain.preprocessing import FILLS, Framing, Order, Preprocessing, Resize, Size
from maga_desk.services.class_order import Example, check_order
from maga_desk.services.fitting import THE_SPEC, FoundNet
from maga_desk.services.fitting_notes import averages, forms_tried, frames_tried, order_unsought, said, ways_tried

if TYPE_CHECKING:
    from torch import nn

    from maga_desk.data.batches import Normalisation
    from maga_desk.data.sources.reading import ListedPictures
    from maga_desk.data.sources.sampling import Frame, Sample
    from maga_desk.models.trying import Attempt

PICTURES = 256  # that a trial shows to each form and in each way
_FEWER, _LARGE = 48, 20_000_000  # pictures of which a trial of a net with that many weights shows as few
_FEWEST, _SAMPLE = 16, 512 * 2**20  # pictures however large, and bytes that all frames of them take at most
_LOOKED_AT = 8  # pictures whose size is looked at
_ORDERS: Mapping[int, Order] = {1: "L", 3: "RGB", 4: "RGBA"}
_NEARLY = 3.0  # points of accuracy within which the likelier form stays
_CROPS = (1.0, 0.875)


@dataclass(frozen=True)
class Fitted:
    """A net that reads these pictures.

    :param normalisation: ``None``: the pictures' own mean and deviation.
    :param notes: what was found, tried and chosen, a line each, for people.
    :param doubtful: lines that a person should look at.
    :param right: percent of some pictures that it reads rightly, where it was tried.
    :param reads: how it reads pictures; the mean and deviation of the pictures' own are not in it yet.
    """

    model: nn.Module
    arch: str
    order: Order
    normalisation: Normalisation | None
    size: Size
    framing: Framing
    notes: tuple[str, ...]
    doubtful: tuple[str, ...]
    reads: InputFacts
    right: float | None = None

    def facts(self, found: ModelFacts, normalisation: Normalisation | None) -> ModelFacts:
        """What was found of the net, with how it reads these pictures."""
        others = tuple(each for each in (found.arch, *found.others) if each != self.arch)
        why = found.arch_why if found.arch == self.arch else "it reads the pictures best"
        mean, std = (normalisation.mean, normalisation.std) if normalisation else (None, None)
        reads = replace(self.reads, mean=mean, std=std)
        return replace(found, arch=self.arch, arch_why=why, others=others, reads=reads)


def fit(
    found: FoundNet, listed: ListedPictures, images: ImageSet, control: RunControl, *, always: bool = False
) -> Generator[Event, None, Fitted]:
    """Choose the form of a net and its way of reading pictures, by a trial where the file does not say them.

    :param images: the listed pictures, labelled in the model's order of classes.
    :param always: try it on some pictures even where all is said, to see how well it reads them.
    :raises CheckpointError: the net takes no pictures of this size, or its outputs stand in another order than the
        classes.
    :raises DataError: no size is given, and none of the first pictures can be read.
    :raises Cancelled: between two tries.
    """
    setting = _Setting.of(found, listed)
    forms = list(found.forms)
    model = found.build(forms[0])
    _check_size(model, setting.size, found)
    order = _order(found)
    notes, doubtful = said(found), averages(found)
    frames = setting.frames(model) if not found.contents.ours else [setting.first]
    known = _known(found, order)
    either = order == "RGB" and found.shown.order is None and not found.contents.ours
    told = found.contents.ours or (known is not None and len(forms) == 1 and len(frames) == 1 and not either)
    if told and not always:
        reads = setting.facts(known, order, setting.first)
        return Fitted(model, forms[0], order, known, setting.size, setting.first.framing, notes, doubtful, reads)
    tried, sample = yield from _tried(found, listed, images, order, known, frames, either, control)
    best = _likeliest(tried, forms, frames)
    if not found.info.classes:
        labels = images.train.labels[sample.positions]
        example = _example(next(iter(sample.frames.values())), labels)
        check_order(images.classes, found.classes, best.reading, example, str(found.contents.path))
    if best.form != forms[0]:
        model = found.build(best.form)
    frame: Any = best.frame
    own = known is None and best.way.title.startswith(OWN)
    normalisation = None if own else _normalisation(best.way)
    notes += forms_tried(tried, best, forms)
    doubtful += () if known is not None else ways_tried(tried, best)
    doubtful += frames_tried(tried, best) + order_unsought(found)
    reads = replace(setting.facts(normalisation, best.way.order, frame), tried=tuple(_rows(tried)))
    why = {**reads.why, **({} if known is not None else {"normalisation": "tried"})}
    if len({each.frame for each in tried}) > 1:
        why["framing"] = "tried"
    if either:
        why["order"] = "tried"
    return Fitted(
        model, best.form, best.way.order, normalisation, frame.size, frame.framing, notes, doubtful,
        replace(reads, why=why), best.right,
    )  # fmt: skip


OWN = "the pictures' own"


@dataclass(frozen=True)
class _Setting:
    """What is known of the pictures' size and framing before anything is tried.

    :param sizes: heights and widths of some pictures as their source has them; none where it brings pixels.
    :param said: whether anything says the size.
    """

    found: FoundNet
    listed: ListedPictures
    size: Size
    sizes: Sequence[Size]
    said: bool

    @classmethod
    def of(cls, found: FoundNet, listed: ListedPictures) -> _Setting:
        """:raises DataError: the source brings another size than is asked for; or no size is given, and none of the
        first pictures can be read.
        """
        from maga_desk.data.sources.decoding import default_size
        from maga_desk.data.sources.reading import check_size
        from maga_desk.data.sources.sampling import sizes_of

        train = listed.contents.train
        check_size(train, listed.size)
        if train.pixels is not None:
            return cls(found, listed, train.pixels.size, (), True)
        size = listed.size or default_size(train, listed.spec)
        some = np.unique(np.linspace(0, max(0, len(train.names) - 1), _LOOKED_AT).astype(np.int64))
        sizes = () if found.contents.ours else sizes_of(train, some)
        return cls(found, listed, size, sizes, listed.size is not None)

    @property
    def first(self) -> Frame:
        from maga_desk.data.sources.sampling import Frame

        return Frame(self.listed.framing, self.size)

    def frames(self, model: nn.Module) -> list[Frame]:
        """The framings that may be, the likeliest first: a single one where all is said, or where the pictures have the
        net's size already.
        """
        from maga_desk.data.sources.sampling import Frame

        first = self.first
        if all(size == self.size for size in self.sizes):
            return [first]
        frames = [Frame(framing, self.size) for framing in self._framings()]
        whole = set(self.sizes)
        if not self.said and len(whole) == 1:  # of a net that takes any size: the pictures as they are
            only = next(iter(whole))
            if only[0] != only[1] and max(only) <= _AS_THEY_ARE and _takes(model, self.found, only):
                frames.insert(1, Frame(Framing(), only))
        return list(dict.fromkeys([first, *frames]))

    def _framings(self) -> Iterator[Framing]:
        """Those that go with what the spec, the file or its config say."""
        said, spec = self.found.shown, self.listed.spec
        known = Preprocessing(None, None, None, spec.resize, spec.crop, spec.interpolation, None, spec.fill) | said
        if known.resize is not None and known.crop is None:
            known = replace(known, crop=1.0)
        for interpolation in _either(known.interpolation, ("bilinear", "bicubic")):
            for resize in _either(known.resize, get_args(Resize)):
                crops = (known.crop,) if known.crop is not None else _CROPS if resize == "cover" else (1.0,)
                fills = _either(known.fill, FILLS) if resize == "pad" else FILLS[:1]
                yield from (Framing(resize, crop, interpolation, fill) for crop in crops for fill in fills)

    def facts(self, normalisation: Normalisation | None, order: Order, frame: Frame) -> InputFacts:
        """How the net reads pictures, and where that comes from, without a trial."""
        said, spec = self.found.facts.reads, self.listed.spec
        why = {"normalisation": "assumed", "order": "assumed", "size": "assumed", "framing": "assumed", **said.why}
        if spec.size is not None:
            why["size"] = THE_SPEC
        elif frame.size in self.sizes or not self.listed.size:
            why["size"] = "the pictures"
        if spec.resize or spec.crop or spec.interpolation or spec.fill:
            why["framing"] = THE_SPEC
        elif self.listed.contents.train.pixels is not None or (
            self.sizes and all(size == frame.size for size in self.sizes)
        ):
            why["framing"] = "the pictures have this size"
        elif self.found.contents.ours:
            why["framing"] = "the checkpoint"
        if self.found.contents.ours or order != "RGB":
            why["order"] = said.why.get("order", "the checkpoint" if self.found.contents.ours else "the architecture")
        mean, std = (normalisation.mean, normalisation.std) if normalisation else (None, None)
        return InputFacts(mean, std, order, frame.size, frame.framing, why)


_AS_THEY_ARE = 512  # pixels of a side, above which pictures are not shown to a net as they are


def _either(known: Any, usual: Sequence[Any]) -> Sequence[Any]:
    return usual if known is None else (known,)


def _order(found: FoundNet) -> Order:
    """The channels that the net reads, as they are said or follow from their number.

    :raises CheckpointError: no picture has so many, or another number is said.
    """
    channels, said = found.facts.channels, found.shown.order
    usual = _ORDERS.get(channels)
    where = str(found.contents.path)
    if usual is None:
        raise CheckpointError(f"reads pictures of {channels} channels, which no picture here has", where=where)
    if said is None or len(said) == channels:
        return said or usual
    if found.facts.reads.why.get("order") == THE_SPEC:
        todo = f"say {usual}, or leave it out"
        raise CheckpointError(f"reads {channels} channels, not {said}", where=where, todo=f"[model] order: {todo}")
    return usual


def _known(found: FoundNet, order: Order) -> Normalisation | None:
    from maga_desk.data.batches import Normalisation

    mean, std = found.shown.mean, found.shown.std
    return None if mean is None or std is None else Normalisation(mean, std, order)


def _normalisation(way: Any) -> Normalisation:
    from maga_desk.data.batches import Normalisation

    return Normalisation(way.mean, way.std, way.order)


def _tried(
    found: FoundNet,
    listed: ListedPictures,
    images: ImageSet,
    order: Order,
    known: Normalisation | None,
    frames: Sequence[Frame],
    either: bool,
    control: RunControl,
) -> Generator[Event, None, tuple[list[Attempt], Sample]]:
    import torch

    from maga_desk.data.batches import ordered
    from maga_desk.data.sources.sampling import sampled
    from maga_desk.models.trying import Manner, Tryout, manners, sample

    yield Progress("Trying forms of the net, and ways of reading pictures", 0, 0)
    large = sum(tensor.numel() for tensor in found.net.state.values()) > _LARGE
    each = sum(3 * math.prod(frame.size) for frame in frames)
    count = min(_FEWER if large else PICTURES, max(_FEWEST, _SAMPLE // each))
    chosen = sample(images.train.labels, count)
    shown: Sample = sampled(listed.contents.train, chosen, frames, control.checkpoint)
    if not len(shown.positions):
        raise CheckpointError(
            "cannot be tried: none of the pictures that were taken for it can be read", where=str(found.contents.path)
        )
    pixels = {frame: torch.from_numpy(ordered(array, order)) for frame, array in shown.frames.items()}
    if known is not None:
        ways = [Manner("as it is said", known.mean, known.std, order)]
    else:
        ways = manners(order, _own(next(iter(pixels.values()))))
    builders: dict[str, Callable[[], nn.Module]] = {
        form: lambda form=form: found.build(form)  # type: ignore[misc]
        for form in found.forms
    }
    tryout = Tryout(
        builders,
        pixels,
        images.train.labels[shown.positions],
        len(images.classes),
        ways,
        either_order=either,
        by_order=bool(found.info.classes),
        between=control.checkpoint,
    )
    return tryout.attempts(), shown


def _example(pixels: Bytes, labels: Indices) -> Example:
    """The first picture of a class among some."""

    def of(label: int) -> Bytes | None:
        places = np.flatnonzero(labels == label)
        return pixels[places[0]] if len(places) else None

    return of


def _own(pixels: Any) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and deviation of ``(n, C, H, W) uint8`` in 0..1."""
    values = pixels.float() / 255
    mean, std = values.mean(dim=(0, 2, 3)), values.std(dim=(0, 2, 3), unbiased=False).clamp(min=1e-3)
    return tuple(mean.tolist()), tuple(std.tolist())


def _likeliest(tried: Sequence[Attempt], forms: Sequence[str], frames: Sequence[Frame]) -> Attempt:
    """The best, but an earlier form of the list, the likelier framing or the usual order of channels where it is nearly
    as good: figures of a few pictures are rough.
    """
    near = [each for each in tried if each.right >= tried[0].right - _NEARLY]
    way = next((each.way for each in near if each.way.order != "BGR"), tried[0].way)
    sure = max(_NEARLY, 2 * tried[0].reading.error)  # forms that chance alone may tell apart
    form = min((each.form for each in tried if each.right >= tried[0].right - sure), key=forms.index)
    alike = [each for each in near if each.way == way and each.form == form]
    return min(alike or [each for each in tried if each.form == form], key=lambda each: frames.index(each.frame))


def _rows(tried: Sequence[Attempt]) -> Iterator[TriedInput]:
    for each in tried:
        frame: Any = each.frame
        yield TriedInput(architecture.title(each.form), each.way.title, frame.title, each.right)


def _takes(model: nn.Module, found: FoundNet, size: Size) -> bool:
    import torch

    from maga_desk.models.footprint import footprint
    from maga_desk.models.inference import evaluating

    shape = (found.facts.channels, *size)
    if footprint(model, shape) is not None:
        return True
    try:
        with evaluating(model):
            model(torch.zeros(2, *shape))
    except (RuntimeError, AssertionError, ValueError, IndexError):
        return False
    return True


def _check_size(model: nn.Module, size: Size, found: FoundNet) -> None:
    """:raises CheckpointError: pictures of this size are too small for the net, or not of its own size."""
    if _takes(model, found, size):
        return
    sides = (64, 96, 128, 160, 192, 224, 299, 384)
    larger = next((side for side in sides if _takes(model, found, (side, side))), None)
    raise CheckpointError(
        f"takes no pictures of {size[1]} x {size[0]} pixels",
        where=str(found.contents.path),
        todo="give the size that it was trained with" if larger is None else f"set [data] size, {larger} for instance",
    )
