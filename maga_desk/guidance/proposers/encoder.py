"""An image encoder that is not the classifier.

How alike class j is to class y: what a linear probe on the encoder's features, fitted to retained pictures only, says
of the forgotten pictures of y when it may not answer y. Where a class goes as a whole the probe never saw it, so that
the row is what a net *with these features* would answer had it been retrained. Class-mean cosines (the proposer
``centroids``) weigh every direction of the features alike, those in which classes do not differ as well; CKA compares
two nets on the same pictures and has nothing to say of two classes.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field

from maga_desk.data.sources.decode import to_pixels
from maga_desk.domain.choices import Options, ProposerInfo
from maga_desk.domain.control import Clock
from maga_desk.domain.errors import GuidanceError
from maga_desk.domain.evenly import evenly_placed
from maga_desk.domain.events import Event, Message, Progress
from maga_desk.domain.opinion import Opinion
from maga_desk.domain.pictures import PictureIndex
from maga_desk.domain.preprocessing import IMAGENET, LARGEST, SMALLEST, Preprocessing
from maga_desk.guidance.askers.backbone import Backbone, open_backbone
from maga_desk.guidance.exemplars import Exemplar, choose_exemplars
from maga_desk.guidance.probe import fit_probe, halves_accuracy
from maga_desk.guidance.proposer import Proposer, Proposing
from maga_desk.guidance.question import Likeness, Question
from maga_desk.guidance.questioning import likeness_of
from maga_desk.models.footprint import at_once

READ_AS = "by its features, is this picture nearest to a {class} among the other classes?"
"""What a probe's answer says, where a questioned model has its prompt."""
_MOST = 2**26  # numbers that are held at once: 256 MB
_DOUBTFUL = 2.0  # times chance, below which the features hardly know the classes

_MANNERS = {
    "imagenet": Preprocessing(*IMAGENET, order="RGB"),
    "half": Preprocessing((0.5,) * 3, (0.5,) * 3, order="RGB"),
    "plain": Preprocessing((0.0,) * 3, (1.0,) * 3, order="RGB"),
}


class EncoderOptions(Options):
    """The encoder's own keys."""

    pictures: int = Field(
        64, ge=2, le=4096, title="Pictures per class", description="Retained and forgotten pictures of each class"
    )
    size: int | None = Field(
        None, ge=SMALLEST, le=LARGEST, title="Side in pixels", description="Of the pictures shown; default: its own"
    )
    pixels: Literal["auto", "imagenet", "half", "plain"] = Field(
        "auto",
        title="Pixels",
        description="Their normalisation: as its files or its library say (auto), ImageNet's, mean and deviation 0.5, "
        "or 0 to 1",
    )
    arch: str | None = Field(
        None, title="Architecture", description="Where a file's weights fit several; default: the likeliest"
    )


def ask_backbone(question: Question) -> Proposing:
    """What a probe on an encoder's features takes the forgotten pictures for.

    :raises GuidanceError: the encoder cannot be used, or too few pictures are retained.
    :raises Cancelled: between batches.
    """
    own, guidance, train = question.options, question.guidance, question.images.train
    if not isinstance(own, EncoderOptions):
        own = EncoderOptions()
    yield Progress("Loading the encoder", 0, 0)
    clock = Clock(question.control)
    asked = replace(_MANNERS.get(own.pixels, Preprocessing()), size=(own.size, own.size) if own.size else None)
    backbone = open_backbone(guidance.model, guidance.revision, question.runtime.device, arch=own.arch, asked=asked)
    loading = clock.seconds
    yield Message(_told(backbone), "info" if backbone.said or own.pixels != "auto" else "warning")
    classes = len(question.images.classes)
    width = int(backbone.features(_shown(backbone, train, np.array([0]), question)).shape[1])
    count = max(2, min(own.pictures, _MOST // max(1, width * classes)))
    retained = _retained(question, count)
    exemplars = choose_exemplars(train, question.forget, question.rows, count)
    chosen = np.concatenate([retained, np.array([each.position for each in exemplars], dtype=np.int64)])
    features = yield from _features(backbone, train, chosen, question)
    known, labels = features[: len(retained)], train.labels[retained]
    yield _judged(halves_accuracy(known, labels), len(np.unique(labels)), backbone.title)
    probe = fit_probe(known, labels)
    rows = np.array([each.row for each in exemplars], dtype=np.int64)
    shares = probe.shares(features[len(retained) :], rows, classes, guidance.temperature).astype(np.float32)
    shares[np.arange(len(rows)), rows] = np.nan
    opinion = _opinion(backbone, question, exemplars, shares, clock.seconds - loading, loading)
    return Likeness(likeness_of(opinion, classes), (opinion,))


def _retained(question: Question, count: int) -> NDArray[np.int64]:
    """Positions of retained training pictures, at most ``count`` of each class.

    :raises GuidanceError: fewer than two classes have any.
    """
    labels = question.images.train.labels
    stays = np.ones(len(labels), dtype=bool)
    stays[question.forget] = False
    found = []
    for label in range(len(question.images.classes)):
        mine = np.flatnonzero(stays & (labels == label))
        found.append(mine[evenly_placed(len(mine), count)])
    if sum(len(each) > 0 for each in found) < 2:
        raise GuidanceError("pictures of fewer than two classes are retained: there is nothing to be alike to")
    return np.concatenate(found)


def _features(
    backbone: Backbone, train: PictureIndex, positions: NDArray[np.int64], question: Question
) -> Generator[Event, None, NDArray[np.float32]]:
    height, width = backbone.shown.size or (0, 0)
    size = at_once(backbone.net, (3, height, width), question.runtime.device, question.guidance.batch)
    stage, clock = f"Showing pictures to {backbone.title}", Clock(question.control)
    rows: list[NDArray[np.float32]] = []
    yield Progress(stage, 0, len(positions))
    for start in range(0, len(positions), size):
        question.control.checkpoint()
        part = positions[start : start + size]
        rows.append(backbone.features(_shown(backbone, train, part, question)).cpu().numpy())
        done = start + len(part)
        yield Progress(stage, done, len(positions), clock.seconds / done * (len(positions) - done))
    return np.concatenate(rows)


def _shown(backbone: Backbone, train: PictureIndex, positions: NDArray[np.int64], question: Question) -> torch.Tensor:
    """Originals, not what the classifier sees, as the encoder reads them: ``(n, 3, H, W) float32`` on its device."""
    size = backbone.shown.size or (0, 0)
    pixels = np.stack([to_pixels(train.open(int(each)), size, backbone.framing) for each in positions])
    return backbone.normalised(torch.from_numpy(pixels).to(question.runtime.device))


def _told(backbone: Backbone) -> str:
    side = " x ".join(map(str, backbone.shown.size or ()))
    said = f"{backbone.title} ({backbone.form}) sees pictures of {side} pixels, {backbone.framing.title}"
    if not backbone.said:
        said += "; nothing says how it normalises pixels: ImageNet's mean and deviation ([guidance.options] pixels)"
    if backbone.others:
        said += f"; the same weights fit {', '.join(backbone.others)} as well ([guidance.options] arch)"
    return said


def _judged(accuracy: float | None, classes: int, name: str) -> Message:
    """How well the features know the classes that stay: likeness in features that do not is worth nothing."""
    if accuracy is None:
        return Message(f"Too few pictures to tell how well {name} knows the classes", "warning")
    text = f"A linear probe on {name} tells the {classes} retained classes apart in {accuracy:.1f} % of pictures"
    if accuracy < _DOUBTFUL * 100 / classes:
        return Message(f"{text}, hardly more than by chance: its opinion is worth little", "warning")
    return Message(text)


def _opinion(
    backbone: Backbone,
    question: Question,
    exemplars: Sequence[Exemplar],
    shares: NDArray[np.float32],
    seconds: float,
    loading: float,
) -> Opinion:
    return Opinion(
        proposer=PROPOSER.info.name,
        model=backbone.name,
        revision=backbone.revision,
        prompt=READ_AS,
        asked_about=tuple(question.words()),
        pictures=tuple(exemplar.name for exemplar in exemplars),
        rows=np.array([exemplar.row for exemplar in exemplars], dtype=np.int64),
        p_true=shares,
        questions=len(exemplars),
        seconds=max(0.0, seconds),
        loading=loading,
        at=datetime.now(UTC).isoformat(timespec="seconds"),
    )


PROPOSER = Proposer(
    ProposerInfo(
        name="encoder",
        title="Image encoder",
        summary="An independent image backbone of yours: which other class its features take the forgotten pictures "
        "for. No text is needed.",
        fields=("model", "revision", "temperature", "batch"),
        needs=("model",),
        model_help="A file of weights, a folder, a hub name from the cache, or torchvision/NAME from torch's cache",
        asks=True,
        prompt=READ_AS,
        shares=True,
        options=EncoderOptions,
    ),
    ask_backbone,
)
