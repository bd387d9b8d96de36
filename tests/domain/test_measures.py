"""What is known of each figure stands in its record, and the tables follow."""

from __future__ import annotations

from maga_desk.domain.measure import GROUP_TITLES
from maga_desk.domain.measures import MEASURES, in_group, in_table, ranked, resting_on
from maga_desk.domain.standings import RANKED


def test_every_table_shows_figures_in_the_order_of_the_records() -> None:
    order = list(MEASURES)
    for table in ("terminal", "intervals", "overall"):
        keys = in_table(table)
        assert len(keys) > 8 and list(keys) == sorted(keys, key=order.index)
    assert in_table("requests") == ("forget_train", "retain_test", "earlier_train", "gap", "mia")
    assert [m.key for group in GROUP_TITLES for m in in_group(group)] == order


def test_the_groups_that_contenders_are_ranked_by_hold_measures_of_their_own() -> None:
    assert ranked("residue") == ("probe", "prototype", "relearn")
    assert ranked("membership") == ("mia", "mia_confidence", "mia_auc", "cmia", "rmia", "lira")
    assert all(by in MEASURES or ranked(by) for by in RANKED)


def test_what_rests_on_a_retrained_model_or_shadows_is_named_once() -> None:
    assert resting_on("retrained") == (
        "average gap", "tug of war", "JS to retrained", "KL to retrained", "class-aware attack", "CKA to retrained",
    )  # fmt: skip
    assert resting_on("retrained", "shadows") == ("RMIA", "U-LiRA")


def test_bounds_are_in_order() -> None:
    assert all(0 < measure.close < measure.near for measure in MEASURES.values())
