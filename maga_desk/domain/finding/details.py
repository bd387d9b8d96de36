"""Everything that is known of one training picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from maga_desk.domain.closer.answers import CloseLook
from maga_desk.domain.pictures import ImageSet
from maga_desk.domain.pixels import Bytes
from maga_desk.domain.twins import Group

Fact = tuple[str, str]
"""What it is, and what it says."""

NO_MEMORISATION = "not measured: that takes a model that was trained without this picture (Verify, Look closer)"
"""Said of memorisation where no such model was asked."""


@dataclass(frozen=True)
class ErasedBy:
    """That the checkpoint of a run has forgotten a picture, by the list that lies beside it.

    :param title: of the run; ``day``: when it began (UTC); ``case``: of which erasure request it is, empty for none.
    :param checkpoint: its path; ``exports``: paths of what was exported from it.
    :param by_name: the list has this picture's name, and no pixels to compare it by.
    """

    run: int
    title: str
    day: datetime
    case: str
    checkpoint: str
    exports: tuple[str, ...] = ()
    by_name: bool = False

    def words(self) -> str:
        """In a line."""
        said = f"{self.title}, {self.day:%Y-%m-%d}{f', for {self.case}' if self.case else ''}: {self.checkpoint}"
        said += f"; exported to {', '.join(self.exports)}" if self.exports else ""
        return f"{said} (by its name alone)" if self.by_name else said


@dataclass(frozen=True, eq=False)
class PictureDetails:
    """What was read of one picture.

    :param position: among the training pictures.
    :param pixels: ``(3, H, W) uint8`` RGB, as its source has it, at most some 1,000 a side; else as the model sees it.
    :param size: height and width of the original; of what the model sees where there is none.
    :param lost: why the original cannot be read; empty where it can or where there is none.
    :param file: the path of the file that it is; empty where it lies inside another one.
    :param bytes_: of that file; ``changed``: its last change (UTC); ``sha256`` of its content.
    :param mark: SHA-256 of the model's pixels with the class's name, as lists of forgotten pictures have it.
    :param top: the likeliest classes by the model that is open, with probabilities; ``loss``: the cross-entropy of the
        true class. Empty and ``None`` where no model was asked.
    :param twins: all pictures with the very same pixels, this one among them; empty where there is no other.
    :param erased: the runs whose checkpoints have forgotten it, the newest first.
    :param looked_through: how many results of runs that was looked for in; ``unread``: lists that cannot be read.
    """

    position: int
    pixels: Bytes
    size: tuple[int, int]
    lost: str = ""
    file: str = ""
    bytes_: int | None = None
    changed: datetime | None = None
    sha256: str = ""
    mark: str = ""
    top: tuple[tuple[int, float], ...] = ()
    loss: float | None = None
    twins: Group = ()
    erased: tuple[ErasedBy, ...] = ()
    looked_through: int = 0
    unread: int = 0


def facts_in_words(details: PictureDetails, images: ImageSet, look: CloseLook | None) -> list[Fact]:
    """All of it but the picture and its likeliest classes, as a person reads it.

    :param look: the nets of the run in sight, where they were asked about every picture.
    """
    return [
        *_of_file(details, images),
        *_of_class(details, images),
        *_of_model(details, look),
        *_of_others(details),
    ]


def memorisation(position: int, look: CloseLook | None) -> str:
    """What training on a picture gave the original: its true class's probability there, less that by a net that was
    trained without the picture. One net of each kind: an estimate of the score of Feldman and Zhang (2020) from one
    pair.
    """
    if look is None or look.retrained is None or not look.forget[position]:
        return NO_MEMORISATION
    seen, unseen = (look.nets[name].train.probability_of(position) for name in ("original", "retrained"))
    points = f"{100 * (seen - unseen):+.0f}".replace("-", "−")
    return (
        f"{points} points: the true class has {100 * seen:.0f} % by the original and {100 * unseen:.0f} % by the model "
        "that was retrained without it (one pair of models)"
    )


def _of_file(details: PictureDetails, images: ImageSet) -> Iterator[Fact]:
    height, width = details.size
    yield "Name", images.train.names[details.position]
    if details.lost:
        yield "Original", f"{details.lost}. Shown is what the model sees."
    yield "Size", f"{width} x {height} pixels; the model sees {images.size[1]} x {images.size[0]}"
    if details.file:
        yield "File", details.file
    if details.bytes_ is not None:
        yield "File size", f"{details.bytes_:,} bytes"
    if details.changed is not None:
        yield "Last change", f"{details.changed:%Y-%m-%d %H:%M} UTC"
    if details.sha256:
        yield "SHA-256 of the file", details.sha256
    yield "SHA-256 of pixels and class", details.mark


def _of_class(details: PictureDetails, images: ImageSet) -> Iterator[Fact]:
    train, position = images.train, details.position
    yield "Position", f"{position:,} (from 0) of {len(train):,} training pictures"
    yield "Class", images.classes[train.labels[position]]
    if images.families is not None:
        yield "Kind", images.kinds[train.kinds[position]]
    for name, values in train.columns.items():
        yield name, str(values[position])


def _of_model(details: PictureDetails, look: CloseLook | None) -> Iterator[Fact]:
    if details.loss is not None:
        yield "Loss", f"{details.loss:.4g} (cross-entropy of the true class)"
    yield "Memorisation", memorisation(details.position, look)


def _of_others(details: PictureDetails) -> Iterator[Fact]:
    others = [twin for twin in details.twins if not (twin.train and twin.position == details.position)]
    yield (
        "The very same pixels",
        ", ".join(f"{twin.name} ({'training' if twin.train else 'test'})" for twin in others) or "in no other picture",
    )
    for each in details.erased:
        yield "Forgotten by", each.words()
    if not details.erased:
        yield "Forgotten by", _by_none(details.looked_through)
    if details.unread:
        yield "Not looked at", f"{details.unread:,} lists of forgotten pictures cannot be read"


def _by_none(results: int) -> str:
    if not results:
        return "no run: none has a result here yet"
    return "not the one run that has a result here" if results == 1 else f"none of the {results:,} runs with a result"
