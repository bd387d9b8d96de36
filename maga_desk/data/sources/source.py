"""A source of pictures: its record and the code that lists what it has.

A source lists names and kinds and says how a picture is opened, or brings pixels in the classifier's size. Subsets,
held-out pictures, families and decoding are the same for all and stand in :mod:`maga_desk.data.sources.reading`.

One from outside is such a record as well, named by an entry point of the group ``maga_desk.sources``::

    SOURCE = Source(SourceInfo(name="scans", title="Scans", summary="Pictures in one archive.", path="file"), read)

With a ``recognise`` beside ``read`` the source is also found where a spec names none:
:mod:`maga_desk.data.sources.auto`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from maga_desk.data.sources.stamps import Stamps
from maga_desk.domain.accounting import Accounting
from maga_desk.domain.choices import Options, SourceInfo
from maga_desk.domain.control import RunControl
from maga_desk.domain.pictures import Column, FileOf, Opener
from maga_desk.domain.pixels import Indices, Pixels
from maga_desk.domain.preprocessing import Size
from maga_desk.domain.specs.run import DataSpec

Report = Callable[[int, int], None]
"""Told (done, total) now and then."""


@dataclass(frozen=True)
class SourceRequest:
    """What a source is asked for.

    :param spec: the spec's ``[data]``; its ``path`` is given where the record says that it names something.
    :param options: the source's own keys, of the class that its record names.
    :param size: height and width in pixels that are wanted, ``None`` where any will do.
    :param control: to be asked now and then where listing takes long.
    """

    spec: DataSpec
    options: Options
    size: Size | None
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
    :param file_of: says where a picture's own file lies; ``None`` where no picture has one.
    :param stamps: of the files behind them. With it, what is decoded is kept and comes back while these files, the
        names and the source's own keys are the same; without it, pictures are decoded anew each time.
    """

    names: tuple[str, ...]
    kinds: Indices
    opener: Opener | None = None
    pixels: Pixels | None = None
    columns: Mapping[str, Column] = field(default_factory=dict)
    stamps: Stamps | None = None
    file_of: FileOf | None = None


@dataclass(frozen=True, eq=False)
class Contents:
    """What a source has.

    :param found: how it lies there, what was guessed, and which files are not among the pictures; ``used`` is counted
        from the listings by who reads them.
    :param source: the source that listed it, where one asked another.
    :param families: of each kind, where the source has them; the spec's own win.
    """

    kinds: tuple[str, ...]
    train: Listing
    test: Listing
    found: Accounting = field(default_factory=Accounting)
    source: str = ""
    families: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Recognition:
    """That a source can read what lies at a path.

    :param sure: from 0 to 1, of the scale :data:`SIGNED`, :data:`LAID_OUT`, :data:`PERHAPS`; the surest source reads.
    :param why: what shows it, in words that follow a colon: ``data_batch_1 and batches.meta are CIFAR-10's``.
    """

    sure: float
    why: str


SIGNED = 0.9
"""Its files say so themselves: names and contents of a published format."""

LAID_OUT = 0.6
"""Names and folders lie as in such a set."""

PERHAPS = 0.3
"""It can be tried."""

Recognise = Callable[[Path], Recognition | None]
"""Looks at a path that exists, in well under a second: at names and first bytes, at no picture; ``None``: not mine.

Raises nothing: what cannot be read is not recognised.
"""


@dataclass(frozen=True)
class Source:
    """A source's record with its code.

    :param read: lists the pictures; raises ``DataError`` where they cannot be used.
    :param recognise: whether it can read a path; ``None``: it is used only where it is named.
    """

    info: SourceInfo
    read: Callable[[SourceRequest], Contents]
    recognise: Recognise | None = None
