"""How pictures lie in folders: which are for training and testing, and of which class. Looks at paths alone.

torchvision's ``ImageFolder`` takes the first folder for the class, whatever lies deeper, and so is it here unless
something tells otherwise. All that is guessed is said.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from maga_desk.data.sources.label_tables import PictureTable
from maga_desk.domain.errors import name_some

Split = Literal["train", "test", "val"]
ClassFolder = Literal["auto", "first", "last"]

_WORDS: Mapping[Split, str] = {
    "train": "train training trn",
    "test": "test testing tst",
    "val": "val valid validation validate dev eval evaluation",
}
_SPLIT = re.compile(
    r"(?:(?:images?|pictures?|imgs?|data|my)[-_ ]?)?(" + "|".join(" ".join(_WORDS.values()).split()) + r")"
    r"(?:[-_ ]?(?:set|data|split|images?|pictures?|imgs?|folder))?[-_ ]?\d*"
)
_SPLITS: Mapping[str, Split] = {word: split for split, words in _WORDS.items() for word in words.split()}
_NUMBERED = re.compile(r"(.*?\D)?[-_. ]*\(?\d+\)?")
_NO_CLASSES = frozenset(
    {"", "img", "image", "images", "dsc", "dscn", "pic", "picture", "photo", "frame", "scan", "file"}
)

NO_CLASS = "no class is known of them"
_BESIDE = "beside the folders of the splits"


@dataclass
class Laid:
    """Which picture is what.

    :param root: the folder below the path that all lies in, with a slash at its end; empty for the path itself.
    :param placed: of ``train`` and ``test``, the pictures with their classes.
    :param unsplit: nothing says which pictures are for testing: all stand in ``train``.
    """

    root: str = ""
    placed: dict[str, dict[str, str]] = field(default_factory=lambda: {"train": {}, "test": {}})
    skipped: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    layout: str = ""
    guesses: list[str] = field(default_factory=list)
    unsplit: bool = False


def split_of(folder: str) -> Split | None:
    """Which split a folder's name stands for; ``None``: none."""
    found = _SPLIT.fullmatch(folder.lower())
    return _SPLITS[found[1]] if found else None


def lay_out(
    pictures: Sequence[str],
    tables: Sequence[PictureTable] = (),
    *,
    classes: ClassFolder = "auto",
    test: str | None = None,
) -> Laid:
    """Tell splits and classes.

    :param pictures: paths with slashes.
    :param tables: tables beside them that name pictures and classes.
    :param classes: which folder names the class where they are nested.
    :param test: the folder of the test pictures, where there are several.
    """
    laid = Laid()
    laid.root, below, direct = _around(pictures, tables)
    if laid.root:
        laid.guesses.append(f"All pictures lie in {laid.root.rstrip('/')}; names are taken from there.")
    splits = _split_folders(below, test)
    if not splits and (swapped := _class_first(below)):
        laid.layout = "A folder for each class, with train and test in each."
        for split, placed in swapped.items():
            laid.placed[split] = placed
        return laid
    if splits:
        _by_splits(laid, below, direct, splits, tables, classes)
    else:
        _without_splits(laid, pictures, tables, classes)
    return laid


def _tops(pictures: Sequence[str], root: str) -> tuple[dict[str, list[str]], list[str]]:
    """The pictures by the first folder below a root, and those that lie in it directly."""
    below, direct = defaultdict[str, list[str]](list), list[str]()
    start = len(root)
    for name in pictures:
        end = name.find("/", start)
        (direct if end < 0 else below[name[start:end]]).append(name)
    return dict(below), direct


def _around(pictures: Sequence[str], tables: Sequence[PictureTable]) -> tuple[str, dict[str, list[str]], list[str]]:
    """The folders that lie around all: one alone, that is no split, and not the only class; and what lies in them."""
    root = ""
    while True:
        below, direct = _tops(pictures, root)
        if direct or len(below) != 1:
            return root, below, direct
        ((name, inside),) = below.items()
        deeper = f"{root}{name}/"
        nested, flat = _tops(inside, deeper)
        labelled = any(table.covers(inside) for table in tables) or _named_classes(inside) is not None
        if split_of(name) is not None or not (nested or labelled) or (nested and flat):
            return root, below, direct
        root = deeper


def _split_folders(below: Mapping[str, list[str]], test: str | None) -> dict[str, Split]:
    """The folders that are splits. A class may be called train: alone among others it is one."""
    found = {name: split for name in below if (split := split_of(name)) is not None}
    if test is not None and test in below:
        found = {name: "val" if split == "test" else split for name, split in found.items()} | {test: "test"}
    if "train" not in found.values():
        return {}
    if len(set(found.values())) == 1 and len(below) > len(found):
        (name,) = list(found)[:1]
        if not any("/" in each.split(f"{name}/", 1)[1] for each in below[name]):
            return {}
    return found


def _class_first(below: Mapping[str, list[str]]) -> dict[str, dict[str, str]] | None:
    """``cat/train/0.jpg``, ``cat/test/0.jpg``."""
    placed: dict[str, dict[str, str]] = {"train": {}, "test": {}}
    for kind, inside in below.items():
        for name in inside:
            parts = name.split(f"{kind}/", 1)[1].split("/")
            split = split_of(parts[0]) if len(parts) > 1 else None
            if split is None:
                return None
            placed["train" if split == "train" else "test"][name] = kind
    return placed if placed["train"] and placed["test"] else None


def _by_splits(
    laid: Laid,
    below: Mapping[str, list[str]],
    direct: list[str],
    splits: Mapping[str, Split],
    tables: Sequence[PictureTable],
    classes: ClassFolder,
) -> None:
    beside = [name for folder, inside in below.items() if folder not in splits for name in inside]
    if beside or direct:
        laid.skipped[_BESIDE] += [*direct, *beside]
    folders: dict[Split, list[str]] = {"train": [], "test": [], "val": []}
    for folder, split in splits.items():
        folders[split].append(folder)
    trained = _of(folders["train"], below)
    known, how, lost = _labelled(trained, laid.root, folders["train"], tables, classes)
    laid.skipped[NO_CLASS] += lost
    laid.placed["train"] = known
    names = set(known.values())
    tested: dict[Split, dict[str, str]] = {}
    for split in ("test", "val"):
        inside = _of(folders[split], below)
        tested[split], _, unknown = _labelled(inside, laid.root, folders[split], tables, classes, names, how)
        laid.skipped[NO_CLASS] += unknown
    judged: Split = "test" if tested["test"] or not tested["val"] else "val"
    laid.placed["test"] = tested[judged]
    if judged == "test" and tested["val"]:
        where = ", ".join(folders["val"])
        laid.skipped[f"the validation split ({where}) is not needed where there is a test split"] += list(tested["val"])
    laid.layout = f"Splits in {name_some([*folders['train'], *folders[judged]])}; {how}."
    if judged == "val":
        laid.guesses.append(f"{' and '.join(folders['val'])} is taken for the test pictures.")
    laid.unsplit = not laid.placed["test"]


def _of(folders: Sequence[str], below: Mapping[str, list[str]]) -> list[str]:
    return [name for folder in folders for name in below[folder]]


def _without_splits(laid: Laid, pictures: Sequence[str], tables: Sequence[PictureTable], classes: ClassFolder) -> None:
    known, how, lost = _labelled(list(pictures), laid.root, [], tables, classes)
    laid.skipped[NO_CLASS] += lost
    laid.placed["train"], laid.unsplit = known, True
    laid.layout = f"No splits; {how}."
    table = next((each for each in tables if each.splits and each.covers(pictures)), None)
    if table is None:
        return
    sides = {name: split_of(table.split(name) or "") for name in known}
    if {"train"} < {side for side in sides.values() if side}:
        laid.unsplit = False
        laid.layout = f"Splits as {table.name} says; {how}."
        laid.placed = {
            "train": {name: known[name] for name, side in sides.items() if side == "train"},
            "test": {name: known[name] for name, side in sides.items() if side in ("test", "val")},
        }
        laid.skipped[f"{table.name} says no split of them"] += [name for name, side in sides.items() if side is None]


_FROM_TABLE, _FROM_NAMES = "classes as {} says", "classes as the file names begin"


def _labelled(
    pictures: list[str],
    root: str,
    folders: Sequence[str],
    tables: Sequence[PictureTable],
    classes: ClassFolder,
    known: set[str] | None = None,
    how: str = "",
) -> tuple[dict[str, str], str, list[str]]:
    """Class by picture, how it was told, and the pictures of no known class.

    :param folders: the split's, below the root; none where there are no splits.
    :param known: the training classes, for test pictures.
    """
    if not pictures:
        return {}, how, []
    homes = {name: name.rpartition("/")[0] for name in pictures}
    parts = {home: _parts(home[len(root) :])[1 if folders else 0 :] for home in set(homes.values())}
    flat = [name for name, home in homes.items() if not parts[home]]
    nested = {name: home for name, home in homes.items() if parts[home]} if flat else homes
    firsts = {each[0] for each in parts.values() if each}
    if len(firsts) > 1 or (nested and not flat and not _labels(pictures, tables, known)):
        placed, by = _by_folders(nested, parts, classes, known)
        if known is not None and len(found := set(placed.values())) == 1 and not _alike(found, known):
            return {}, how, pictures  # test/images/*: a folder around, that names no class
        return placed, by, flat
    told = _labels(pictures, tables, known)
    if told is None and nested and not flat:
        told = _by_folders(nested, parts, classes, known)
    if told is None:
        return {}, how or "nothing says the classes", pictures
    placed, how = told
    return placed, how, [name for name in pictures if name not in placed]


def _labels(
    pictures: list[str], tables: Sequence[PictureTable], known: set[str] | None
) -> tuple[dict[str, str], str] | None:
    """Classes by a table, else by what the file names begin with."""
    for table in tables:
        if table.labels and table.covers(pictures):
            found = {name: label for name in pictures if (label := table.label(name))}
            if known is None or known & set(found.values()):
                return found, _FROM_TABLE.format(table.name)
    named = _named_classes(pictures) if known is None else _known_beginnings(pictures, known)
    return (named, _FROM_NAMES) if named else None


def _parts(folders: str) -> list[str]:
    return folders.split("/") if folders else []


def _by_folders(
    homes: Mapping[str, str], parts: Mapping[str, list[str]], classes: ClassFolder, known: set[str] | None
) -> tuple[dict[str, str], str]:
    """Classes by the first or the last folder.

    :param homes: the folder of each picture.
    :param parts: of each folder the folders on the way to it; of some none.
    """
    paths = {home: path for home, path in parts.items() if path}
    while all(len(path) > 1 for path in paths.values()) and len({path[0] for path in paths.values()}) == 1:
        paths = {home: path[1:] for home, path in paths.items()}
    last = classes == "last" or (classes == "auto" and _last_is_class(list(paths.values()), known))
    kinds = {home: path[-1 if last else 0] for home, path in paths.items()}
    placed = {name: kinds[home] for name, home in homes.items()}
    if all(len(path) == 1 for path in paths.values()):
        return placed, "a folder for each class"
    if last:
        return placed, "nested folders, of which the last is the class"
    return placed, "nested folders, of which the first is the class"


def _last_is_class(paths: list[list[str]], known: set[str] | None) -> bool:
    """Whether nested folders are groups of classes: as deep everywhere, each in one group, called by words."""
    if known is not None:
        return len({path[-1] for path in paths} & known) > len({path[0] for path in paths} & known)
    if len({len(path) for path in paths}) > 1 or len(paths[0]) == 1:
        return False
    groups = {tuple(path) for path in paths}
    lasts = Counter(path[-1] for path in groups)
    wordy = sum(not re.search(r"\d", name) for name in lasts)
    return max(lasts.values()) == 1 and len(lasts) > len({path[0] for path in groups}) and wordy == len(lasts)


def _stem(name: str) -> str:
    return name.rpartition("/")[2].rpartition(".")[0] or name.rpartition("/")[2]


def _named_classes(pictures: Sequence[str]) -> dict[str, str] | None:
    """``cat.0.jpg`` and ``dog_17.jpg``: all names end in numbers, and several pictures begin alike."""
    found = dict[str, str]()
    for name in pictures:
        match = _NUMBERED.fullmatch(_stem(name))
        begin = (match[1] or "").rstrip("-_. (") if match else ""
        if begin.lower() in _NO_CLASSES or split_of(begin) is not None:
            return None
        found[name] = begin
    counts = Counter(found.values())
    return found if len(counts) > 1 and 2 * len(counts) <= len(found) else None


def _known_beginnings(pictures: Sequence[str], known: set[str]) -> dict[str, str]:
    """Test pictures whose names begin with a training class."""
    longest = sorted(known, key=len, reverse=True)
    found = dict[str, str]()
    for name in pictures:
        stem = _stem(name)
        kind = next((k for k in longest if stem.startswith(k) and not stem[len(k) :][:1].isalpha()), None)
        if kind is not None and not kind.isdigit():
            found[name] = kind
    return found


def _alike(some: set[str], known: set[str]) -> bool:
    return bool({same_name(name) for name in some} & {same_name(name) for name in known})


def same_name(name: str) -> str:
    """Equal for names that a person would take for one: in any case, accents as one character or two."""
    return unicodedata.normalize("NFC", name).casefold()


def in_order(names: set[str]) -> tuple[str, ...]:
    """Classes in order; as numbers where all are numbers."""
    if all(name.isascii() and name.isdigit() for name in names):
        return tuple(sorted(names, key=lambda name: (int(name), name)))
    return tuple(sorted(names))
