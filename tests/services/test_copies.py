"""Near copies in a run: looked for where the spec asks, said before, decided over, in record and report."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from maga_desk.auditing.parts import parts_of
from maga_desk.data.near_copies import searching
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import ForgetError
from maga_desk.domain.events import Message, drained
from maga_desk.domain.pictures import ImageSet, PictureIndex
from maga_desk.domain.pixels import InMemory
from maga_desk.domain.specs.forget import CopyDecision
from maga_desk.domain.specs.run import RunSpec, read_spec
from maga_desk.services import copies as copies_service
from maga_desk.services.basket import facts_of_erasure
from maga_desk.services.erasure import Erasure
from maga_desk.services.parts import divided
from maga_desk.services.records.building import A_PICTURE, build_record
from maga_desk.services.records.paper.done import twins as paper
from maga_desk.services.records.reading import read_folder
from maga_desk.services.runs import run
from maga_desk.services.selecting import selection_of
from maga_desk.services.workspace import Workspace, open_workspace

GOES, TURNED, LIGHTER, TESTED = "train/ring/000.png", "train/disc/900.png", "train/disc/901.png", "test/ring/900.png"


@pytest.fixture
def spec(tiny_spec: RunSpec, tmp_path: Path) -> RunSpec:
    """A ring lies mirrored and lighter among the discs, and lighter among the test pictures."""
    root = tmp_path / "copies"
    shutil.copytree(tiny_spec.data.path or "", root)
    with Image.open(root / GOES) as picture:
        size = picture.size
    ground = Image.fromarray(np.random.default_rng(3).integers(0, 200, (5, 5, 3), dtype=np.uint8))
    ring = ground.resize(size, Image.Resampling.BICUBIC)
    ring.save(root / GOES)
    ring.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(root / TURNED)
    for name in (LIGHTER, TESTED):
        ring.point(lambda value: value + 9).save(root / name)
    found = tiny_spec.with_changes("data", path=str(root)).with_changes("forget", near_copies="look")
    return found.with_changes("method", name="logit-mask", params={}).with_changes("audit", depth="quick")


def opened(spec: RunSpec) -> Workspace:
    return drained(open_workspace(spec, RunControl()))


def test_what_stays_is_said_before_the_run_and_decisions_reach_record_and_report(spec: RunSpec) -> None:
    word = CopyDecision(picture=TURNED, copy_of=GOES, reason=f"Of another customer than {GOES}, not ring/000.png")
    wanted = spec.with_changes("forget", left=[word.model_dump()])
    events = list(run(wanted, RunControl()))
    told = [event.text for event in events if isinstance(event, Message)]
    assert any(f"({GOES} is like {LIGHTER})" in line and 'near_copies = "forget"' in line for line in told)
    assert any(line.startswith("1 copy stays by decision") and "Of another customer" in line for line in told)
    folder = Path(wanted.output.dir)
    kept = read_spec(folder / "spec.toml").forget
    assert kept.left == (word,) and kept.near_copies == "look"
    rows = (folder / "copies.csv").read_text().splitlines()
    assert any(row.startswith(f"{TURNED},train,disc,{GOES},") and "stays" in row for row in rows)
    summary = json.loads((folder / "summary.json").read_text())
    assert {key: summary["twins"][key] for key in ("near_test", "left")} == {"near_test": 1, "left": 1}
    assert summary["twins"]["near_stay"] >= 2
    record = build_record(read_folder(folder)).record.twins
    assert (
        record.left[0].reason == f"Of another customer than {A_PICTURE}, not {A_PICTURE}" and record.left[0].copies == 1
    )
    assert record.near_test == 1 and not record.near_joined
    said = str(paper(build_record(read_folder(folder)).record))
    assert "Copies left by decision" in said and "Of another customer than" in said and GOES not in said


def test_where_nobody_looked_that_is_said(spec: RunSpec) -> None:
    wanted = spec.with_changes("forget", near_copies="no")
    told = [event.text for event in run(wanted, RunControl()) if isinstance(event, Message)]
    assert any(line.startswith("Near copies were not looked for.") for line in told)
    folder = Path(wanted.output.dir)
    assert not (folder / "copies.csv").exists()
    record = build_record(read_folder(folder)).record
    assert record.twins.near_stay is None and "were not looked for" in str(paper(record))


def test_near_copies_go_as_well_and_those_that_were_left_stay(spec: RunSpec) -> None:
    wanted = spec.with_changes("forget", near_copies="forget", together=True)
    workspace = opened(wanted)
    names = workspace.images.train.names
    erasure = Erasure.of(workspace, wanted)
    gone = {names[place] for place in erasure.forget.indices}
    assert {GOES, TURNED, LIGHTER} <= gone and not erasure.left.asked
    assert [pair.other.name for pair in erasure.left.tested if pair.other.name == TESTED] == [TESTED]
    left = wanted.with_changes("forget", left=[{"picture": LIGHTER, "copy_of": GOES, "reason": "kept"}])
    again = Erasure.of(workspace, left)
    assert LIGHTER not in {names[place] for place in again.forget.indices}
    assert [pair.other.name for pair in again.left.left] == [LIGHTER]
    assert again.audit_digest != Erasure.of(workspace, wanted).audit_digest


def test_a_query_asks_for_near_copies(spec: RunSpec) -> None:
    wanted = spec.model_copy(update={"forget": spec.forget.model_validate({"query": "near:yes class:disc"})})
    workspace = opened(wanted)
    assert workspace.copies.looked
    names = {workspace.images.train.names[place] for place in workspace.forget_set(wanted).indices}
    assert {TURNED, LIGHTER} <= names


def test_a_search_is_kept_for_later_openings(spec: RunSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    first = opened(spec).copies.now.near
    assert first is not None and len(first)
    again = copies_service.CopiesKnown(opened(spec.with_changes("forget", near_copies="no")).images, spec.data)
    assert not again.looked and again.recall()
    assert again.now.near is not None and again.now.near.first.tolist() == first.first.tolist()
    shutil.copy(Path(spec.data.path or "") / GOES, Path(spec.data.path or "") / "train/disc/902.png")
    other = copies_service.CopiesKnown(opened(spec.with_changes("forget", near_copies="no")).images, spec.data)
    assert not other.recall(), "of other pictures nothing is known"


def test_a_later_request_leaves_alone_what_was_left_of_an_earlier_one(spec: RunSpec, tmp_path: Path) -> None:
    word = CopyDecision(picture=TURNED, copy_of=GOES, reason="Agreed")
    first = spec.with_changes("forget", classes=[], pictures=[GOES], left=[word.model_dump()])
    first = first.with_changes("method", name="fine-tune", params={"epochs": 1})
    list(run(first, RunControl()))
    other = "train/cross/000.png"
    later = first.with_changes("model", checkpoint=str(Path(first.output.dir) / "unlearned.safetensors"))
    later = later.with_changes("forget", pictures=[other], near_copies="forget", with_twins=True, left=[])
    later = later.with_changes("output", dir=str(tmp_path / "second"))
    workspace = opened(later)
    erasure = Erasure.of(workspace, later)
    names = workspace.images.train.names
    assert not {TURNED, LIGHTER} & {names[place] for place in erasure.forget.indices}
    assert erasure.left.before is not None
    assert [pair.other.name for pair in erasure.left.before.left] == [TURNED], "the decision is carried along"
    said = erasure.left.warnings()
    assert any("of pictures forgotten before" in line and LIGHTER in line for line in said)
    assert not any("of pictures to forget" in line and GOES in line for line in said)
    list(run(later, RunControl()))
    table = (tmp_path / "second" / "copies.csv").read_text()
    assert any(line.startswith(TURNED) and "stays,Agreed,before" in line for line in table.splitlines())


def test_what_a_person_said_stays_does_so_however_its_name_is_written(spec: RunSpec) -> None:
    left = [{"picture": "disc/901.png", "copy_of": "ring/000.png", "reason": "kept"}]
    wanted = spec.with_changes("forget", near_copies="forget", together=True, left=left)
    workspace = opened(wanted)
    erasure = Erasure.of(workspace, wanted)
    assert LIGHTER not in {workspace.images.train.names[place] for place in erasure.forget.indices}
    assert [pair.other.name for pair in erasure.left.left] == [LIGHTER]
    (kept,) = erasure.spec.forget.left
    assert (kept.picture, kept.copy_of) == (LIGHTER, GOES)
    assert workspace.named(wanted).forget.left == (kept,)
    typo = wanted.with_changes("forget", left=[{**left[0], "picture": "disc/9O1.png"}])
    for asking in (lambda: Erasure.of(workspace, typo), lambda: workspace.basket_of(typo), lambda: drained(
        selection_of(typo.with_changes("forget", near_copies="no"), RunControl())
    )):  # fmt: skip
        with pytest.raises(ForgetError, match="no picture here: disc"):
            asking()


def test_parts_of_a_mixed_request_know_of_each_other_and_that_copies_go(spec: RunSpec) -> None:
    left = [{"picture": LIGHTER, "copy_of": GOES, "reason": "kept"}]
    wanted = spec.with_changes(
        "forget", pictures=["train/cross/000.png"], near_copies="forget", with_twins=True, left=left, group="owner",
        found_by="class:ring",
    )  # fmt: skip
    wanted = wanted.with_changes("method", name="fine-tune", params={"epochs": 1})
    workspace = opened(wanted)
    names = workspace.images.train.names
    stream = divided(wanted, workspace.forget_set(wanted), workspace.images.catalogue())
    assert stream is not None
    for request in stream.requests:
        assert (request.forget.near_copies, request.forget.with_twins) == ("forget", True)
        assert (request.forget.group, request.forget.found_by) == ("owner", "class:ring")
    first, second = stream.runs()
    rings = Erasure.of(workspace, first)
    then = Erasure.of(replace(workspace, earlier=rings.forgotten), second)
    later = {names[place] for place in rings.forget.later}
    assert {TURNED, "train/cross/000.png"} <= later and later == {names[place] for place in then.forget.indices}
    assert rings.forget.task == "class" and not later & {names[place] for place in rings.forgotten}
    assert not set(rings.forget.later) & set(rings.forget.retained(len(names))), "nothing that goes is trained on"
    assert rings.retained == then.retained == len(names) - len(then.gone)
    assert not parts_of(workspace.images, rings.forget).retain_train.numpy()[rings.forget.later].any()
    assert not any("stay" in line and TURNED in line for line in rings.left.warnings())
    assert not rings.left.asked and [pair.other.name for pair in rings.left.left] == [LIGHTER]
    assert not then.left.asked and LIGHTER not in later
    assert rings.run_digest != Erasure.of(workspace, first.with_changes("forget", later=[])).run_digest


def changed(pictures: PictureIndex, *, label: bool = False) -> PictureIndex:
    """The same with a bit of one picture, or with a label, that is another."""
    pixels, labels = pictures.whole().copy(), pictures.labels.copy()
    if label:
        labels[0] = 1 - labels[0]
    else:
        pixels[-1, 0, 0, 0] ^= 1
    return replace(pictures, backing=InMemory(pixels), labels=labels)


OTHERS: dict[str, Callable[[ImageSet], ImageSet]] = {
    "training picture": lambda images: replace(images, train=changed(images.train)),
    "training label": lambda images: replace(images, train=changed(images.train, label=True)),
    "test picture": lambda images: replace(images, test=changed(images.test)),
    "test label": lambda images: replace(images, test=changed(images.test, label=True)),
    "held-out picture": lambda images: replace(images, held_out=changed(_held_out(images))),
    "held-out label": lambda images: replace(images, held_out=changed(_held_out(images), label=True)),
    "nothing held out": lambda images: replace(images, held_out=None),
}


def _held_out(images: ImageSet) -> PictureIndex:
    assert images.held_out is not None
    return images.held_out


@pytest.fixture
def searched(tiny_workspace: Workspace) -> ImageSet:
    """Pictures with some held out, of which near copies are known on the disk."""
    images = tiny_workspace.images.holding_out(0.3)
    copies_service.CopiesKnown(images, tiny_workspace.spec.data).look()
    assert copies_service.CopiesKnown(replace(images), tiny_workspace.spec.data).recall()
    return images


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_near_copies_of_other_pictures_are_never_taken(
    searched: ImageSet, tiny_workspace: Workspace, other: Callable[[ImageSet], ImageSet]
) -> None:
    assert not copies_service.CopiesKnown(other(searched), tiny_workspace.spec.data).recall()


def test_nor_are_those_of_another_way_of_searching_or_of_another_folder(
    searched: ImageSet, tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tiny_workspace.spec.data
    assert not copies_service.CopiesKnown(searched, data.model_copy(update={"path": "/elsewhere"})).recall()
    monkeypatch.setattr(searching, "VERSION", searching.VERSION + 1)
    assert not copies_service.CopiesKnown(searched, data).recall()


def test_the_same_request_says_the_same_whoever_looked_before(spec: RunSpec) -> None:
    opened(spec)  # leaves a search on the disk
    silent = spec.with_changes("forget", near_copies="no")
    workspace = opened(silent)
    before = Erasure.of(workspace, silent)
    assert workspace.copies.recall()
    after = Erasure.of(workspace, silent)
    assert not before.left.looked and not after.left.looked
    assert after.left.counts() == before.left.counts() and after.audit_digest == before.audit_digest
    assert Erasure.of(workspace, spec).left.looked
    assert facts_of_erasure(after).copies == after.left.counts()
    asked = spec.model_copy(update={"forget": spec.forget.model_validate({"query": "near:yes class:disc"})})
    settled = Erasure.of(workspace, asked)
    assert settled.spec.forget.near_copies == "look" and settled.left.looked, "a query that asks for them says so"
