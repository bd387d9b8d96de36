"""Damage, residue, confusion and scores from answers that can be worked out by hand."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest

from maga_desk.domain.closer.answers import FARTHEST, Answers, CloseLook, SplitAnswers
from maga_desk.domain.closer.confusion import confusion, named_so
from maga_desk.domain.closer.definitions import CLOSER_DEFINITIONS
from maga_desk.domain.closer.feature_map import FeatureMap
from maga_desk.domain.closer.plain import as_plain
from maga_desk.domain.closer.ranking import damage, residue
from maga_desk.domain.closer.scores import Scores, scores
from maga_desk.domain.pictures import ImageSet, PictureIndex
from maga_desk.domain.pixels import InMemory

NAMES = ("cat", "dog", "fox")


def index(labels: list[int], split: Any) -> PictureIndex:
    pixels = np.zeros((len(labels), 3, 4, 4), dtype=np.uint8)
    numbers = np.array(labels, dtype=np.int64)
    return PictureIndex(
        InMemory(pixels), numbers, numbers, tuple(f"{split}/{i}.png" for i in range(len(labels))), split
    )


def answers(shares: dict[str, list[list[float]]], images: ImageSet) -> Answers:
    """From probabilities: their logarithms are logits."""
    found = {}
    for split, part in (("train", images.train), ("test", images.test)):
        rows = np.log(np.array(shares[split], dtype=np.float32).reshape(len(part), len(images.classes)))
        found[split] = SplitAnswers.of(rows, part.labels)
    return Answers(**found)


def sure(*named: int) -> list[list[float]]:
    """So sure of one class each."""
    return [[0.9 if each == name else 0.05 for each in range(3)] for name in named]


@pytest.fixture
def look() -> CloseLook:
    """Cats went; one dog and one fox suffered, the fox after retraining as well; one cat is still known."""
    images = ImageSet(index([0, 0, 1, 1, 2], "train"), index([0, 1, 2], "test"), NAMES, NAMES)
    nets: dict[Any, Answers] = {
        "original": answers({"train": sure(0, 0, 1, 1, 2), "test": sure(0, 1, 2)}, images),
        "unlearned": answers({"train": sure(0, 2, 2, 1, 1), "test": sure(1, 1, 2)}, images),
        "retrained": answers({"train": sure(1, 1, 1, 1, 1), "test": sure(1, 1, 2)}, images),
    }
    forget, test = np.array([True, True, False, False, False]), np.array([True, False, False])
    nothing = np.zeros(5, dtype=bool)
    return CloseLook(images, nets, forget, nothing, test, ~test, test, "class", "Compared with gold.safetensors.")


def test_log_odds_are_those_of_the_probabilities_however_large_the_logits() -> None:
    labels = np.array([0, 1, 0, 0], dtype=np.int64)
    logits = np.log(np.array([[0.9, 0.1], [0.75, 0.25], [0.5, 0.5], [0.5, 0.5]])).astype(np.float32)
    logits[3] = [2000.0, -2000.0]
    found = SplitAnswers.of(logits, labels)
    assert found.log_odds == pytest.approx([np.log(9), np.log(1 / 3), 0.0, FARTHEST], abs=1e-6)
    assert found.probability == pytest.approx([0.9, 0.25, 0.5, 1.0])
    assert found.top(0) == [(0, pytest.approx(0.9)), (1, pytest.approx(0.1))]


def test_numbers_that_are_none_and_single_classes_are_answers_as_well() -> None:
    broken = SplitAnswers.of(np.full((2, 3), np.nan, dtype=np.float32), np.array([0, 2]))
    assert (broken.log_odds == -FARTHEST).all() and len(broken.top(0)) == 3
    ruled_out = SplitAnswers.of(np.array([[-np.inf, 1.0]], dtype=np.float32), np.array([0]))
    assert ruled_out.log_odds[0] == -FARTHEST and ruled_out.top(0)[0] == (1, 1.0)
    alone = SplitAnswers.of(np.zeros((2, 1), dtype=np.float32), np.array([0, 0]))
    assert (alone.log_odds == FARTHEST).all() and alone.top(1) == [(0, 1.0)]
    assert len(SplitAnswers.of(np.zeros((0, 3), dtype=np.float32), np.zeros(0, dtype=np.int64)).named) == 0


def test_damage_leaves_out_what_retraining_costs_as_well(look: CloseLook) -> None:
    found = damage(look, "train")
    assert found.positions.tolist() == [2, 3, 4], "forgotten pictures are no damage"
    assert found.amounts == pytest.approx([np.log(9) + np.log(19), 0.0, 0.0], abs=1e-6)
    assert found.said == (
        "Of 3 training pictures that stay, 2 were named rightly before and not now; "
        "the retrained model names 1 of these wrongly, too."
    )
    alone = CloseLook(**{**vars(look), "nets": {k: v for k, v in look.nets.items() if k != "retrained"}})
    assert damage(alone, "train").amounts[:2] == pytest.approx([np.log(9) + np.log(19)] * 2, abs=1e-6)
    assert not damage(alone, "train").beyond and "retrained" not in damage(alone, "train").said


def test_residue_is_what_is_known_above_retraining(look: CloseLook) -> None:
    found = residue(look, "train")
    assert found.positions.tolist() == [0, 1] and found.amounts == pytest.approx([0.85, 0.0], abs=1e-6)
    assert found.said.startswith("Of 2 forgotten pictures, 1 is still named rightly")
    single = CloseLook(**{**vars(look), "forget_test": np.zeros(3, dtype=bool), "task": "random"})
    nothing = residue(single, "test")
    assert not len(nothing.positions) and nothing.said.startswith("Single pictures were forgotten")


def test_confusion_counts_every_picture_and_a_cell_leads_to_its_pictures(look: CloseLook) -> None:
    found = confusion(look, "train")
    assert found.counts["original"].tolist() == [[2, 0, 0], [0, 2, 0], [0, 0, 1]]
    assert found.counts["unlearned"].tolist() == [[1, 0, 1], [0, 1, 1], [0, 1, 0]]
    assert found.change("original")[0].tolist() == [-50.0, 0.0, 50.0]
    for true in range(3):
        for named in range(3):
            positions = named_so(look, "train", "unlearned", true, named)
            assert len(positions) == found.counts["unlearned"][true, named]


def test_of_a_thousand_classes_those_that_changed_are_shown() -> None:
    count = 1000
    names = tuple(f"c{number:04}" for number in range(count))
    images = ImageSet(index(list(range(count)), "train"), index([], "test"), names, names)
    logits = np.zeros((count, count), dtype=np.float32)
    np.fill_diagonal(logits, 9.0)
    changed = logits.copy()
    changed[7], changed[7, 400] = 0.0, 9.0
    none = SplitAnswers.of(np.zeros((0, count), dtype=np.float32), np.zeros(0, dtype=np.int64))
    nets: Any = {
        name: Answers(SplitAnswers.of(each, images.train.labels), none)
        for name, each in (("original", logits), ("unlearned", changed))
    }
    forget, nobody = np.arange(count) == 7, np.zeros(0, dtype=bool)
    many = CloseLook(images, nets, forget, forget & False, nobody, nobody, nobody, "class", "none")
    found = confusion(many, "train")
    assert found.rows().tolist() == [7] and found.columns().tolist() == [7, 400]
    told = json.loads(json.dumps(as_plain(many, 3)))
    assert told["confusion"]["train"]["counts"]["unlearned"] == [[0, 1]] and "test" not in told["damage"]
    scored = told["scores"]["forget"]["unlearned"]
    assert scored["accuracy"] is None and scored["held_out_accuracy"] is None


def test_of_many_classes_a_class_that_only_retraining_changes_is_shown() -> None:
    """The unlearned net is the original: nothing was unlearned, and that is what must be seen."""
    count = 40
    names = tuple(f"c{number:02}" for number in range(count))
    images = ImageSet(index(list(range(count)), "train"), index([], "test"), names, names)
    logits = np.zeros((count, count), dtype=np.float32)
    np.fill_diagonal(logits, 9.0)
    retrained = logits.copy()
    retrained[[3, 20]] = 0.0
    retrained[3, 5] = retrained[20, 6] = 9.0
    none = SplitAnswers.of(np.zeros((0, count), dtype=np.float32), np.zeros(0, dtype=np.int64))
    nets: Any = {
        name: Answers(SplitAnswers.of(each, images.train.labels), none)
        for name, each in (("original", logits), ("unlearned", logits), ("retrained", retrained))
    }
    forget, nobody = np.arange(count) == 3, np.zeros(0, dtype=bool)
    look = CloseLook(images, nets, forget, forget & False, nobody, nobody, nobody, "class", "gold")
    found = confusion(look, "train")
    assert found.rows("retrained").tolist() == [3, 20] and found.columns("retrained").tolist() == [3, 5, 6, 20]
    assert found.rows("original").tolist() == [3], "what was forgotten is always there"
    assert found.rows().tolist() == [3, 20]
    single = CloseLook(**{**vars(look), "task": "random"})
    assert confusion(single, "train").rows("original").tolist() == []


def test_a_test_picture_of_what_an_earlier_request_forgot_does_not_stay(look: CloseLook) -> None:
    stays = np.array([False, False, True])
    earlier = CloseLook(**{**vars(look), "retain_test": stays})
    assert [earlier.facts("test", each)["part"] for each in range(3)] == [
        "unseen, of what was forgotten",
        "unseen, of what was forgotten earlier",
        "unseen, of what stays",
    ]


def test_a_threshold_tells_members_from_others(look: CloseLook) -> None:
    before = scores(look, "original", "forget")
    assert (len(before.members), len(before.others)) == (2, 1)
    assert before.at(0.0).tpr == 1.0 and before.at(0.0).fpr == 1.0 and before.at(0.0).accuracy == 0.5
    assert before.at(99.0).tpr == before.at(99.0).fpr == 0.0
    after = scores(look, "unlearned", "forget")
    best = after.best()
    assert (best.tpr, best.fpr, best.accuracy, best.below) == (0.5, 0.0, 0.75, False)
    assert after.held_out() is None, "one unseen picture has no halves"
    edges, mine, theirs = after.histogram(10)
    assert len(edges) == 11 and mine.sum() == pytest.approx(1.0) and theirs.sum() == pytest.approx(1.0)


def test_over_forgotten_pictures_are_told_apart_by_lying_lower() -> None:
    found = Scores(np.full(30, -10.0), np.full(30, 5.0), ("in", "out"))
    best = found.best()
    assert best.below and (best.tpr, best.fpr, best.accuracy) == (1.0, 0.0, 1.0)
    assert best.threshold == -2.5, "halfway between the two"
    assert found.held_out() == 1.0 and found.lower


@pytest.mark.parametrize("apart", [-2.0, 2.0])
def test_the_best_threshold_of_two_normal_distributions_lies_halfway(apart: float) -> None:
    """Of equal spreads the best balanced accuracy is Φ(d / 2), whichever lies higher."""
    rng = np.random.default_rng(0)
    found = Scores(np.sort(rng.normal(apart, 1, 20_000)), np.sort(rng.normal(0, 1, 20_000)), ("in", "out"))
    expected = (1 + math.erf(abs(apart) / 2 / math.sqrt(2))) / 2
    assert found.best().threshold == pytest.approx(apart / 2, abs=0.2) and found.best().below == (apart < 0)
    assert found.best().accuracy == pytest.approx(expected, abs=0.01)
    assert found.held_out() == pytest.approx(expected, abs=0.01) and found.lower == (apart < 0)


def test_a_threshold_on_the_other_half_does_not_flatter() -> None:
    rng = np.random.default_rng(1)
    drawn = [Scores(np.sort(rng.normal(size=20)), np.sort(rng.normal(size=20)), ("in", "out")) for _ in range(150)]
    apart = [each.held_out() or 0.0 for each in drawn]
    assert np.mean([each.best().accuracy for each in drawn]) > 0.6, "the best on these very pictures"
    assert np.mean(apart) == pytest.approx(0.5, abs=0.03)
    assert drawn[0].held_out() == Scores(drawn[0].members, drawn[0].others, ("in", "out")).held_out()
    assert np.mean([each.lower for each in drawn]) < 0.05, "over-forgotten is not said of chance"


def test_a_rectangle_finds_the_points_inside() -> None:
    before, after = np.array([[0.0, 0.0], [2.0, 2.0]]), np.array([[5.0, 5.0], [0.5, 0.5]])
    found = FeatureMap("PCA", "", np.array([False, True]), np.array([3, 4]), before, after)
    assert found.inside(False, (-1, -1), (1, 1)).tolist() == [0] and found.inside(True, (0, 0), (1, 1)).tolist() == [1]


def test_all_is_defined_and_can_be_written(look: CloseLook) -> None:
    told = json.loads(json.dumps(as_plain(look, 2)))
    assert told["nets"] == ["original", "unlearned", "retrained"]
    first = told["damage"]["train"]["strongest"][0]
    assert first["picture"] == "train/2.png" and first["class"] == "dog" and first["part"] == "stays"
    assert first["answers"]["unlearned"]["top"][0] == ["fox", pytest.approx(0.9, abs=1e-5)]
    assert told["confusion"]["test"]["counts"]["unlearned"] == [[0, 1, 0], [0, 1, 0], [0, 0, 1]]
    for each in CLOSER_DEFINITIONS.values():
        assert each.what and each.good and each.blind
