"""The report as HTML and PDF: whole, accessible, safe against what names hold, and the same bytes each time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from itertools import cycle, pairwise
from typing import Any

import pytest

from maga_desk.domain.record import ErasureRecord
from maga_desk.services.records import pages
from maga_desk.services.records.paper import wording
from maga_desk.services.records.paper.curves import thinned, ticks
from maga_desk.services.records.paper.whole import SECTIONS, paper_of
from tests.services.records.sample_record import bare_record, questions, whole, whole_record

HOSTILE = (
    '<font size=7>"&amp;</font><script>alert(1)</script>',
    "#eval(\"1+1\") $x$ *b* @a <label> #import \"@preview/x:1.0.0\"",
    "=HYPERLINK(\"http://a\")\r\n\t'); DROP",
    "first\nsecond\x00\x07\x1b[31m",
    "\u202egnp.tac\u2066\u200f אבגדה العربية",
    "猫の写真 🦊👩‍👩‍👧 ไทย \ud800 \ue000 \ufeff",
    "x" * 900 + "ש" * 90,
    "</style></svg>]]><!-- {{ 7 * 7 }} {% raw %}",
    "a\u0300\u0301\u05a1  b\u00ad\u2028c",
)  # fmt: skip


class Outline(HTMLParser):
    """What a screen reader would have of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.empty: list[str] = []
        self._cell = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "br"}:
            self.open.append(tag)
        self._cell = "" if tag in {"td", "th", "dd", "dt", "li", "h1", "h2", "h3", "caption"} else self._cell

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes another"
        if tag in {"td", "th", "dd", "dt", "li", "h1", "h2", "h3", "caption"} and not self._cell.strip():
            self.empty.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data
        self._cell += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def outline(record: ErasureRecord) -> Outline:
    return Outline(pages.html(record).decode())


def with_texts(value: Any, texts: Iterator[str]) -> Any:
    """A record with another text in the place of every text that may come from outside."""
    fixed = {"sha256", "answer", "keyed", "finished", "standing", "unit"}
    if isinstance(value, dict):
        return {name: each if name in fixed else with_texts(each, texts) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [with_texts(each, texts) for each in value]
    return next(texts) if isinstance(value, str) else value


@pytest.mark.parametrize("record", [whole_record, bare_record])
def test_the_html_is_one_accessible_page(record: Callable[[], ErasureRecord]) -> None:
    page = outline(record())
    assert page.open == []
    assert page.all("html") == [{"lang": "en"}] and len(page.all("main")) == len(page.all("h1")) == 1
    assert {"header", "nav", "footer", "title"} <= {tag for tag, _ in page.tags}
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and all(later - earlier <= 1 for earlier, later in pairwise(levels))
    assert len(page.all("table")) == len(page.all("caption"))
    assert all(each.get("scope") in {"row", "col"} for each in page.all("th"))
    assert all(each.get("aria-label") for each in page.all("svg"))
    named = [each["id"] for _, each in page.tags if "id" in each]
    assert len(named) == len(set(named))
    referred = [each["aria-labelledby"] for _, each in page.tags if "aria-labelledby" in each]
    assert set(referred) <= set(named) and {f"#{name}" for name in named} >= {each["href"] for each in page.all("a")}
    assert page.empty == []


def test_the_html_loads_and_runs_nothing() -> None:
    page = outline(whole_record())
    policy = next(each["content"] for each in page.all("meta") if "http-equiv" in each)
    assert policy is not None and policy.startswith("default-src 'none'; style-src 'sha256-")
    assert not {tag for tag, _ in page.tags} & {"script", "link", "img", "iframe", "object", "form"}
    assert not any(
        name in {"style", "src", "srcset"} or name.startswith("on") for _, each in page.tags for name in each
    )


@pytest.fixture
def only_settable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The way out for what no font can show is shut."""
    monkeypatch.setattr(pages, "ascii_only", None)


@pytest.mark.parametrize("first", range(0, len(HOSTILE), 3))
@pytest.mark.usefixtures("only_settable")
def test_text_from_outside_is_text(first: int) -> None:
    hostile = ErasureRecord.model_validate(with_texts(whole(), cycle([*HOSTILE[first:], *HOSTILE[:first]])))
    plain, page = outline(whole_record()), outline(hostile)
    assert {tag for tag, _ in page.tags} == {tag for tag, _ in plain.tags}
    assert all(wording.visible(text.splitlines()[0])[:60] in page.text for text in HOSTILE)
    assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]", page.text)
    assert pages.pdf(hostile, "a4").rstrip().endswith(b"%%EOF")


@pytest.mark.usefixtures("only_settable")
def test_each_character_that_counts_as_settable_is_set() -> None:
    characters = sorted(wording._glyphs())
    lines = [" ".join(characters[start : start + 60]) for start in range(0, len(characters), 60)]
    assert pages.pdf(whole_record().model_copy(update={"limits": tuple(lines)}), "a4")
    assert wording.settable("é猫\u202e") == "é[U+732B][U+202E]"
    assert len(characters) > 7_000


def test_every_section_is_there_even_where_nothing_is_known() -> None:
    for record in (whole_record(), bare_record()):
        sections = paper_of(record).sections
        assert len(sections) == len(SECTIONS) and all(section.blocks for section in sections)
        text = outline(record).text
        assert all(section.title in text for section in sections)


def test_what_was_not_run_and_what_failed_stands_on_the_face() -> None:
    first, second, third, claim = paper_of(whole_record()).face
    assert first.tone == "bad" and first.said == ("Is it still inside? Not as after retraining.",)
    assert second.said == ("Can one tell that it was in the training? Not enough evidence.",)
    assert "Does it come back? Not run." in third.said and "RMIA, AUC; U-LiRA, AUC" in third.said[1]
    assert claim.said == (whole_record().claim,)
    rows = outline(whole_record()).text
    assert rows.count("not run: no shadow models were trained") == 4
    assert [each.tone for each in paper_of(bare_record()).face] == ["open", ""]


@pytest.mark.parametrize(("kept", "tone"), [(False, "bad"), (None, "open"), (True, "good")])
def test_a_limit_that_is_not_kept_stands_on_the_face(kept: bool | None, tone: str) -> None:
    found = whole()
    judged = found["judgement"]
    judged["questions"] = [each for each in questions() if each["answer"] == "as"]
    limit = {"key": "class_loss", "limit": 5.0, "value": 8.0, "kept": kept, "text": "Limit: dog lost 8.0 points"}
    judged |= {"not_run": [], "allowed": [limit], "stopped": "Limit broken on the way"}
    record = ErasureRecord.model_validate(found)
    stopped = next(each for each in paper_of(record).face if each.line == "A limit ended the run early.")
    assert stopped.said == ("Limit broken on the way.",)
    face = next((each for each in paper_of(record).face if "Limit: dog lost 8.0 points." in each.said), stopped)
    tone = "open" if kept else tone
    assert (face.tone, "Limit: dog lost 8.0 points." in face.said) == (tone, kept is not True)
    text = outline(record).text
    assert "Limit: dog lost 8.0 points" in text and "Limit broken on the way" in text
    assert "No limits were set." in outline(whole_record()).text
    assert "To be deleted, by whoever holds it, on" in outline(whole_record()).text


def test_a_face_without_fault_says_so() -> None:
    found = whole()
    found["judgement"]["questions"] = [each for each in questions() if each["answer"] == "as"]
    found["judgement"]["not_run"] = []
    assert paper_of(ErasureRecord.model_validate(found)).face[0].tone == "good"


def test_the_same_record_gives_the_same_bytes() -> None:
    once, again = whole_record(), whole_record()
    assert pages.html(once) == pages.html(again)
    assert pages.pdf(once, "a4") == pages.pdf(again, "a4")
    assert pages.pdf(once, "letter") != pages.pdf(once, "a4")


def test_the_pdf_is_for_archives_and_for_screen_readers() -> None:
    content = pages.pdf(whole_record(), "letter")
    metadata = content.decode("latin-1")
    for marker in ("<pdfaid:part>2</pdfaid:part>", "<pdfaid:conformance>A", "<pdfuaid:part>1</pdfuaid:part>"):
        assert marker in metadata
    for marker in ("/OutputIntents", "/StructTreeRoot", "/Marked true", "/Lang", "/MediaBox[0 0 612 792]"):
        assert marker in metadata, marker


def test_curves_keep_their_ends_and_peaks() -> None:
    points = tuple((float(step), 1.0 if step != 777 else 9.0) for step in range(5_000))
    kept = thinned(points)
    assert len(kept) < 300 and (777.0, 9.0) in kept and kept[0] == points[0] and kept[-1] == points[-1]
    assert ticks(0.0, 1.0) == (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    assert ticks(-3.0, 97.0)[0] <= -3.0 and ticks(-3.0, 97.0)[-1] >= 97.0
