"""Tables and ranks against hand-made trials."""

from __future__ import annotations

import pytest

from maga_desk.domain.cost import Machine
from maga_desk.domain.results import Audit, Figure, Report
from maga_desk.domain.standings import ORIGINAL, RETRAINED, overall, ranks, table
from maga_desk.domain.trials import Trial
from maga_desk.domain.yardstick import Yardstick

MADE, HERE = Yardstick("made.safetensors", "ab" * 32, "record"), Machine("1a2b", 2, "CPU, 2 threads", "float32")


def trial(contender: str, gap: float, seed: int = 0, task: str = "cat", **figures: float) -> Trial:
    after = Audit({key: Figure(value) for key, value in {"gap": gap, **figures}.items()})
    gold, before = Audit({"probe": Figure(50.0), "mia": Figure(20.0 + seed)}), Audit({"gap": Figure(9.0)})
    report = Report(("a",), before, after, gold, 2.0, 20.0, yardstick=MADE, machine=HERE, retrain_machine=HERE)
    return Trial(task, contender, seed, "done", report)


def test_a_table_has_means_spreads_and_the_best_first() -> None:
    trials = [trial("a", 3.0), trial("a", 5.0, 1), trial("b", 1.0), trial("b", 2.0, 1)]
    trials.append(Trial("cat", "c", 0, "unable", reason="c cannot do the task 'random'"))
    rows = table(trials, "cat")
    assert [row.name for row in rows] == [RETRAINED, ORIGINAL, "b", "a", "c"]
    gap = rows[3].cells["gap"]
    assert (gap.mean, gap.std, gap.values) == (4.0, pytest.approx(1.4142, abs=1e-3), (3.0, 5.0))
    assert rows[2].cells["share"].mean == pytest.approx(10.0)
    assert rows[0].cells["mia"].mean == 20.5 and rows[0].seeds == 2, "each retrained model counts once"
    assert rows[1].cells["gap"].mean == 9.0 and rows[1].seeds == 1
    assert not rows[4].cells and "cannot do" in rows[4].reason
    assert table(trials, "dog") == []


def test_ranks_share_ties_and_leave_out_what_is_unknown() -> None:
    trials = [trial("a", 1.0), trial("b", 1.0), trial("c", 3.0), trial("a", 1.0, 1), trial("b", 2.0, 1)]
    found = {rank.name: rank for rank in ranks(trials, "gap")}
    assert found["a"].mean == pytest.approx((1.5 + 1) / 2) and found["b"].mean == pytest.approx((1.5 + 2) / 2)
    assert found["c"].mean == 3 and found["c"].cells == 1
    assert found["a"].low <= found["a"].mean <= found["a"].high
    assert [rank.name for rank in ranks(trials, "gap")] == ["a", "b", "c"]
    assert ranks([], "gap") == []


def test_a_clear_winner_has_a_narrow_interval() -> None:
    trials = [trial(name, gap, seed) for seed in range(6) for name, gap in (("a", 1.0), ("b", 2.0), ("c", 3.0))]
    assert [(rank.name, rank.low, rank.high) for rank in ranks(trials, "gap")] == [
        ("a", 1, 1),
        ("b", 2, 2),
        ("c", 3, 3),
    ]


def test_residue_is_the_distance_in_units_of_close() -> None:
    near, far = trial("near", 1.0, probe=51.0), trial("far", 1.0, probe=60.0)
    assert [rank.name for rank in ranks([far, near], "residue")] == ["near", "far"]
    under = trial("under", 1.0, probe=35.0)
    assert [rank.name for rank in ranks([far, near, under], "residue")] == ["near", "far", "under"]


def test_who_fails_comes_last() -> None:
    failed = [Trial("cat", "b", seed, "failed", reason="it diverged") for seed in (0, 1)]
    found = ranks([trial("a", 9.0), trial("a", 9.0, 1), trial("c", 1.0), trial("c", 1.0, 1), *failed], "gap")
    assert [(rank.name, rank.mean) for rank in found] == [("c", 1), ("a", 2), ("b", 3)]


def measured(gap: float, seed: int, low: float, high: float) -> Trial:
    report = Report(("a",), Audit({}), Audit({"gap": Figure(gap, low, high, 500)}), None, 2.0, None)
    return Trial("cat", "a", seed, "done", report)


def test_intervals_hold_the_spread_of_pictures_and_of_seeds() -> None:
    (alone,) = table([measured(2.0, 0, 1.5, 2.5)], "cat")[1:]
    cell = alone.cells["gap"]
    assert (cell.low, cell.high, cell.n) == (pytest.approx(1.5, abs=0.05), pytest.approx(2.5, abs=0.05), 500)
    (several,) = table([measured(gap, seed, gap - 0.1, gap + 0.1) for seed, gap in enumerate((1.0, 2.0, 3.0))], "cat")[
        1:
    ]
    cell = several.cells["gap"]
    assert cell.low is not None and cell.high is not None
    assert cell.low < 1.4 and cell.high > 2.6, "the seeds differ far more than each one's pictures say"


def test_over_all_tasks_distances_are_averaged() -> None:
    trials = [trial("a", 1.0, probe=54.0), trial("a", 3.0, 1, "dog", probe=46.0), trial("b", 0.5, probe=50.0)]
    trials.append(Trial("dog", "b", 1, "failed", reason="it diverged"))
    found = overall(trials)
    assert [(row.name, row.cells) for row in found] == [("b", 1), ("a", 2)]
    assert found[1].distances["gap"] == 2.0 and found[1].distances["share"] == pytest.approx(10.0)
    assert found[1].distances["probe"] == pytest.approx(4.0), "above and below do not cancel"
