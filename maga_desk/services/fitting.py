"""Which net a checkpoint holds and how it reads pictures, as far as the file and what stands beside it say it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from maga_desk.domain import architecture
from maga_desk.domain.class_lists import read_classes
from maga_desk.domain.errors import CheckpointError
from maga_desk.domain.model_facts import InputFacts, ModelFacts
from maga_desk.domain.preprocessing import Preprocessing, in_units
from maga_desk.domain.specs.run import ModelSpec

if TYPE_CHECKING:
    from torch import Tensor, nn

    from maga_desk.domain.checkpoints import CheckpointInfo
    from maga_desk.domain.wrapping import Wrapping
    from maga_desk.models.reading.contents import CheckpointContents
    from maga_desk.models.reading.weights import Weights

_MOST_FORMS = 8
THE_SPEC, THE_CHECKPOINT = "the spec", "the checkpoint"


@dataclass(frozen=True)
class FoundNet:
    """A checkpoint's net before its pictures are known.

    :param model: what the spec says of it.
    :param contents: of the file.
    :param net: the tensors that were chosen.
    :param forms: texts of the architectures that have these tensors, the likeliest first, and why.
    :param info: what is known of it, completed by what stands beside the file.
    :param shown: how it wants its pictures, as far as it is known.
    :param facts: all of it, for people.
    """

    model: ModelSpec
    contents: CheckpointContents
    net: Weights
    forms: Mapping[str, str]
    info: CheckpointInfo
    shown: Preprocessing
    facts: ModelFacts

    @property
    def classes(self) -> int:
        """K, its outputs."""
        return self.facts.outputs

    def build(self, form: str) -> nn.Module:
        """A form, filled with the weights.

        :raises CheckpointError: it does not fit.
        """
        from maga_desk.models.checkpoint import restore
        from maga_desk.models.pruning import keep_zeros

        return keep_zeros(restore(self.net.state, form, where=str(self.contents.path))[0], self.zeros)

    @cached_property
    def zeros(self) -> Mapping[str, Tensor]:
        """Of a pruned net, by the weights' names ``(…) bool``: False where a weight was pruned away."""
        from maga_desk.models.pruning import found_zeros

        pruned = self.info.came.pruned if self.info.came is not None else ()
        said = {name: self.net.masks.get(name, self.net.state[name] != 0) for name in pruned}
        return {**found_zeros(self.net.state), **said}


def candidate(model: ModelSpec, contents: CheckpointContents) -> FoundNet:
    """What a checkpoint holds, as far as its file says it.

    :raises CheckpointError: no known architecture has its tensors, or not the one that is named; it holds no such net;
        what it says of itself cannot be.
    """
    from maga_desk.models.checkpoint import fits, restore, unknown
    from maga_desk.models.families.registry import channels_of, full_text, spare_parts
    from maga_desk.models.heads import count_classes, count_parameters
    from maga_desk.models.reading.quantised import quantiser

    where = str(contents.path)
    net = _chosen(model, contents)
    if what := quantiser(net.state):
        raise CheckpointError(
            f"was quantised ({what}), and such weights cannot be trained on",
            where=where,
            todo="give the checkpoint from before",
        )
    said = full_text(model.arch or contents.info.arch or "")
    found = {} if contents.ours and said else {arch: fit.why for arch, fit in fits(contents, net)}
    as_said = "as named in the spec" if model.arch else "as the checkpoint says"
    if said and not architecture.split(said)[1]:
        forms = {arch: why for arch, why in found.items() if architecture.split(arch)[0] == said} or {said: as_said}
    elif said:
        forms = {said: as_said}
    else:
        forms = _different(found)
    if not forms:
        raise unknown(net.state, where)
    net, came = _for_classes(net, contents, next(iter(forms)))
    built, first = restore(net.state, next(iter(forms)), where=where)
    spare = () if contents.ours else spare_parts(first, net.state)
    came = came and replace(came, spare=came.spare or spare)
    forms = {first: forms[first], **forms}
    outputs = count_classes(built)
    info, classes_from = _named(model, contents, outputs)
    info = replace(info, came=came)
    shown, why = _shown(model, contents, channels_of(built))
    if shown.size is None and (own := _own_size(first, built)):
        shown, why = replace(shown, size=(own, own)), {**why, "size": "the architecture"}
    info = info.of_shape(shown.size, shown.framing)
    facts = ModelFacts(
        path=where,
        kind=contents.kind,
        arch=first,
        arch_why=forms[first],
        outputs=outputs,
        channels=channels_of(built),
        parameters=count_parameters(built),
        place=net.place,
        prefix=net.prefix,
        left=(*net.left, *spare),
        others=tuple(forms)[1:],
        classes=info.classes or (),
        classes_from=classes_from,
        averaged=net.averaged,
        both=len({each.averaged for each in contents.nets}) > 1,
        score=contents.score,
        code=contents.beside.code,
        recipe=contents.recipe.in_short(),
        not_followed=contents.recipe.beyond_text(),
        reads=InputFacts(shown.mean, shown.std, shown.order, shown.size, shown.framing, why),
    )
    return FoundNet(model, contents, net, forms, info, shown, facts)


def _for_classes(net: Weights, contents: CheckpointContents, form: str) -> tuple[Weights, Wrapping | None]:
    """The net with an output for each class, where its file has one logit for two or spare ones that are masked; and
    the form that it came in.
    """
    from maga_desk.models.checkpoint import shapes_of_state
    from maga_desk.models.outputs import class_tensors, inward, under_own_names
    from maga_desk.models.reading.wrapping import wrapping_of

    came = contents.info.came if contents.ours else wrapping_of(contents, net)
    if came is None:
        return net, None
    heads = class_tensors(form, shapes_of_state(net.state))
    state, names = under_own_names(net.state, form, heads)
    if names:
        net, came = replace(net, state=state), replace(came, names=names)
    if any(net.state[name].shape[0] == 1 for name in heads if name in net.state):
        came = replace(came, outputs=1)
    return replace(net, state=inward(net.state, form, came)), came


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


def _named(model: ModelSpec, contents: CheckpointContents, outputs: int) -> tuple[CheckpointInfo, str]:
    """The information with the class names that count, and where they come from.

    :raises CheckpointError: there are not as many as outputs.
    """
    info, beside = contents.info, contents.beside
    if model.classes:
        from_file = isinstance(model.classes, str)
        names = read_classes(str(model.classes)) if from_file else tuple(model.classes)
        source = str(model.classes) if from_file else THE_SPEC
        info = replace(info, classes=names)
    else:
        source = beside.source if beside.classes and info.classes == beside.classes else THE_CHECKPOINT
    names = info.classes or ()
    fewer = bool(model.classes) and len(names) < outputs  # of spare outputs nothing need be said
    if names and len(names) != outputs and not fewer:
        raise CheckpointError(
            f"has {outputs:,} outputs, and {source} names {len(names):,} classes",
            where=str(contents.path),
            todo="say them in the order of the outputs: [model] classes",
        )
    return info, source if names else ""


def _shown(model: ModelSpec, contents: CheckpointContents, channels: int) -> tuple[Preprocessing, dict[str, str]]:
    """How the net wants its pictures, and where that comes from.

    :raises CheckpointError: a deviation that is not above zero, or a number of values that does not fit.
    """
    info, beside = contents.info, contents.beside
    mean, std = model.mean, model.std
    if mean is not None and std is not None:
        mean, std = in_units(mean, std)
    parts = {
        THE_SPEC: Preprocessing(mean, std, order=model.order),
        THE_CHECKPOINT: _of_checkpoint(info),
        beside.source: beside.preprocessing,
    }
    shown, why = Preprocessing(), dict[str, str]()
    for source, part in parts.items():
        before, shown = shown, shown | part
        for key, names in _KEYS.items():
            if key not in why and any(getattr(before, each) != getattr(shown, each) for each in names):
                why[key] = source
    mean, std = (_of_channels(values, channels, contents, why) for values in (shown.mean, shown.std))
    if std is not None and not all(value > 0 and math.isfinite(value) for value in std):
        raise CheckpointError(
            f"{why['normalisation']} says a deviation that is not above zero",
            where=str(contents.path),
            todo="say the right ones: [model] mean and std",
        )
    return replace(shown, mean=mean, std=std), why


_KEYS = {
    "normalisation": ("mean", "std"),
    "order": ("order",),
    "size": ("size",),
    "framing": ("resize", "crop", "interpolation", "fill"),
}


def _of_checkpoint(info: CheckpointInfo) -> Preprocessing:
    framing = info.framing
    known = {} if framing is None else framing.to_record()
    return Preprocessing(info.mean, info.std, info.shape, order=info.order, **known)


def _of_channels(
    values: tuple[float, ...] | None, channels: int, contents: CheckpointContents, why: Mapping[str, str]
) -> tuple[float, ...] | None:
    """One value for all channels, or one for each.

    :raises CheckpointError: another number of them.
    """
    if values is None or len(values) == channels:
        return values
    if len(values) == 1:
        return values * channels
    raise CheckpointError(
        f"reads {channels} {'channel' if channels == 1 else 'channels'}, and {why['normalisation']} gives mean or "
        f"deviation for {len(values)}",
        where=str(contents.path),
        todo="say one value, or one for each: [model] mean and std",
    )


def _own_size(form: str, net: nn.Module) -> int | None:
    """The side that a net is made for, where it takes no other."""
    said = architecture.split(form)[1].get("size") or getattr(net, "image_size", None)
    config: Mapping[str, Any] = getattr(net, "default_cfg", None) or {}
    if said is None and config.get("fixed_input_size"):
        said = config["input_size"][1]
    return int(said) if isinstance(said, int) else None
