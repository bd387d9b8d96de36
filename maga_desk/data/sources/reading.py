"""From what a source lists to an image set: the subset, decoding, held-out pictures and families, alike for all."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from maga_desk.data.families import read_families
from maga_desk.data.keeping import DiskShelf
from maga_desk.data.sources.decoding import Decoded, Decoding, decoded
from maga_desk.data.sources.registry import SOURCES
from maga_desk.data.sources.source import Contents, Listing, Report, SourceRequest
from maga_desk.domain.accounting import Accounting
from maga_desk.domain.choices import read_options
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import DataError, OneClassError, name_some
from maga_desk.domain.pictures import ImageSet, PictureIndex, SplitName, chosen
from maga_desk.domain.pixels import Indices, Pixels, Unread
from maga_desk.domain.preprocessing import Framing, Size, as_size
from maga_desk.domain.specs.run import DataSpec


def _unheard(*_: object) -> None:
    return


@dataclass(frozen=True, eq=False)
class ListedPictures:
    """What a spec names, before any picture is decoded.

    :param images: names, labels and kinds, the labels by family if the spec names families. Pictures that prove
        unreadable are among them, and held-out pictures still among the test pictures.
    :param size: that is asked for, ``None`` where any will do.
    :param framing: how a picture is brought to that size.
    """

    spec: DataSpec
    contents: Contents
    images: ImageSet
    families: Mapping[str, str] | None
    size: Size | None
    framing: Framing = field(default_factory=Framing)

    @property
    def kind_of_files(self) -> str:
        """What the time of decoding depends on, in words for a machine: source, side, and how large the files are."""
        listing, large = self.contents.train, ""
        if listing.stamps is not None and len(listing.names):
            each = int(listing.stamps.values[:, 0].sum()) // len(listing.names)
            large = f", files of 2^{each.bit_length()} bytes"
        return f"{self.contents.source}, side {self.size or 'as they are'}{large}"


def load_pictures(
    spec: DataSpec,
    *,
    size: int | Size | None = None,
    control: RunControl | None = None,
    report: Report = _unheard,
    say: Callable[[str], object] = _unheard,
    shelf: DiskShelf | None = None,
) -> ImageSet:
    """The pictures that a spec names: :func:`list_pictures`, then :func:`read_pictures`.

    :raises DataError: an unknown source, or pictures that cannot be used.
    :raises SpecError: a wrong key in ``[data] options``.
    """
    listed = list_pictures(spec, size=size, control=control, report=report)
    return read_pictures(listed, control=control, report=report, say=say, shelf=shelf)


def list_pictures(
    spec: DataSpec,
    *,
    size: int | Size | None = None,
    framing: Framing | None = None,
    control: RunControl | None = None,
    report: Report = _unheard,
) -> ListedPictures:
    """What a spec names. Opens no picture.

    :param size: a side, or height and width, that the model expects, when known; ``spec.size`` wins. Without both: the
        pixels' own where the source brings them, else the first picture's shorter side, at most 224.
    :param framing: how the model expects a picture to be brought to that size; what the spec says of it wins.
    :param report: called with (done, total) now and then, by sources that take long to list.
    :raises DataError: an unknown source, families that do not fit, or nothing that can be used.
    :raises SpecError: a wrong key in ``[data] options``.
    """
    source = SOURCES.find(spec.source)
    options = read_options(source.info.options, spec.options, "[data] options")
    if source.info.path and not spec.path:
        raise DataError(f"no {source.info.path} is given", where="[data] path")
    wanted = as_size(spec.size or size)
    contents = source.read(SourceRequest(spec, options, wanted, control or RunControl(), report))
    contents = replace(contents, source=contents.source or source.info.name)
    families = read_families(spec.families) if spec.families else contents.families
    if len(contents.kinds) < 2:
        kind = OneClassError if contents.kinds else DataError
        what = f"only one class ({contents.kinds[0]})" if contents.kinds else "no classes"
        raise kind(what, where=_where(spec), todo="two or more are needed")
    contents = _counted(replace(contents, train=_subset(contents.train, spec.train_limit, spec.subset_seed)), spec)
    train = _indexed(contents.train, "train", Unread(len(contents.train.names)))
    test = _indexed(contents.test, "test", Unread(len(contents.test.names)))
    images = ImageSet(train, test, contents.kinds, contents.kinds, found=contents.found)
    images = images.with_families(families) if families else images
    return ListedPictures(spec, contents, images, families, wanted, framing_of(spec, framing))


def framing_of(spec: DataSpec, expected: Framing | None = None) -> Framing:
    """How a picture is brought to its size: as the spec says, else as the model expects it, else scaled to cover.

    A policy that the spec names leaves nothing uncut unless it says so too.
    """
    base = expected or Framing()
    crop = spec.crop or (1.0 if spec.resize else base.crop)
    resize = spec.resize or base.resize
    fill = spec.fill or ("black" if spec.resize else base.fill)
    return Framing(resize, crop, spec.interpolation or base.interpolation, fill if resize == "pad" else "black")


def read_pictures(
    listed: ListedPictures,
    *,
    control: RunControl | None = None,
    report: Report = _unheard,
    say: Callable[[str], object] = _unheard,
    shelf: DiskShelf | None = None,
) -> ImageSet:
    """Decode what was listed, or take what is kept of it. A picture that the subset leaves out is never opened.

    :param report: called with (done, total) several times a second.
    :param say: called with a line for a person, where something is not as one would expect.
    :param shelf: where decoded pictures are kept; ``None``: nowhere.
    :raises DataError: pictures that cannot be used.
    :raises Cancelled: in between.
    """
    spec, contents = listed.spec, listed.contents
    read_by = spec.model_copy(update={"source": contents.source})
    train, test = len(contents.train.names), len(contents.test.names)
    how = Decoding(
        read_by, control or RunControl(), lambda done: report(done, train + test), say, shelf, listed.framing
    )
    kept, lost, seen = _index(contents.train, "train", listed.size, how)
    how = replace(how, report=lambda done: report(train + done, train + test))
    kept_test, lost_test, seen_test = _index(contents.test, "test", kept.size, how)
    if not len(kept) or not len(kept_test):
        raise DataError("none of the pictures can be read", where=_where(spec))
    emptied = [name for i, name in enumerate(contents.kinds) if not (kept.kinds == i).any()]
    if emptied and spec.train_limit is None:
        raise DataError(f"no readable training picture of {name_some(emptied)}", where=_where(spec))
    found = _without(contents, lost, lost_test)
    if guess := _size_guess(listed, kept.size, seen):
        found = found.guessed(guess)
    if several := sum(each.several for each in (seen, seen_test) if each is not None):
        files = "1 file holds" if several == 1 else f"{several:,} files hold"
        found = found.guessed(f"{files} more than one picture (frames or pages): the first is used.")
    images = ImageSet(kept, kept_test, contents.kinds, contents.kinds, skipped=(*lost, *lost_test), found=found)
    images = images.holding_out(spec.held_out)
    images = images.judged_on_held_out() if spec.judge_on == "held-out" else images
    return images.with_families(listed.families) if listed.families else images


def _where(spec: DataSpec) -> str:
    return spec.path or f"[data] source = {spec.source}"


def _counted(contents: Contents, spec: DataSpec) -> Contents:
    """The same with how many pictures of each split and class are used."""
    used = {name: _counts(each, contents.kinds) for name, each in (("train", contents.train), ("test", contents.test))}
    found = replace(contents.found, source=contents.source, used=used)
    if spec.train_limit is not None:
        found = found.guessed(f"Of the training pictures a subset of {len(contents.train.names):,} is used.")
    return replace(contents, found=found)


def _counts(listing: Listing, kinds: tuple[str, ...], names: Collection[str] | None = None) -> dict[str, int]:
    """How many pictures of each class, of all or of some names."""
    taken = listing.kinds if names is None else listing.kinds[[name in names for name in listing.names]]
    counts = np.bincount(taken, minlength=len(kinds)).tolist()
    return {kind: count for kind, count in zip(kinds, counts, strict=True) if count}


def _without(contents: Contents, lost: list[str], lost_test: list[str]) -> Accounting:
    """The accounting without pictures that proved unreadable."""
    less = {
        "train": _counts(contents.train, contents.kinds, set(lost)),
        "test": _counts(contents.test, contents.kinds, set(lost_test)),
    }
    return contents.found.skipping("cannot be read", (*lost, *lost_test), less)


def _size_guess(listed: ListedPictures, size: Size, seen: Decoded | None) -> str:
    """What the pictures' size rests on where nothing says it, and how much of the pictures is cut off."""
    if seen is None or seen.first is None:
        return ""
    height, width = size
    said = "" if listed.size else f"Nothing says the size: {width} × {height} pixels follow from the first picture."
    cut = cut_line(listed.framing, (seen.first[1], seen.first[0]), size, seen.cut)
    return f"{said} {cut}".strip()


_LITTLE = 0.02  # of a picture's area: a share that may be cut off without a word


def cut_line(framing: Framing, picture: Size, size: Size, share: float) -> str:
    """That more than a little of the pictures is cut off, or that their shape changes; empty where neither is so.

    :param picture: height and width of the first, as ``size``, to which they are brought.
    :param share: of their area that is cut off, 0 to 1.
    """
    first = f"The first picture is {picture[1]} × {picture[0]}"
    if share > _LITTLE:
        whole = f"[data] size = [{picture[0]}, {picture[1]}] or " if min(picture) >= 8 and max(picture) <= 512 else ""
        return (
            f"{first}: {100 * share:.0f} % of the pictures is cut off to fit {size[1]} × {size[0]}. "
            f'{whole}resize = "squash" or "pad" keep all of them.'
        )
    if framing.resize == "squash" and picture[0] * size[1] != picture[1] * size[0]:
        return f"{first}: it is squashed to {size[1]} × {size[0]}."
    return ""


def _subset(listing: Listing, limit: int | None, seed: int) -> Listing:
    count = len(listing.names)
    if limit is None or limit >= count:
        return listing
    return _some(listing, np.sort(np.random.default_rng(seed).choice(count, size=limit, replace=False)))


def _some(listing: Listing, positions: Indices) -> Listing:
    return replace(
        listing,
        names=tuple(listing.names[i] for i in positions),
        kinds=listing.kinds[positions],
        pixels=None if listing.pixels is None else listing.pixels.take(positions),
        columns={name: chosen(values, positions) for name, values in listing.columns.items()},
    )


def _index(
    listing: Listing, split: SplitName, size: Size | None, how: Decoding
) -> tuple[PictureIndex, list[str], Decoded | None]:
    """The pictures that can be read, the names of the others, and what came of decoding them."""
    pixels = listing.pixels
    if pixels is not None:
        check_size(listing, size)
        return _indexed(listing, split, pixels, how.framing), [], None
    found = decoded(listing, size, how)
    names = [listing.names[i] for i in found.lost]
    if names:
        listing = _some(listing, np.setdiff1d(np.arange(len(listing.names)), found.lost))
    return _indexed(listing, split, found.pixels, how.framing), names, found


def check_size(listing: Listing, size: Size | None) -> None:
    """:raises DataError: the source brings pixels in another size than is asked for."""
    if listing.pixels is not None and size is not None and listing.pixels.size != size:
        height, width = listing.pixels.size
        what = f"the pictures are {width} x {height} pixels, not {size[1]} x {size[0]}"
        raise DataError(what, where="[data] size")


def _indexed(listing: Listing, split: SplitName, pixels: Pixels, framing: Framing | None = None) -> PictureIndex:
    kinds, names = listing.kinds, listing.names
    return PictureIndex(
        pixels, kinds, kinds, names, split, listing.columns, listing.opener, listing.file_of,
        framing=framing or Framing(),
        versions=None if listing.stamps is None else listing.stamps.versions(len(names)),
    )  # fmt: skip
