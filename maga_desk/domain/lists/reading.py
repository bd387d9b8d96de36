"""What a list means: which of its columns is taken, what the entries of it stand for, and which pictures that gives.

An entry may be a picture's name or path, a SHA-256, a value of a column of the source, or a position. What is meant
follows from the pictures where it can; a person may say it, in the window, or by ``files_column``, ``files_as``,
``files_below`` and ``index_base`` in ``[forget]``. Nothing is guessed where two readings give other pictures.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from maga_desk.domain.errors import ForgetError, name_some
from maga_desk.domain.evenly import evenly_placed
from maga_desk.domain.lists.among import LookedUp, value_of
from maga_desk.domain.lists.found import Found, Look, finished, matching
from maga_desk.domain.lists.heads import without_head
from maga_desk.domain.lists.names import Names
from maga_desk.domain.lists.numbers import Base, BaseUnsaid, Content, Numbers, counted, numbers_in, of_list
from maga_desk.domain.lists.ways import ListText, ListWay, ways_of

NAME, HASH, NUMBER = "name", "sha256", "number"
MEANINGS = {NAME: "names and paths", HASH: "SHA-256", NUMBER: "positions"}
SAY_AS = "say it by [forget] files_as"

_HASH = re.compile(r"\s*[\"']?(?:sha-?256:)?\\?([0-9a-f]{64})(?:[\"']?\s*$|\s+[ *]?\S)", re.IGNORECASE)
_ANY_HASH = re.compile(r"(?<![0-9a-fA-F])[0-9a-fA-F]{64}(?![0-9a-fA-F])")
_FILE = re.compile(r"\.\w{2,4}[\"']?\s*$")
_WHOLE = re.compile(r"\s*[+-]?(0|[1-9]\d{0,17})\s*")
_TRIED = 1_000  # entries that tell what a column holds
_MOST_COLUMNS = 24


class MeaningUnsaid(ForgetError):
    """Entries that may be positions, or values of a column."""


@dataclass(frozen=True)
class ListChoice:
    """What a person says of a list; empty where it is to follow from the pictures.

    :param column: the title of the column to take, or its number from 1.
    :param taken_as: ``name``, ``sha256``, ``number``, or a column of the source, of which an entry is a value.
    :param base: what positions count from.
    :param below: the folder that the list's paths lie below, where that is not the picture folder.
    """

    column: str = ""
    taken_as: str = ""
    base: Base | None = None
    below: str = ""


@dataclass(frozen=True)
class ListReading:
    """How a list was read, and what that gives.

    :param form: how it is written, in words; ``encoding``: of its bytes, empty where it was pasted.
    :param columns: the columns that may be taken, by the key of each, in words; empty where there is no choice.
    :param column: the key of the one that is.
    :param meanings: what the entries may stand for, by the key of each, in words.
    :param taken_as: what they are taken for.
    :param bases: of positions that may count from 0 or from 1, the first picture by each.
    :param base: what they are counted from.
    :param folder: a folder that paths lie below and that is not the picture folder; empty where there is none.
    :param entries: how many there are.
    :param head: what was taken for the title over a column without being known as one; empty where nothing was.
    :param flags: how many entries were left out because the list says no of them, in words.
    :param found: the pictures; ``None`` where something has to be said or read first.
    :param unsaid: what that is: ``base``, ``meaning``, ``column``, or ``hashes`` (files have to be read); else empty.
    """

    form: str
    encoding: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    column: str = ""
    meanings: Mapping[str, str] = field(default_factory=dict)
    taken_as: str = NAME
    bases: tuple[str, str] | None = None
    base: Base | None = None
    folder: str = ""
    entries: int = 0
    head: str = ""
    flags: str = ""
    found: Found | None = None
    unsaid: str = ""

    def words(self) -> str:
        """In a line: ``A table with tabs, UTF-8; column 2 of 3 ('path'), 500 entries read as names and paths``."""
        form = f"{self.form[:1].upper()}{self.form[1:]}"
        said = [f"{form}, {self.encoding}" if self.encoding else form]
        column = f"{self.columns[self.column]}, " if self.column in self.columns else ""
        count = "1 entry" if self.entries == 1 else f"{self.entries:,} entries"
        meaning = self.meanings.get(self.taken_as, "")
        said.append(f"{column}{count} read as {meaning}" if meaning else f"{column}{count}")
        if self.head:
            said.append(f"the first line ('{self.head}') was taken for titles")
        if self.flags:
            said.append(f"{self.flags[:1].lower()}{self.flags[1:].rstrip('.')}")
        return "; ".join(said)


def reading(
    content: Content, among: LookedUp, choice: ListChoice = ListChoice(), *, where: str | None = None
) -> Generator[int, None, ListReading]:
    """Read a list; yields how many of its entries were looked up, now and then.

    :raises ForgetError: it holds nothing, or what a person said of it does not fit.
    """
    names = among.names.below(choice.below)
    encoding = ""
    yield 0
    if isinstance(content, str | ListText):
        text, encoding = (content, "") if isinstance(content, str) else (content.text, content.encoding)
        if choice.taken_as in ("", NUMBER) and not choice.column:
            numbers = numbers_in(text, names, where)
            if numbers is not None:
                read = ListReading("numbers", encoding, entries=numbers.size)
                return _as_positions(read, numbers, among, choice, where)
        ways = ways_of(text)
    elif content.dtype.kind in "US":
        ways = [ListWay("an array of text", lambda: _texts(content), _texts(content), is_data=True)]
    else:
        return _positions(ListReading("an array", entries=int(content.size)), content, among, choice, where)
    yield 0
    way, hits, beside = _taken(ways, among, names, choice)
    taken_as = choice.taken_as or next(iter(hits), NAME)
    entries, head = without_head(way, names, among, taken_as)
    if not entries:
        raise ForgetError("names no picture", where=where, todo="write one picture name a line")
    may_be = [*hits, *(_meanings(_some(way.some), among, names, ListChoice()) if choice.taken_as else ())]
    meanings = {key: meaning_words(key) for key in (*may_be, *_rarer(entries, may_be, among))}
    columns = {each.key: each.column for each in beside}
    read = ListReading(
        way.form, encoding, columns, way.key, meanings, taken_as, entries=len(entries), head=head, flags=way.flags()
    )
    if unsaid := _is_open(beside, hits, choice, among):
        return replace(read, unsaid=unsaid, taken_as="" if unsaid == "meaning" else taken_as)
    if taken_as == NUMBER:
        return _counted_lines(read, entries, among, choice, where)
    column = way.column if not head else f"column {way.number} of {way.of}"  # what is no title may be a person's name
    if taken_as == HASH:
        if among.hashes is None:
            return replace(read, unsaid="hashes")
        found = yield from matching(entries, names, _by_hash(among.hashes), all_of=True, column=column)
        return replace(read, found=_beside(read, replace(found, counted="Entries are the SHA-256 of picture files.")))
    if taken_as != NAME:
        found = yield from _by_column(entries, among, names, taken_as, column)
        return replace(read, found=_beside(read, found))
    found = yield from matching(entries, names, names.find, names.find_in_any_case, column=column)
    folder = "" if choice.below else _folder_of(found.missing, names)
    return replace(read, found=_beside(read, found), folder=folder)


def listed(
    content: Content,
    among: LookedUp | Names,
    *,
    base: Base | None = None,
    choice: ListChoice | None = None,
    where: str | None = None,
) -> Found:
    """The pictures that a list stands for.

    :param base: what positions count from; part of ``choice``, where that is given.
    :raises BaseUnsaid: positions that may count from 0 or from 1.
    :raises MeaningUnsaid: entries that may be several things.
    :raises ForgetError: it names nothing, or holds what is no picture's.
    """
    looked = among if isinstance(among, LookedUp) else LookedUp(among)
    read = finished(reading(content, looked, choice or ListChoice(base=base), where=where))
    if read.unsaid == "base" and read.bases is not None:
        raise BaseUnsaid(read.bases, where=where)
    if read.unsaid == "meaning":
        may_be = " or ".join(read.meanings.values())
        raise MeaningUnsaid(f"its entries may be {may_be}", where=where, todo=SAY_AS)
    if read.unsaid == "column":
        todo = "keep the column of the positions, or name it by [forget] files_column"
        raise ForgetError("several numbers stand on each line", where=where, todo=todo)
    if read.unsaid == "hashes":
        raise ForgetError("holds SHA-256, and the pictures are no files of their own", where=where)
    assert read.found is not None
    return read.found


def match(text: str, names: Names, *, where: str | None = None) -> Found:
    """The pictures that a text names, and nothing but their names.

    :raises ForgetError: it names nothing.
    """
    return listed(text, LookedUp(names), choice=ListChoice(taken_as=NAME), where=where)


def hashes_in(content: Content) -> frozenset[str]:
    """What of a list looks like a SHA-256, in small letters."""
    if not isinstance(content, str | ListText):
        return frozenset()
    text = content if isinstance(content, str) else content.text
    return frozenset(each.lower() for each in _ANY_HASH.findall(text))


def meaning_words(key: str) -> str:
    """What entries are taken for, in words."""
    return MEANINGS.get(key, f"values of {key}")


def _taken(
    ways: Sequence[ListWay], among: LookedUp, names: Names, choice: ListChoice
) -> tuple[ListWay, dict[str, int], list[ListWay]]:
    """The way that is taken, what its entries may stand for, and the columns that a person may choose from.

    Names come first: of a table with subjects and files, the files are taken.
    """
    asked = ways
    if choice.column:
        asked = [way for way in ways if choice.column in (way.key, str(way.number))]
        if not asked:
            known = [way.key for way in ways if way.key]
            said = f"there are {name_some(known, 8)}" if known else "it has no columns"
            raise ForgetError(f"has no column '{choice.column}'", todo=said)
    fits = [_meanings(_some(way.some), among, names, choice) for way in asked]
    scores = [_score(way, hits) for way, hits in zip(asked, fits, strict=True)]
    best = max(range(len(asked)), key=lambda place: (scores[place], -place))
    beside = [way for way in ways if way.key and way.form == asked[best].form]
    return asked[best], fits[best], beside if len(beside) > 1 else []


def _score(way: ListWay, hits: Mapping[str, int]) -> tuple[int, int, int, int]:
    """How much speaks for a way: names that are there, hashes and values, what is written like files, then numbers."""
    others = max((count for key, count in hits.items() if key not in (NAME, NUMBER)), default=0)
    like_files = sum(bool(_FILE.search(each)) for each in _some(way.some))
    return hits.get(NAME, 0), others, like_files, hits.get(NUMBER, 0)


def _rarer(entries: Sequence[str], hits: Sequence[str], among: LookedUp) -> list[str]:
    """Columns that hold some of the entries although more of them are something else: a person may mean these."""
    some = _some(entries)
    columns = [each for each in list(among.columns)[:_MOST_COLUMNS] if each not in hits]
    return [each for each in columns if any(value_of(entry) in among.values(each) for entry in some)]


def _is_open(ways: Sequence[ListWay], hits: Mapping[str, int], choice: ListChoice, among: LookedUp) -> str:
    """What a person has to say: which column of a table of numbers, or what entries are that may be several things."""
    if len(ways) > 1 and not choice.column and list(hits) == [NUMBER]:
        numbers = [way for way in ways if _meanings(_some(way.some), among, among.names, choice).keys() == {NUMBER}]
        if len(numbers) > 1:
            return "column"
    if choice.taken_as or NAME in hits or not hits:
        return ""
    return "meaning" if len(hits) > 1 or not _is_sure(next(iter(hits)), among) else ""


def _is_sure(meaning: str, among: LookedUp) -> bool:
    """Whether entries mean one picture each; what stands for many is only taken where a person says so."""
    return meaning in MEANINGS or among.is_id(meaning)


def _meanings(entries: Sequence[str], among: LookedUp, names: Names, choice: ListChoice) -> dict[str, int]:
    """What entries may stand for, and how many of them fit: names alone where there are any."""
    asked = choice.taken_as
    hits: dict[str, int] = {}
    if asked in ("", NAME):
        hits[NAME] = sum(bool(names.find(each) or names.find_in_any_case(each)) for each in entries)
    if asked in ("", HASH):
        hits[HASH] = sum(bool(_HASH.match(each)) for each in entries)
    for column in _columns_asked(among, choice):
        values = among.values(column)
        hits[column] = sum(value_of(each) in values for each in entries)
    if asked in ("", NUMBER):
        whole = sum(bool(_WHOLE.fullmatch(each)) for each in entries)
        hits[NUMBER] = whole if whole >= len(entries) - 1 else 0  # one may be a title
    if asked:
        return hits
    if hits[NAME]:
        return {NAME: hits[NAME]}
    return {key: count for key, count in hits.items() if count and count * 2 >= len(entries)}


def _columns_asked(among: LookedUp, choice: ListChoice) -> list[str]:
    column = choice.taken_as
    if not column:
        return list(among.columns)[:_MOST_COLUMNS]
    if column in MEANINGS:
        return []
    if column not in among.columns:
        known = name_some([*MEANINGS, *among.columns], 12)
        raise ForgetError(f"the pictures have no column '{column}'", where="[forget] files_as", todo=f"one of {known}")
    return [column]


def _as_positions(
    read: ListReading, numbers: Numbers, among: LookedUp, choice: ListChoice, where: str | None
) -> ListReading:
    """Numbers alone: positions, or values of a column where they are some of those."""
    meanings = {NUMBER: MEANINGS[NUMBER]}
    if numbers.dtype != bool and np.issubdtype(numbers.dtype, np.integer) and numbers.size:
        flat = numbers.reshape(-1)
        some = [str(each) for each in flat[evenly_placed(len(flat), _TRIED)].tolist()]
        for column in list(among.columns)[:_MOST_COLUMNS]:
            values = among.values(column)
            if sum(each in values for each in some) * 2 > len(some):
                meanings[column] = meaning_words(column)
    read = replace(read, meanings=meanings, taken_as=NUMBER)
    if len(meanings) > 1 and not choice.taken_as and choice.base is None:
        return replace(read, unsaid="meaning", taken_as="")
    return _positions(read, numbers, among, choice, where)


def _positions(
    read: ListReading, numbers: Numbers, among: LookedUp, choice: ListChoice, where: str | None
) -> ListReading:
    names = among.names
    read = replace(read, taken_as=NUMBER, meanings=read.meanings or {NUMBER: MEANINGS[NUMBER]}, base=choice.base)
    if numbers.dtype == bool:
        read = replace(read, form="a mask of yes and no")
    try:
        return replace(read, found=counted(numbers, names, len(names), base=choice.base, where=where))
    except BaseUnsaid as error:
        return replace(read, bases=error.readings, unsaid="base")


def _counted_lines(
    read: ListReading, entries: Sequence[str], among: LookedUp, choice: ListChoice, where: str | None
) -> ListReading:
    """Lines that are positions; those that are not were not found."""
    whole = [int(each) for each in entries if _WHOLE.fullmatch(each)]
    others = dict.fromkeys(each.strip() for each in entries if not _WHOLE.fullmatch(each))
    read = _positions(read, of_list(whole, where), among, choice, where)
    if read.found is None:
        return read
    found = replace(read.found, missing=(*read.found.missing, *others))
    return replace(read, found=_beside(read, found))


def _beside(read: ListReading, found: Found) -> Found:
    """With what of the list is no entry."""
    return replace(found, head=read.head, flags=read.flags)


def _by_column(
    entries: Sequence[str], among: LookedUp, names: Names, column: str, taken_from: str
) -> Generator[int, None, Found]:
    """Every picture of each value."""
    values = among.values(column)
    found = yield from matching(
        entries, names, lambda entry: values.get(value_of(entry), []), all_of=True, column=taken_from
    )
    total = len(found.indices)
    pictures = "1 picture" if total == 1 else f"{total:,} pictures"
    return replace(found, counted=f"Entries are values of the column {column}: {pictures} in all.")


def _by_hash(hashes: Callable[[str], Sequence[int]]) -> Look:
    def look(entry: str) -> Sequence[int]:
        told = _HASH.match(entry)
        return hashes(told[1].lower()) if told else ()

    return look


def _some(entries: Sequence[str]) -> list[str]:
    """Of long columns some entries from all over it; a title, which is no entry, is outweighed."""
    return [entries[i] for i in evenly_placed(len(entries), _TRIED)] if entries else []


def _folder_of(missing: Iterable[str], names: Names) -> str:
    """What paths that were not found lie below, where what follows is how pictures are called."""
    times: dict[str, int] = {}
    for number, entry in enumerate(missing):
        if number >= _TRIED:
            break
        if folder := names.folder_of(entry):
            times[folder] = times.get(folder, 0) + 1
    return max(times, key=lambda each: times[each]) if times else ""


def _texts(array: Numbers) -> list[str]:
    flat = array.reshape(-1).tolist()
    return [each.decode("utf-8", "replace") if isinstance(each, bytes) else each for each in flat]
