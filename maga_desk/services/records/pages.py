"""The report that people read: the record of an erasure as one HTML file or as a PDF, always the same bytes.

Both show the same blocks (:mod:`~maga_desk.services.records.paper.whole`). The HTML is one file without scripts that
loads nothing. The PDF is PDF/A-2a and PDF/UA-1, with the fonts that typst brings: what this machine has installed does
not matter. ``resources/docs/report.md`` says why typst.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Any

from maga_desk.domain.outside import read_bytes, read_text
from maga_desk.domain.paths import resources_dir
from maga_desk.domain.record import ErasureRecord
from maga_desk.domain.record_folder import PaperSize
from maga_desk.services.records.paper.blocks import Paper
from maga_desk.services.records.paper.whole import paper_of
from maga_desk.services.records.paper.wording import ascii_only, settable, throughout, visible

if TYPE_CHECKING:
    from pathlib import Path

_TYPST_PAPER: dict[PaperSize, str] = {"a4": "a4", "letter": "us-letter"}
_STANDARDS: list[Any] = ["a-2a", "ua-1"]


def html(record: ErasureRecord) -> bytes:
    """One HTML file in UTF-8 that needs nothing else, for the screen and for paper of any size."""
    from jinja2 import DictLoader, Environment, StrictUndefined
    from markupsafe import Markup

    paper = throughout(paper_of(record), visible)
    style = read_text(_template("page.css")).replace("{{ reference }}", _css_text(paper.reference[:80]))
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    environment = Environment(
        loader=DictLoader({"page": read_text(_template("page.html.j2"))}), autoescape=True, undefined=StrictUndefined
    )
    environment.filters["drawing"] = Markup  # our own SVG, whose texts ElementTree has escaped
    page = environment.get_template("page")
    return page.render(paper=paper, style=Markup(style), style_hash=f"sha256-{digest}").encode()


def pdf(record: ErasureRecord, paper: PaperSize) -> bytes:
    """A tagged PDF for archives, on A4 or Letter."""
    import typst

    whole = paper_of(record)
    try:
        return _set(throughout(whole, settable), paper)
    except typst.TypstError:  # a combination of characters that no font can show: a record is needed all the same
        return _set(throughout(whole, ascii_only), paper)


def _set(paper: Paper, size: PaperSize) -> bytes:
    import typst

    data = {**asdict(paper), "date": _date(paper.date)}
    files: Any = {  # its annotations know of no input by name
        "main.typ": read_bytes(_template("page.typ")),
        "paper.json": json.dumps(data, ensure_ascii=False, sort_keys=True).encode(),
    }
    compiler = typst.Compiler(files, ignore_system_fonts=True, sys_inputs={"paper": _TYPST_PAPER[size]})
    content = compiler.compile(format="pdf", pdf_standards=_STANDARDS, timestamp=0)
    assert isinstance(content, bytes)
    return content


def _template(name: str) -> Path:
    return resources_dir() / "report" / name


def _date(day: str) -> dict[str, int]:
    """The document's date, from the record alone; PDF/A demands one, so that an unknown day is 1970's first."""
    try:
        found = date.fromisoformat(day)
    except ValueError:
        found = date(1970, 1, 1)
    return {"year": found.year, "month": found.month, "day": found.day}


def _css_text(text: str) -> str:
    """A string of CSS, with every character but plain letters and digits written as its number."""
    return '"' + "".join(each if each.isascii() and each.isalnum() else f"\\{ord(each):x} " for each in text) + '"'
