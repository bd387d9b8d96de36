"""Picture files in folders and archives, however they lie: :mod:`~maga_desk.data.sources.layout` tells how."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image
from pydantic import Field

from maga_desk.data.sources import kinds, label_tables
from maga_desk.data.sources.decode import decode_rgb
from maga_desk.data.sources.label_tables import PictureTable, read_table
from maga_desk.data.sources.large_tables import TooLarge
from maga_desk.data.sources.layout import Laid, in_order, lay_out, same_name, split_of
from maga_desk.data.sources.odd_names import all_writable, as_on_disk, writable
from maga_desk.data.sources.source import LAID_OUT, PERHAPS, Contents, Listing, Recognition, Source, SourceRequest
from maga_desk.data.sources.splitting import set_apart
from maga_desk.data.sources.trees import ARCHIVES, Tree, is_archive, tree_of
from maga_desk.domain.accounting import Accounting, PassedOver
from maga_desk.domain.choices import Options, SourceInfo
from maga_desk.domain.errors import DataError, name_some


class FolderOptions(Options):
    """What may be said where the folders do not tell it."""

    classes: Literal["auto", "first", "last"] = Field(
        "auto", title="Class folder", description="Where folders are nested, which of them is the class"
    )
    test: str | None = Field(None, title="Test folder", description="The folder of the test pictures, if it is another")
    test_share: float = Field(
        0.2, gt=0, lt=1, title="Test share", description="Of pictures without a split, the share that is for testing"
    )
    split_seed: int = Field(0, ge=0, title="Split seed", description="Seed of that split")


def read(request: SourceRequest) -> Contents:
    """List the files.

    :raises DataError: nothing is there, no picture has a class, or this is one split of several.
    """
    options = request.options
    assert isinstance(options, FolderOptions)
    root = Path(request.spec.path or "").expanduser()
    tree = tree_of(root, request.control.checkpoint)
    pictures, skipped, others = _sorted_out(tree)
    inside = [name for names in skipped.values() for name in names if name.lower().endswith(ARCHIVES)]
    if not pictures and len(inside) == 1 and root.is_dir():  # a folder around an archive
        tree = tree_of(root / inside[0], request.control.checkpoint)
        about = others
        pictures, skipped, others = _sorted_out(tree)
        for reason, names in about.items():
            others[reason] += names
    tables = _tables(tree, pictures, others)
    laid = lay_out(pictures, tables, classes=options.classes, test=options.test)
    for reason, names in laid.skipped.items():
        skipped[reason] += names
    if not laid.placed["train"]:
        _refuse(root, tree, laid, skipped)
    _match_tests(laid, skipped)
    groups = _groups(tables, pictures)
    if not laid.placed["test"]:
        _split(root, laid, groups, options)
    if tree.empty:
        laid.guesses.append(f"Empty folders are no classes: {name_some([writable(name) for name in tree.empty], 5)}.")
    classes = in_order(set(laid.placed["train"].values()))
    untested = [kind for kind in classes if kind not in set(laid.placed["test"].values())]
    if untested:
        laid.guesses.append(f"There are no test pictures of {name_some([writable(kind) for kind in untested], 5)}.")
    train, test = (_listing(tree, laid, split, classes, groups) for split in ("train", "test"))
    found = Accounting(
        layout=laid.layout, guesses=tuple(laid.guesses), skipped=_passed_over(skipped), others=_passed_over(others)
    )
    return Contents(tuple(writable(kind) for kind in classes), train, test, found)


_Reasons = dict[str, list[str]]


def _sorted_out(tree: Tree) -> tuple[list[str], _Reasons, _Reasons]:
    """The pictures, what is skipped and what is no picture, each by reason."""
    pictures, skipped, others = list[str](), defaultdict[str, list[str]](list), defaultdict[str, list[str]](list)
    for name in tree.files:
        if kinds.is_plainly_picture(name):
            pictures.append(name)
            continue
        kind = kinds.kind_of(name, lambda name=name: tree.head(name, kinds.HEAD))  # type: ignore[misc]
        if kind.what == "picture":
            pictures.append(name)
        else:
            (skipped if kind.what == "skipped" else others)[kind.reason].append(name)
    for reason, names in tree.lost.items():
        skipped[reason] += names
    return pictures, skipped, others


def _tables(tree: Tree, pictures: Sequence[str], others: _Reasons) -> list[PictureTable]:
    """Tables that name pictures; the deepest first, as the nearest knows best.

    :param others: gets those that are too large.
    """
    found = []
    for name, text in _texts(tree):
        try:
            table = read_table(name, text, pictures)
        except TooLarge:
            others["tables of more rows than are read"].append(name)
        else:
            found += [table] if table is not None else []
    return sorted(found, key=lambda each: -each.name.count("/"))


def _texts(tree: Tree) -> Iterator[tuple[str, str]]:
    """The names and texts of files that may be tables about pictures."""
    for name in tree.files:
        if name.lower().endswith(label_tables.SUFFIXES) and kinds.kind_of(name, bytes).reason == "not pictures":
            with suppress(OSError, UnicodeDecodeError):
                yield name, tree.head(name, label_tables.LARGEST).decode("utf-8-sig")


def _refuse(root: Path, tree: Tree, laid: Laid, skipped: _Reasons) -> None:
    """:raises DataError: always; with what is there instead."""
    reasons = "; ".join(each.line() for each in _passed_over(skipped))
    if any(laid.placed["test"]) or reasons:
        raise DataError("no pictures with a class", where=str(root), todo=reasons or _EXPECTED)
    for name, text in _texts(tree):
        named = label_tables.pictures_in(text)
        if named:
            what = f"{name} names {len(named):,} pictures, and none of them is there ({name_some(named, 1)})"
            raise DataError(what, where=str(root), todo=_AWAY)
    empty = sorted(each.name for each in root.iterdir() if each.is_dir()) if root.is_dir() else []
    if empty:
        raise DataError(f"its folders hold no pictures ({name_some(empty, 3)})", where=str(root), todo=_AWAY)
    raise DataError("no pictures found", where=str(root), todo=_EXPECTED)


_AWAY = "see whether they were moved, or the disk that they are on is not attached"
_EXPECTED = "expected a folder for each class, in train and test or without"


def _match_tests(laid: Laid, skipped: _Reasons) -> None:
    """Give test pictures the training classes' names; those of other classes are skipped."""
    classes = set(laid.placed["train"].values())
    alike = defaultdict[str, list[str]](list)
    for kind in classes:
        alike[same_name(kind)].append(kind)
    renamed, placed = dict[str, str](), dict[str, str]()
    for name, kind in laid.placed["test"].items():
        same = [kind] if kind in classes else alike.get(same_name(kind), [])
        if len(same) == 1:
            placed[name] = same[0]
            if same[0] != kind:
                renamed[writable(kind)] = writable(same[0])
        else:
            skipped[f"test pictures of {writable(kind)}, which has no training pictures"].append(name)
    if renamed:
        pairs = name_some([f"{test} as {train}" for test, train in sorted(renamed.items())], 5)
        laid.guesses.append(f"Test classes are written differently and taken for the same: {pairs}.")
    laid.placed["test"] = placed
    twins = [f"{name_some([writable(kind) for kind in same])}" for same in alike.values() if len(same) > 1]
    if twins:
        laid.guesses.append(
            f"These differ only in how they are written, and are different classes: {'; '.join(twins)}."
        )


def _groups(tables: Sequence[PictureTable], pictures: Sequence[str]) -> dict[str, str]:
    table = next((each for each in tables if each.groups and each.covers(pictures)), None)
    if table is None:
        return {}
    return {name: group for name in pictures if (group := table.group(name))}


def _split(root: Path, laid: Laid, groups: dict[str, str], options: FolderOptions) -> None:
    """Set some training pictures apart for testing.

    :raises DataError: the test pictures lie beside the given folder.
    """
    if split_of(root.name) is not None and root.is_dir() and laid.layout.startswith("No splits"):
        beside = [each.name for each in root.parent.iterdir() if each.is_dir() and split_of(each.name) is not None]
        if others := sorted(set(beside) - {root.name}):
            what = f"this is one split alone; beside it lies {name_some(others)}"
            raise DataError(what, where=str(root), todo=f"give {root.parent}")
    placed = laid.placed["train"]
    apart = set_apart(placed, groups, options.test_share, options.split_seed)
    laid.placed = {
        "train": {name: kind for name, kind in placed.items() if name not in apart},
        "test": {name: kind for name, kind in placed.items() if name in apart},
    }
    if not apart or not laid.placed["train"]:
        raise DataError("too few pictures to set some apart for testing", where=str(root), todo="add a folder test")
    together = ", groups kept together" if groups else ""
    laid.guesses.append(
        f"There are no test pictures: {len(apart):,} of {len(placed):,} are set apart by a seeded split (test_share "
        f"{options.test_share:g}, split_seed {options.split_seed}{together}). If the model was trained on them, its "
        "test accuracy is too good."
    )


def _listing(tree: Tree, laid: Laid, split: str, classes: tuple[str, ...], groups: dict[str, str]) -> Listing:
    position = {name: i for i, name in enumerate(classes)}
    root, placed = laid.root, laid.placed[split]
    files = sorted(placed)
    table = np.array([position[placed[name]] for name in files], dtype=np.int64)
    order = np.argsort(table, kind="stable")
    files, table = [files[i] for i in order.tolist()], table[order]

    def opened(name: str) -> Image.Image:
        return decode_rgb(tree.open(root + as_on_disk(name)), name)

    def file_of(name: str) -> str:
        return os.path.join(tree.folder, root + as_on_disk(name))

    names = all_writable([name.removeprefix(root) for name in files] if root else files)
    columns = {"group": tuple(groups.get(name, "") for name in files)} if groups else {}
    own = file_of if tree.folder else None
    return Listing(names, table, opened, columns=columns, stamps=tree.stamps(files), file_of=own)


def _passed_over(reasons: _Reasons) -> tuple[PassedOver, ...]:
    return tuple(
        PassedOver(reason, tuple(sorted(writable(name) for name in names)))
        for reason, names in reasons.items()
        if names
    )


def recognise(path: Path) -> Recognition | None:
    """Any folder may hold picture files; an archive likewise."""
    if path.is_dir():
        try:
            splits = {split_of(each.name) for each in path.iterdir() if each.is_dir()} - {None}
        except OSError:
            return None
        if "train" in splits and len(splits) > 1:
            return Recognition(LAID_OUT, "it has folders for training and testing")
        return Recognition(PERHAPS, "it is a folder")
    return Recognition(PERHAPS, "it is an archive") if is_archive(path) else None


SOURCE = Source(
    SourceInfo(
        name="folder",
        title="A folder or an archive",
        summary="Picture files in folders by class, with or without train and test; or a zip or tar of them.",
        path="folder or file",
        path_help="a folder with a folder for each class, or a zip or tar of one",
        suffixes=ARCHIVES,
        options=FolderOptions,
    ),
    read,
    recognise,
)
