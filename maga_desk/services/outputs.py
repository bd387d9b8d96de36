"""Which of a net's outputs answer to the pictures' classes."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from maga_desk.domain.checkpoints import CheckpointInfo
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import CheckpointError, DataError, name_some
from maga_desk.domain.events import Event
from maga_desk.domain.pictures import ImageSet
from maga_desk.domain.specs.run import ModelSpec
from maga_desk.domain.wrapping import Wrapping
from maga_desk.services.averages import compared
from maga_desk.services.fitting import FoundNet
from maga_desk.services.trial import Fitted, fit

if TYPE_CHECKING:
    from maga_desk.data.sources.reading import ListedPictures


@dataclass(frozen=True)
class OutputPlan:
    """What becomes of a net's outputs.

    :param kept: those that answer to the classes, in their order; ``None`` where all do.
    :param assumed: that it is these, is a guess: the net is tried as a whole first.
    :param classes: names of the classes in the order of ``kept``; ``None`` where the pictures' own order is assumed.
    :param note: what a person should know; may be empty.
    """

    kept: tuple[int, ...] | None = None
    classes: tuple[str, ...] | None = None
    note: str = ""
    assumed: bool = False


def plan_outputs(model: ModelSpec, found: FoundNet, listed: ImageSet) -> OutputPlan:
    """Compare a net's outputs with the classes of the pictures.

    :raises CheckpointError: they cannot be matched.
    """
    count, names, own = found.classes, found.info.classes, listed.classes
    where = str(found.contents.path)
    if found.info.came is not None and found.info.came.binary and len(own) != 2:
        raise CheckpointError(
            f"has one output, which tells two classes apart; the pictures have {len(own)}",
            where=where,
            todo="give the pictures of its two classes",
        )
    if model.outputs:
        return _given(model.outputs, count, own, where)
    if listed.families is not None or found.info.families is not None or count <= len(own):
        return OutputPlan(classes=names)
    if names is not None and len(names) == count:
        return _of_named(model, names, own)
    if names is not None and len(names) != len(own):
        return OutputPlan(classes=names)
    spare, used = count - len(own), names or own
    more = [f"output {place + 1}" for place in range(len(own), count)]
    if model.spare == "kept":
        note = f"The net has {count:,} outputs, the pictures {len(own):,} classes. The other {spare:,} are kept."
        return OutputPlan(classes=(*used, *more), note=note)
    note = (
        f"The net has {count:,} outputs, the pictures {len(own):,} classes. The first {len(own):,} outputs are taken "
        f"for the classes in their order, the other {spare:,} are masked: they never answer. [model] outputs says "
        'which answer to the classes, spare = "kept" keeps all.'
    )
    return OutputPlan(tuple(range(len(own))), names, note, assumed=names is None)


def _given(outputs: tuple[int, ...], count: int, own: tuple[str, ...], where: str) -> OutputPlan:
    if len(outputs) != len(own) or len(set(outputs)) != len(outputs) or not set(outputs) <= set(range(count)):
        raise CheckpointError(
            f"[model] outputs must name one of its outputs (0 to {count - 1}) for each of the {len(own)} classes",
            where=where,
            todo=f"the classes are {name_some(own, 20)}",
        )
    return OutputPlan(outputs, own)


def _of_named(model: ModelSpec, names: tuple[str, ...], own: tuple[str, ...]) -> OutputPlan:
    """A net whose outputs all have names, with pictures of some of them."""
    if model.spare != "masked" or not set(own) <= set(names):
        return OutputPlan(classes=names)
    used = tuple(name for name in names if name in own)
    note = f"Of the net's {len(names):,} outputs, {len(names) - len(own):,} without pictures are masked."
    return OutputPlan(tuple(names.index(name) for name in used), used, note)


def with_plan(found: FoundNet, plan: OutputPlan) -> FoundNet:
    """The net before it is tried: what its classes are called and, where it is known which outputs are theirs, with
    those alone.
    """
    from maga_desk.models.checkpoint import shapes_of_state
    from maga_desk.models.outputs import chosen, class_tensors

    if plan.classes is not None:
        found = replace(found, info=replace(found.info, classes=plan.classes))
    if plan.kept is None or plan.assumed:
        return found
    heads = class_tensors(next(iter(found.forms)), shapes_of_state(found.net.state))
    net = replace(found.net, state=chosen(found.net.state, heads, plan.kept))
    return replace(_noted(found, plan.kept), net=net)


def fit_outputs(
    model: ModelSpec, found: FoundNet, plan: OutputPlan, listed: ListedPictures, images: ImageSet, control: RunControl
) -> Generator[Event, None, tuple[Fitted, FoundNet]]:
    """:func:`~maga_desk.services.trial.fit`, a comparison with an average in the same file, and the outputs that are
    masked.
    """
    fitted = yield from fit(found, listed, images, control)
    fitted = compared(found, fitted, listed, images, control, asked=model.weights is not None)
    return masked(fitted, found, plan)


def masked(fitted: Fitted, found: FoundNet, plan: OutputPlan) -> tuple[Fitted, FoundNet]:
    """The net after it was tried: what was assumed of its outputs, done and said."""
    from maga_desk.models.outputs import with_outputs

    doubtful = (*fitted.doubtful, plan.note) if plan.note else fitted.doubtful
    if plan.kept is None or not plan.assumed:
        return replace(fitted, doubtful=doubtful), found
    return replace(fitted, model=with_outputs(fitted.model, plan.kept), doubtful=doubtful), _noted(found, plan.kept)


def _noted(found: FoundNet, kept: tuple[int, ...]) -> FoundNet:
    """With the outputs that it came with in its record, so that it can go back."""
    came = found.info.came or Wrapping(kind=found.contents.kind, file=found.contents.path.name)
    came = replace(came, outputs=found.classes, kept=kept)
    facts = replace(found.facts, outputs=len(kept))
    return replace(found, info=replace(found.info, came=came), facts=facts)


def labelled(images: ImageSet, info: CheckpointInfo, outputs: int, where: str) -> ImageSet:
    """The pictures labelled in the model's own order of classes.

    :raises DataError: a class that the model does not know.
    :raises CheckpointError: the model has another number of classes.
    """
    if info.classes and len(info.classes) == outputs:
        if images.families is None and info.families is not None:
            return images.with_families(info.families).with_classes(info.classes, info.families)
        unknown = [name for name in images.classes if name not in info.classes]
        if unknown:
            raise DataError(
                f"the model knows no class called {name_some(unknown)}",
                where=where,
                todo=f"it knows: {name_some(info.classes, 20)}",
            )
        return images.with_classes(info.classes, images.families)
    if len(images.classes) != outputs:
        raise CheckpointError(
            f"the model has {outputs} classes, the pictures have {len(images.classes)}",
            where=where,
            todo="give the pictures it was trained on, or a families file",
        )
    return images
