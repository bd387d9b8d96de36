"""A source of pictures: its record and the code that lists what it has.

A source lists names and kinds and says how a picture is opened, or brings pixels in the classifier's size. Subsets,
held-out pictures, families and decoding are the same for all and stand in :mod:`maga_desk.data.sources.reading`.

One from outside is such a record as well, named by an entry point of the group ``maga_desk.sources``::

    SOURCE = Source(SourceInfo(name="scans", title="Scans", summary="Pictures in one archive.", path="file"), read)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from maga_desk.data.sources.stamps import Stamps
from maga_desk.domain.choices import Options, SourceInfo
from maga_desk.domain.control import RunControl
from maga_desk.domain.pictures import Column, Opener
from maga_desk.domain.pixels import Indices, Pixels
from maga_desk.domain.specs.run import DataSpec

Report = Callable[[int, int], None]
"""Told (done, total) now and then."""


@dataclass(frozen=True)
class SourceRequest:
    """What a source is asked for.

    :param spec: the spec's ``[data]``; its ``path`` is given where the record says that it names something.
    :param options: the source's own keys, of the class that its record names.
    :param size: the side in pixels that is wanted, ``None`` where any will do.
    :param control: to be asked now and then where listing takes long.
    """

    spec: DataSpec
    options: Options
    size: int | None
    control: RunControl
    report: Report


@dataclass(frozen=True, eq=False)
class Listing:
    """The pictures of one split. At least one of ``opener`` and ``pixels`` is given.

    :param names: N names like ``train/cat/0001.jpg``, all different.
    :param kinds: ``(N,) int64`` index into the contents' ``kinds``.
    :param opener: opens the picture of a name in RGB; ``None`` where there is nothing beyond the pixels.
    :param pixels: the pictures where they are in the classifier's size already; else they are opened and fitted.
    :param columns: what else is known of each picture, N values a name.
    :param stamps: of the files behind them. With it, what is decoded is kept and comes back while these files, the
        names and the source's own keys are the same; without it, pictures are decoded anew each time.
    """

    names: tuple[str, ...]
    kinds: Indices
    opener: Opener | None = None
    pixels: Pixels | None = None
    columns: Mapping[str, Column] = field(default_factory=dict)
    stamps: Stamps | None = None


@dataclass(frozen=True, eq=False)
class Contents:
    """What a source has."""

    kinds: tuple[str, ...]
    train: Listing
    test: Listing


@dataclass(frozen=True)
class Source:
    """:param read: lists the pictures; raises ``DataError`` where they cannot be used."""

    info: SourceInfo
    read: Callable[[SourceRequest], Contents]
