"""What is known of pictures, and which of them a query finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.copies import NEAR, Copies
from maga_desk.domain.errors import name_some
from maga_desk.domain.finding.columns import Coded, coded, folded
from maga_desk.domain.finding.compared import ALIASES
from maga_desk.domain.finding.order import Order
from maga_desk.domain.finding.query import (
    AllOf,
    Condition,
    Not,
    QueryError,
    Term,
    Word,
    columns_of,
    names_column,
    parse,
)
from maga_desk.domain.nearest import nearest
from maga_desk.domain.pictures import ImageSet, PictureIndex
from maga_desk.domain.pixels import Indices
from maga_desk.services.finding.matching import Matcher

if TYPE_CHECKING:
    from torch import Tensor

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class KnownColumn:
    """A column that can be asked for.

    :param make: makes it when it is first asked for; ``None``: it is not known here.
    :param lacking: what it would take.
    """

    make: Callable[[], Coded] | None
    lacking: str = ""


class PictureFacts:
    """What is known of N pictures.

    :param columns: by name in small letters.
    """

    def __init__(self, count: int, columns: Mapping[str, KnownColumn]) -> None:
        self._count, self._known = count, columns
        self._made: dict[str, Coded] = {}
        self._matchers: dict[str, Matcher] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that are known here."""
        return tuple(name for name, known in self._known.items() if known.make is not None)

    def column(self, name: str) -> Coded:
        """One that is known; made on its first use."""
        if name not in self._made:
            make = self._known[name].make
            assert make is not None
            self._made[name] = make()
        return self._made[name]

    def having(self, name: str, column: Callable[[], Coded]) -> PictureFacts:
        """The same with one more column, or another of that name; what was made of the others is shared."""
        other = PictureFacts(self._count, {**self._known, name: KnownColumn(column)})
        other._made = {key: each for key, each in self._made.items() if key != name}
        other._matchers = {key: each for key, each in self._matchers.items() if key != name}
        return other

    def find(self, query: str) -> Indices:
        """``(n,) int64``: positions of the pictures that a query finds, ascending; all for an empty one.

        :raises QueryError: it cannot be read, names a column that is not there, or compares what cannot be.
        """
        return np.flatnonzero(self._mask(query, parse(query)))

    def orders(self) -> tuple[Order, ...]:
        """By what they can be ordered. What a column holds is not looked at: it may not have been made."""
        found = list[Order]()
        for name in self.names:
            if name == "like":
                found.append(Order(name, "most alike first", descending=True))
            elif name in _BOTH_WAYS:
                found += [Order(name, f"{name}, lowest first"), Order(name, f"{name}, highest first", descending=True)]
            elif name not in _NO_ORDER:
                found.append(Order(name, "marked first" if name == "in" else f"by {name}"))
        return tuple(found)

    def ranks(self, order: Order) -> Indices:
        """``(N,) int64``: the place of each picture's value; pictures of which nothing is known come last."""
        column = self.column(order.column)
        values = [folded(each) for each in column.values] if isinstance(column.values, tuple) else column.values
        places = np.empty(len(values) + 1, dtype=np.int64)
        if isinstance(values, list):
            sequence = np.array(sorted(range(len(values)), key=values.__getitem__), dtype=np.int64)
        else:
            sequence = np.argsort(values, kind="stable")
        places[sequence] = np.arange(len(values))[:: -1 if order.descending else 1]
        places[-1] = len(values)
        return np.asarray(places[column.codes])

    def _mask(self, query: str, term: Term) -> Mask:
        if isinstance(term, Word):
            return self._matcher("name").containing(term.text)
        if isinstance(term, Not):
            return ~self._mask(query, term.of)
        if isinstance(term, Condition):
            return self._compared(query, term)
        parts = [self._mask(query, each) for each in term.of]
        found: Mask = np.ones(self._count, dtype=bool)
        if parts:
            found = (np.logical_and if isinstance(term, AllOf) else np.logical_or).reduce(parts)
        return found

    def _compared(self, query: str, term: Condition) -> Mask:
        name = self._checked(query, term)
        value = term.values[0]
        other = self.own_name(value.text)
        if names_column(term, value) and other in self.names and folded(value.text) not in self._texts(name):
            return self._beside(query, term, self.column(name), self.column(other))
        return self._matcher(name).compared(query, term)

    def _texts(self, name: str) -> frozenset[str]:
        values = self.column(name).values
        return frozenset(map(folded, values)) if isinstance(values, tuple) and len(values) <= _FEW else frozenset()

    def own_name(self, asked: str) -> str:
        """What a column is called here; another word for one counts only where no column has it for a name."""
        name = folded(asked)
        return name if name in self._known else ALIASES.get(name, name)

    def _checked(self, query: str, term: Condition) -> str:
        """The column's own name.

        :raises QueryError: there is none, or it is not known here.
        """
        name = self.own_name(term.column)
        known = self._known.get(name)
        if known is None:
            near = nearest(term.column, self.names)
            there = f"the nearest is {near[0]}" if near else f"there are {name_some(self.names, 12)}"
            what = f"there is no column {term.column}; {there}"
            raise QueryError(query, term.span.start, term.span.end, what)
        if known.make is None:
            raise QueryError(query, term.span.start, term.span.end, f"{name} is not known here: {known.lacking}")
        return name

    def _beside(self, query: str, term: Condition, one: Coded, other: Coded) -> Mask:
        both = (one.codes >= 0) & (other.codes >= 0)
        if not one.is_text and not other.is_text:
            compare = {
                "=": np.equal, "!=": np.not_equal, "<": np.less, "<=": np.less_equal, ">": np.greater,
                ">=": np.greater_equal,
            }[term.operator]  # fmt: skip
            return both & compare(one.numbers(), other.numbers())
        if term.operator not in ("=", "!="):
            raise QueryError(query, term.span.start, term.span.end, "text has no order: compare it by = or !=")
        ids: dict[str, int] = {}
        left, right = (
            np.array([ids.setdefault(folded(str(value)), len(ids)) for value in each.values] + [-1])[each.codes]
            for each in (one, other)
        )
        same: Mask = both & ((left == right) == (term.operator == "="))
        return same

    def _matcher(self, name: str) -> Matcher:
        if name not in self._matchers:
            self._matchers[name] = Matcher(self.column(name), closed=name in _CLOSED)
        return self._matchers[name]


def facts_of(
    images: ImageSet,
    *,
    logits: Callable[[], Tensor] | None = None,
    pixels: bool = True,
    copies: Callable[[], Copies] | None = None,
) -> PictureFacts:
    """What is known of a set's training pictures.

    :param logits: gives those of the original on them, ``(N, K)``; ``None`` where no model is open.
    :param pixels: whether they are decoded.
    :param copies: gives them with the near ones; ``None`` where nobody looked for these.
    """
    train = images.train
    kept = _kept(images)
    own = {folded(name): KnownColumn(kept(f"own {name}", _later(each))) for name, each in train.columns.items()}
    answers = _answers(images, logits) if logits is not None else dict.fromkeys(_OF_MODEL, _NO_MODEL)
    known = {
        "class": KnownColumn(lambda: Coded(images.classes, train.labels)),
        "kind": KnownColumn(lambda: Coded(images.kinds, train.kinds)),
        "name": KnownColumn(kept("name", lambda: coded(train.names))),
        "file": KnownColumn(kept("file", lambda: coded([name.rsplit("/", 1)[-1] for name in train.names]))),
        "split": KnownColumn(lambda: Coded((train.split,), np.zeros(len(train), dtype=np.int64))),
        "number": KnownColumn(kept("number", lambda: coded(np.arange(len(train))))),
        "dup": KnownColumn(lambda: _twins(images)) if pixels else KnownColumn(None, "the pictures are not decoded yet"),
        NEAR: KnownColumn(lambda: near_column(copies())) if copies is not None else KnownColumn(None, _NOT_LOOKED),
        **answers,
    }
    known |= dict.fromkeys(("in", "like"), KnownColumn(None, "marks and likeness are the Forget page's alone"))
    hidden = {f"table.{name}": column for name, column in own.items() if name in known}
    return PictureFacts(len(train), {**own, **hidden, **known})


def reads_pixels(query: str) -> bool:
    """Whether a query asks for more than names, classes and what tables say.

    :raises QueryError: it cannot be read.
    """
    return asks_model(query) or bool(columns_of(parse(query)) & {"dup", NEAR})


def asks_model(query: str) -> bool:
    """Whether a query asks for what a model says of the pictures.

    :raises QueryError: it cannot be read.
    """
    words = {*_OF_MODEL, *(word for word, name in ALIASES.items() if name in _OF_MODEL)}
    return bool(columns_of(parse(query)) & words)


def code_columns(images: ImageSet) -> Iterator[str]:
    """Make the columns that take neither a model nor pixels before somebody asks for them, name by name."""
    facts = facts_of(images, pixels=False)
    for name in facts.names:
        yield name
        facts.column(name)


def _kept(images: ImageSet) -> Callable[[str, Callable[[], Coded]], Callable[[], Coded]]:
    """Makes a column of the pictures alone once, whoever asks: the query line, the map, a run."""
    known = _MADE.setdefault(images, {})

    def kept(name: str, make: Callable[[], Coded]) -> Callable[[], Coded]:
        def column() -> Coded:
            if name not in known:
                known[name] = make()
            return known[name]

        return column

    return kept


def _later(values: object) -> Callable[[], Coded]:
    return lambda: coded(values)  # type: ignore[arg-type]


_MADE: WeakKeyDictionary[ImageSet, dict[str, Coded]] = WeakKeyDictionary()
_CLOSED = frozenset({"class", "kind", "pred", "split", "dup", NEAR, "in"})
_BOTH_WAYS, _NO_ORDER = ("loss", "conf"), ("split", "number")
_FEW = 100_000  # different values that a value is looked for among, before it is taken for a column
_OF_MODEL = ("pred", "conf", "loss")
_NO_MODEL = KnownColumn(None, "open a model, or name its checkpoint, to ask for it")
_NOT_LOOKED = "near copies were not looked for yet"


def _answers(images: ImageSet, logits: Callable[[], Tensor]) -> dict[str, KnownColumn]:
    """By the original: the class that it names, how sure it is of that in percent, and the loss of the true class."""

    def pred() -> Coded:
        return Coded(images.classes, logits().argmax(dim=1).cpu().numpy().astype(np.int64))

    def conf() -> Coded:
        return coded((logits().double().softmax(dim=1).amax(dim=1) * 100).cpu().numpy())

    def loss() -> Coded:
        import torch

        given = logits().double()
        true = torch.from_numpy(np.asarray(images.train.labels)).to(given.device)
        return coded((-given.log_softmax(dim=1).gather(1, true[:, None])).squeeze(1).cpu().numpy())

    return {"pred": KnownColumn(pred), "conf": KnownColumn(conf), "loss": KnownColumn(loss)}


def near_column(copies: Copies) -> Coded:
    """``yes`` of pictures that have a near copy, in either split."""
    return Coded(("no", "yes"), copies.near_mask.astype(np.int64))


def _twins(images: ImageSet) -> Coded:
    """``yes`` of pictures that are there more than once, in either split."""
    train: PictureIndex = images.train
    twice = np.zeros(len(train), dtype=np.int64)
    for group in images.twins.groups:
        twice[[twin.position for twin in group if twin.train]] = 1
    return Coded(("no", "yes"), twice)
