"""What a page is made of: plain blocks of text, lists, tables and charts, which the HTML and the PDF both show."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Tone = Literal["", "good", "bad", "open"]
"""``good``: as it should be; ``bad``: it is not; ``open``: not known. Colour only underlines what the words say."""


@dataclass(frozen=True)
class PaperCell:
    """One cell of a table, or one value of a fact.

    :param code: a hash or a name that is compared letter by letter.
    :param span: how many columns it takes.
    """

    text: str
    code: bool = False
    tone: Tone = ""
    span: int = 1


@dataclass(frozen=True)
class Column:
    """A table's column.

    :param width: its share among the columns of text; numbers take what they need.
    """

    title: str
    number: bool = False
    width: float = 1.0


@dataclass(frozen=True)
class Table:
    """Rows under named columns; the first cell of a row names it."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[PaperCell, ...], ...]
    kind: Literal["table"] = "table"


@dataclass(frozen=True)
class Fact:
    """A name with its value."""

    name: str
    value: PaperCell


@dataclass(frozen=True)
class Facts:
    """Names with their values."""

    facts: tuple[Fact, ...]
    kind: Literal["facts"] = "facts"


@dataclass(frozen=True)
class Heading:
    """A heading within a section."""

    title: str
    kind: Literal["heading"] = "heading"


@dataclass(frozen=True)
class Paragraph:
    """A paragraph.

    :param quoted: somebody else's words.
    """

    text: str
    quoted: bool = False
    kind: Literal["paragraph"] = "paragraph"


@dataclass(frozen=True)
class Items:
    """A list of sentences."""

    items: tuple[str, ...]
    kind: Literal["items"] = "items"


@dataclass(frozen=True)
class Chart:
    """A drawing with what it shows in words.

    :param svg: a whole ``<svg>`` element.
    """

    caption: str
    svg: str
    alt: str
    kind: Literal["chart"] = "chart"


@dataclass(frozen=True)
class Signature:
    """Somebody's lines to sign on; what is already known of them is filled in."""

    role: str
    name: str = ""
    date: str = ""
    kind: Literal["signature"] = "signature"


Block: TypeAlias = Table | Facts | Heading | Paragraph | Items | Chart | Signature


@dataclass(frozen=True)
class PaperSection:
    """A section with its heading.

    :param key: tells it from the others.
    :param own_page: on paper it begins a page.
    """

    key: str
    title: str
    blocks: tuple[Block, ...]
    own_page: bool = False


@dataclass(frozen=True)
class Standing:
    """What the face says.

    :param line: in few words; ``said``: what follows from it, a sentence each.
    """

    tone: Tone
    line: str
    said: tuple[str, ...] = ()


@dataclass(frozen=True)
class Paper:
    """The whole report.

    :param subject: what was forgotten, in few words.
    :param reference: of the case, or what else tells this record from others: it stands on every page.
    :param date: ISO day on which the run ended; empty where it is not known.
    """

    title: str
    subject: str
    reference: str
    date: str
    face: tuple[Standing, ...]
    facts: Facts
    sections: tuple[PaperSection, ...] = field(default=())


def facts(*pairs: tuple[str, str | PaperCell]) -> Facts:
    """Names with their values, in order."""
    return Facts(
        tuple(Fact(name, value if isinstance(value, PaperCell) else PaperCell(value)) for name, value in pairs)
    )


def table(caption: str, columns: Iterable[Column], rows: Iterable[Iterable[str | PaperCell]]) -> Table:
    """A table of texts and cells."""
    filled = tuple(tuple(each if isinstance(each, PaperCell) else PaperCell(each) for each in row) for row in rows)
    return Table(caption, tuple(columns), filled)


def code(text: str) -> PaperCell:
    """What is compared letter by letter."""
    return PaperCell(text, code=True)
