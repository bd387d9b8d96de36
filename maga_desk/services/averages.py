"""A file with a net and an average of it over its training steps: both are shown some pictures; a person chooses."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import CheckpointError
from maga_desk.domain.pictures import ImageSet

if TYPE_CHECKING:
    from maga_desk.data.sources.reading import ListedPictures
    from maga_desk.services.fitting import FoundNet
    from maga_desk.services.trial import Fitted

_PICTURES = 96


def compared(
    found: FoundNet, fitted: Fitted, listed: ListedPictures, images: ImageSet, control: RunControl, *, asked: bool
) -> Fitted:
    """With what a person should know where the file holds both; where it was asked for one of them, nothing is shown.

    :param images: the listed pictures, labelled.
    :raises Cancelled: in between.
    """
    other = next((net for net in found.contents.nets if net.averaged != found.net.averaged), None)
    if other is None or asked:
        return fitted
    figures = _shown(found, fitted, listed, images, control)
    here, there = ("the average", "the net itself") if found.net.averaged else ("the net itself", "the average")
    key = "net" if found.net.averaged else "average"
    told = f": on some pictures it reads {figures[0]:.0f} % rightly, {there} {figures[1]:.0f} %" if figures else ""
    note = (
        f"The file holds a net and an average of it over its training steps (EMA). Open is {here}{told}. "
        f'[model] weights = "{key}" opens the other. Each of them has learned the pictures.'
    )
    return replace(fitted, doubtful=(*fitted.doubtful, note))


def _shown(
    found: FoundNet, fitted: Fitted, listed: ListedPictures, images: ImageSet, control: RunControl
) -> tuple[float, float] | None:
    """Percent of some pictures that the open net and the other read rightly; ``None`` where they cannot be compared."""
    import torch

    from maga_desk.data.batches import Normalisation, ordered
    from maga_desk.data.sources.sampling import Frame, sampled
    from maga_desk.models.checkpoint import restore
    from maga_desk.models.outputs import inward
    from maga_desk.models.trying import Manner, reads, sample

    other = next(net for net in found.contents.nets if net.averaged != found.net.averaged)
    try:
        state = inward(other.state, fitted.arch, found.info.came)
        net = restore(state, fitted.arch, where=str(found.contents.path))[0]
    except (CheckpointError, KeyError, IndexError):
        return None
    if net.state_dict().keys() != fitted.model.state_dict().keys():
        return None
    chosen = sample(images.train.labels, _PICTURES)
    shown = sampled(listed.contents.train, chosen, [Frame(fitted.framing, fitted.size)], control.checkpoint)
    if not len(shown.positions):
        return None
    array = next(iter(shown.frames.values()))
    pixels = torch.from_numpy(ordered(array, fitted.order))
    how = fitted.normalisation
    if how is None:
        values = pixels.float() / 255
        mean, std = values.mean(dim=(0, 2, 3)), values.std(dim=(0, 2, 3)).clamp(min=1e-3)
        how = Normalisation(tuple(mean.tolist()), tuple(std.tolist()), fitted.order)
    way = Manner("", how.mean, how.std, fitted.order)
    labels, classes = images.train.labels[shown.positions], len(images.classes)
    one, two = (reads(each, pixels, labels, classes, way) for each in (fitted.model, net))
    return one.accuracy, two.accuracy
