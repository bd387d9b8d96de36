"""Values of a record as they stand in a report: none of them is ever an empty place."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from maga_desk.domain.measure import in_unit
from maga_desk.domain.record import NOT_GIVEN
from maga_desk.domain.record_judgement import RecordFigure
from maga_desk.services.records.paper.blocks import Block, Items, PaperCell, Paragraph, code

MANY = 40
"""Rows of one table on paper; the record has all of them."""


def given(text: str) -> str:
    """A text, or that there is none."""
    return text if text.strip() else NOT_GIVEN


def shortened(text: str, most: int = 200) -> str:
    """A text that fits a heading."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def hashed(sha256: str) -> PaperCell:
    """A hash, or that it was not kept."""
    return code(sha256) if sha256 else PaperCell("not kept")


def on_day(moment: str) -> str:
    """An ISO day or time, for people: ``2026-11-28, 09:40 UTC``."""
    day, _, time = moment.strip().partition("T")
    if not time:
        return given(day)
    clock, zone = time[:5], time[5:].lstrip(":0123456789.")
    utc = zone in {"Z", ""} or not zone.strip("+-:0")
    return f"{day}, {clock}{' UTC' if utc else f' {zone}'}"


def counted(number: int | None, what: str = "") -> str:
    """``12,400 pictures``; the singular where it is one."""
    if number is None:
        return "not counted"
    noun = what.removesuffix("s") if number == 1 else what
    return f"{number:,} {noun}".strip()


def figure_text(figure: RecordFigure | None, unit: str) -> str:
    """``1.9 % (0.0–4.1)``: a figure with its 95 % interval."""
    if figure is None:
        return "not known"
    between = interval(figure, unit)
    return in_unit(figure.value, unit) + (f" ({between})" if between else "")


def interval(figure: RecordFigure, unit: str) -> str:
    """``0.0–4.1``; empty where there is none."""
    if figure.low is None or figure.high is None:
        return ""
    return "–".join(in_unit(each, unit).removesuffix(" %") for each in (figure.low, figure.high))


def plain(value: object) -> str:
    """A parameter's value: text as it is, the rest as JSON has it."""
    if isinstance(value, str):
        return value or "(empty)"
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def flat(values: Mapping[str, object], above: str = "") -> Iterable[tuple[str, str]]:
    """Values below others under one name: ``optimiser.lr``."""
    for name, value in sorted(values.items()):
        if isinstance(value, dict) and value:
            yield from flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", plain(value)


def quoted(text: str) -> tuple[Block, ...]:
    """Somebody's own words, a paragraph for each of their lines."""
    lines = [line for line in text.splitlines() if line.strip()]
    return tuple(Paragraph(line, quoted=True) for line in lines) or (Paragraph(NOT_GIVEN),)


def listed(items: Iterable[str], none: str) -> Block:
    """A list, or a sentence where there is nothing to list."""
    found = tuple(items)
    return Items(found) if found else Paragraph(none)


def names(each: Sequence[str]) -> str:
    """``cat, dog``; of many the first, and how many more there are."""
    more = len(each) - MANY
    return (", ".join(each[:MANY]) or "none") + (f", and {more:,} more in the record" if more > 0 else "")


def cut(total: int) -> tuple[Block, ...]:
    """That a table shows but the first of so many rows; nothing where it shows them all."""
    more = total - MANY
    return (Paragraph(f"{more:,} more rows stand in the record."),) if more > 0 else ()
