"""Which net a checkpoint holds, and how it reads pictures: what the file says, what its tensors say, and a trial."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from maga_desk.domain import architecture
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import CheckpointError, name_some
from maga_desk.domain.events import Event, Progress
from maga_desk.domain.pictures import ImageSet
from maga_desk.domain.preprocessing import Order, Preprocessing
from maga_desk.domain.specs.run import ModelSpec

if TYPE_CHECKING:
    from torch import nn

    from maga_desk.data.batches import Normalisation
    from maga_desk.domain.checkpoints import CheckpointInfo
    from maga_desk.models.reading.contents import CheckpointContents
    from maga_desk.models.reading.weights import Weights
    from maga_desk.models.trying import Attempts, Manner

_PICTURES = 256  # that a trial shows to each form and in each way
_FEWER, _LARGE = 48, 20_000_000  # pictures of which a trial of a net with that many weights shows as few
_MOST_FORMS = 8
_ORDERS: Mapping[int, Order] = {1: "L", 3: "RGB", 4: "RGBA"}
_NEARLY = 3.0  # points of accuracy within which the likelier form stays


@dataclass(frozen=True)
class FoundNet:
    """A checkpoint's net before its pictures are known.

    :param contents: of the file.
    :param net: the tensors that were chosen.
    :param forms: texts of the architectures that have these tensors, the likeliest first, and why.
    :param info: what is known of it, completed by what stands beside the file.
    :param shown: how it wants its pictures, as far as it is known.
    :param classes: K, its outputs.
    """

    contents: CheckpointContents
    net: Weights
    forms: Mapping[str, str]
    info: CheckpointInfo
    shown: Preprocessing
    classes: int

    def build(self, form: str) -> nn.Module:
        """A form, filled with the weights.

        :raises CheckpointError: it does not fit.
        """
        from maga_desk.models.checkpoint import restore

        return restore(self.net.state, form, where=str(self.contents.path))[0]


def candidate(model: ModelSpec, contents: CheckpointContents) -> FoundNet:
    """What a checkpoint holds, as far as its file says it.

    :raises CheckpointError: no known architecture has its tensors, or not the one that is named; it holds no such net.
    """
    from maga_desk.models.checkpoint import fits, restore, unknown
    from maga_desk.models.heads import count_classes

    where = str(contents.path)
    net = _chosen(model, contents)
    said = model.arch or contents.info.arch
    found = {} if contents.ours and said else {arch: fit.why for arch, fit in fits(contents, net)}
    if said and not architecture.split(said)[1]:
        forms = {arch: why for arch, why in found.items() if architecture.split(arch)[0] == said} or {said: "as named"}
    elif said:
        forms = {said: "as named"}
    else:
        forms = _different(found)
    if not forms:
        raise unknown(net.state, where)
    built, first = restore(net.state, next(iter(forms)), where=where)
    forms = {first: forms[first], **forms}
    info = contents.info
    if model.classes:
        info = replace(info, classes=tuple(model.classes))
    shown = Preprocessing(model.mean, model.std, order=model.order) | Preprocessing(
        info.mean, info.std, order=info.order
    )
    shown = shown | contents.beside.preprocessing
    size = info.size or (shown.size[0] if shown.size else None) or _own_size(first, built)
    return FoundNet(contents, net, forms, replace(info, size=size), shown, count_classes(built))


def _different(found: Mapping[str, str]) -> dict[str, str]:
    """Forms that may compute differently: of two libraries that build the same form of a net, one is enough."""
    first: dict[str, str] = {}
    kept: dict[str, str] = {}
    for arch, why in found.items():
        name, options = architecture.split(arch)
        library = name.partition("/")[0]
        if library == "structure" and any(not each.startswith("structure/") for each in kept):
            continue
        if first.setdefault(architecture.join("", options), library) == library:
            kept[arch] = why
    return dict(list(kept.items())[:_MOST_FORMS])


def _chosen(model: ModelSpec, contents: CheckpointContents) -> Weights:
    wanted = model.weights
    nets = [each for each in contents.nets if wanted is None or each.averaged == (wanted == "average")]
    if not nets:
        what = "no average of the net (EMA)" if wanted == "average" else "an average alone (EMA)"
        raise CheckpointError(f"holds {what}", where=str(contents.path), todo="leave [model] weights out")
    return nets[0]


def _own_size(form: str, net: nn.Module) -> int | None:
    """The side that a net is made for, where it takes no other."""
    said = architecture.split(form)[1].get("size") or getattr(net, "image_size", None)
    config: Mapping[str, Any] = getattr(net, "default_cfg", None) or {}
    if said is None and config.get("fixed_input_size"):
        said = config["input_size"][1]
    return int(said) if isinstance(said, int) else None


@dataclass(frozen=True)
class Fitted:
    """A net that reads these pictures.

    :param notes: what was found, tried and chosen, a line each, for people.
    :param doubtful: lines that a person should look at.
    """

    model: nn.Module
    arch: str
    normalisation: Normalisation
    notes: tuple[str, ...]
    doubtful: tuple[str, ...]


def fit(found: FoundNet, images: ImageSet, control: RunControl) -> Generator[Event, None, Fitted]:
    """Choose the form of a net and its way of reading pixels, by a trial where the file does not say them.

    :raises CheckpointError: the net takes no pictures of this size, or its outputs stand in another order than the
        classes.
    :raises Cancelled: between two tries.
    """
    from maga_desk.data.batches import Normalisation
    from maga_desk.models.families.registry import channels_of

    forms = list(found.forms)
    model = found.build(forms[0])
    _takes(model, images, found)
    order = found.shown.order or _ORDERS.get(channels_of(model))
    if order is None:
        raise CheckpointError(
            f"reads pictures of {channels_of(model)} channels, which no picture here has",
            where=str(found.contents.path),
        )
    mean, std = found.shown.mean, found.shown.std
    known = mean is not None and std is not None
    notes, doubtful = _said(found), _averages(found)
    if known and (found.contents.ours or len(forms) == 1):
        return Fitted(model, forms[0], Normalisation(mean, std, order), notes, doubtful)  # type: ignore[arg-type]
    own = Normalisation.of(images.train, order)
    if found.contents.ours:  # what it does not say is unknown, and is said to be
        return Fitted(model, forms[0], own, notes, doubtful)
    outcome = yield from _tried(found, images, order, [_named(mean, std)] if known else _ways(own, order), control)
    form, way, reading = _likeliest(outcome, forms)
    _check_order(found, images, reading)
    if form != forms[0]:
        model = found.build(form)
    notes += _forms_tried(outcome, form, forms)
    doubtful += () if known else _ways_tried(outcome, form, way.title)
    return Fitted(model, form, Normalisation(way.mean, way.std, order), notes, doubtful)


def _named(mean: Any, std: Any) -> Manner:
    from maga_desk.models.trying import Manner

    return Manner("as it is said", tuple(mean), tuple(std))


def _ways(own: Normalisation, order: Order) -> list[Manner]:
    from maga_desk.models.trying import manners

    return manners({"L": 1, "RGBA": 4}.get(order, 3), (own.mean, own.std))


def _tried(
    found: FoundNet, images: ImageSet, order: Order, ways: Sequence[Manner], control: RunControl
) -> Generator[Event, None, Attempts]:
    import torch

    from maga_desk.data.batches import ordered
    from maga_desk.models.trying import sample, try_all

    yield Progress("Trying forms of the net, and ways of reading pixels", 0, 0)
    large = sum(tensor.numel() for tensor in found.net.state.values()) > _LARGE
    shown = sample(images.train.labels, _FEWER if large else _PICTURES)
    pixels = torch.from_numpy(ordered(images.train.pixels(shown), order))
    builders: dict[str, Callable[[], nn.Module]] = {
        form: lambda form=form: found.build(form)  # type: ignore[misc]
        for form in found.forms
    }
    return try_all(
        builders,
        pixels,
        images.train.labels[shown],
        len(images.classes),
        ways,
        by_order=bool(found.info.classes),
        between=control.checkpoint,
    )


def _likeliest(outcome: Attempts, forms: Sequence[str]) -> Any:
    """The best, but an earlier form of the list where it is nearly as good: figures of a few pictures are rough."""
    best = outcome.best
    near = [each for each in outcome.tried if each[2].matched >= best[2].matched - _NEARLY and each[1] == best[1]]
    return min(near, key=lambda each: forms.index(each[0]))


def _check_order(found: FoundNet, images: ImageSet, reading: Any) -> None:
    """:raises CheckpointError: the outputs answer to the classes in another order, and nothing says which."""
    from maga_desk.models.trying import mixed_up

    if found.info.classes or not mixed_up(reading, len(images.classes)):
        return
    names = list(images.classes)
    by_output = {int(output): name for name, output in zip(names, reading.order, strict=True)}
    likely = [by_output.get(output, f"output {output}") for output in range(max(found.classes, len(names)))]
    moved = [f"{names[place]} is output {int(output)}" for place, output in enumerate(reading.order) if output != place]
    quoted = ", ".join(f'"{name}"' for name in likely)
    raise CheckpointError(
        f"its outputs stand in another order than the classes: in the folders' order it reads {reading.accuracy:.0f} % "
        f"of the pictures, in another {reading.matched:.0f} % ({name_some(moved, 4)})",
        where=str(found.contents.path),
        todo=f"look at it, then say the order: [model] classes = [{quoted}]",
    )


def _takes(model: nn.Module, images: ImageSet, found: FoundNet) -> None:
    """:raises CheckpointError: pictures of this size are too small for the net, or not of its own size."""
    import torch

    from maga_desk.models.families.registry import channels_of
    from maga_desk.models.inference import evaluating

    def works(height: int, width: int) -> bool:
        try:
            with evaluating(model):
                model(torch.zeros(2, channels_of(model), height, width))
        except (RuntimeError, AssertionError, ValueError, IndexError):
            return False
        return True

    height, width = images.size
    if works(height, width):
        return
    larger = next((side for side in (64, 96, 128, 160, 192, 224, 299, 384) if works(side, side)), None)
    raise CheckpointError(
        f"takes no pictures of {width} x {height} pixels",
        where=str(found.contents.path),
        todo="give the size that it was trained with" if larger is None else f"set [data] size, {larger} for instance",
    )


def _said(found: FoundNet) -> tuple[str, ...]:
    """What the file says and how the net was found; nothing of what this program wrote itself."""
    if found.contents.ours:
        return ()
    first = next(iter(found.forms))
    lines = [f"The model: {architecture.title(first)} with {found.classes} outputs ({found.forms[first]})."]
    place, net = found.net.place, found.net
    if place or net.prefix:
        under = f"under '{place}'" if place else "at the top"
        without = f", without the prefix '{net.prefix}'" if net.prefix else ""
        lines.append(f"Its weights were found {under}{without}.")
    if net.left:
        lines.append(f"Left aside: {name_some(net.left, 3)}.")
    if found.contents.score:
        key, value = found.contents.score
        lines.append(f"The file says of itself: {key} {value:g}.")
    if found.contents.beside.code:
        lines.append(f"Code beside it was not run: {name_some(found.contents.beside.code, 3)}.")
    return tuple(lines)


def _averages(found: FoundNet) -> tuple[str, ...]:
    """What a person should know where a file holds an average of the net."""
    others = [each for each in found.contents.nets if each is not found.net]
    if found.net.averaged and not others:
        return ("The file holds an average of the net over its training steps (EMA), and that one is open.",)
    if any(each.averaged for each in others) and not found.net.averaged:
        return (
            'The file also holds an average of the net (EMA). Open is the net itself; [model] weights = "average" '
            "opens the other. Each of them has learned the pictures.",
        )
    return ()


def _forms_tried(outcome: Attempts, chosen: str, forms: Sequence[str]) -> tuple[str, ...]:
    """How well other forms with the same tensors read."""
    if len(forms) < 2:
        return ()
    best: dict[str, float] = {}
    for form, _, reading in outcome.tried:
        best[form] = max(best.get(form, 0.0), reading.matched)
    told = [f"{architecture.title(form)}: {best[form]:.0f} %" for form in best if form != chosen]
    return (
        f"Tried on some pictures, {architecture.title(chosen)} reads {best[chosen]:.0f} %; "
        f"other forms with the same tensors: {name_some(told, 4)}.",
    )


def _ways_tried(outcome: Attempts, form: str, chosen: str) -> tuple[str, ...]:
    """How well other ways of reading pixels do: the chosen one is a guess, and stays in sight."""
    ways = {way.title: reading.matched for each, way, reading in outcome.tried if each == form}
    told = [f"{title}: {value:.0f} %" for title, value in ways.items() if title != chosen]
    return (
        f"The file does not say how pixels were normalised. Tried: {chosen}, {ways[chosen]:.0f} % right; "
        f"{name_some(told, 4)}. The best is used; [model] mean and std say another.",
    )
