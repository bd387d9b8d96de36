"""Comparisons as people write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from maga_desk.domain.errors import SpecError
from maga_desk.domain.specs.ablation import read_ablation
from maga_desk.domain.specs.comparison import parse_comparison, read_comparison

TEXT = """
title = "Two tasks"
seeds = [0, 1]
methods = ["maga", "fine-tune", { name = "gentle", method = { name = "maga", params = { forget_weight = 0.1 } } }]
[data]
path = "pictures"
[model]
checkpoint = "original.safetensors"
[audit]
retrained = "make"
[[task]]
name = "cat"
forget = { classes = ["cat"] }
[[task]]
name = "frog of small"
data = { families = "families.toml" }
model = { checkpoint = "family.safetensors" }
forget = { kinds = ["frog"] }
intent = "concept"
[tuning]
budget = 3
[[tuning.task]]
name = "dog"
forget = { classes = ["dog"] }
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "compare.toml"
    path.write_text(text)
    return path


def test_a_task_replaces_what_it_names_and_paths_are_the_files(tmp_path: Path) -> None:
    comparison = read_comparison(written(tmp_path, TEXT))
    rows = comparison.contenders(["a", "b"])
    assert [row.name for row in rows] == ["maga", "fine-tune", "gentle"]
    first, second = comparison.plan.tasks
    run = comparison.run_of(second, rows[2], 1)
    assert run.seed == 1 and run.intent == "concept"
    assert run.method.params == {"forget_weight": 0.1}
    assert run.data.path == str(tmp_path / "pictures")
    assert run.data.families == str(tmp_path / "families.toml")
    assert run.model.checkpoint == str(tmp_path / "family.safetensors")
    assert run.forget.kinds == ("frog",)
    assert comparison.run_of(first, rows[0], 0).data.families is None
    assert comparison.plan.tuning.tasks[0].name == "dog"


def test_all_stands_for_every_method(tmp_path: Path) -> None:
    text = TEXT.replace("methods = [", "methods = ['all']\n#")
    rows = read_comparison(written(tmp_path, text)).contenders(["maga", "ssd"])
    assert [(row.name, row.method.name) for row in rows] == [("maga", "maga"), ("ssd", "ssd")]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("seeds = [0, 1]", "seeds = []"), "'seeds'"),
        (('name = "cat"', 'nome = "cat"'), "task.0.name"),
        (("[audit]", "[method]\nname = 'maga'\n[audit]"), r"a comparison has no \[method\]"),
        (("[audit]", "[oudit]"), "unknown key 'oudit'"),
        (('"maga", ', '{ name = "m", method = { name = "maga", lr = 1 } }, '), "'methods.0.method.lr'; .* params"),
        (('"maga", ', "1, "), "'methods.0' = 1"),
    ],
)
def test_mistakes_get_one_line(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    with pytest.raises(SpecError, match=message) as caught:
        read_comparison(written(tmp_path, TEXT.replace(*change)))
    assert "\n" not in str(caught.value)


def test_a_wrong_key_of_a_task_is_named_with_the_task(tmp_path: Path) -> None:
    comparison = read_comparison(written(tmp_path, TEXT.replace('families = "families.toml"', "fomilies = 1")))
    rows = comparison.contenders([])
    with pytest.raises(SpecError, match=r"task 'frog of small', maga: unknown key 'data.fomilies'"):
        comparison.run_of(comparison.plan.tasks[1], rows[0], 0)


def test_two_rows_of_one_name_are_refused(tmp_path: Path) -> None:
    raw = {"methods": ["maga", "maga"], "task": [{"name": "x", "forget": {"classes": ["a"]}}]}
    with pytest.raises(SpecError, match="two rows are called 'maga'"):
        parse_comparison(raw, tmp_path).contenders([])


def test_an_ablation_is_every_combination(tmp_path: Path) -> None:
    text = TEXT.replace("methods = [", "#").replace(
        "[tuning]",
        """[ablate]
source = ["uniform", { proposer = "mllm", model = "demo" }]
combine = ["product", "soft"]
noise = ["none", "positive", "both"]
form = ["bank", "conditioned"]
positive = 0.5
[tuning]""",
    )
    rows = read_ablation(written(tmp_path, text)).contenders([])
    assert len(rows) == 2 * 2 * (1 + 2 * 2), "without noise there is no form"
    assert rows[0].name == "uniform, product, no noise"
    by_name = {row.name: row for row in rows}
    row = by_name["mllm (demo), soft, positive noise, conditioned"]
    assert row.guidance == {"proposer": "mllm", "model": "demo", "combine": "soft"}
    assert row.method.params == {"noise": "conditioned", "positive": 0.5, "negative": 0.0}
    with pytest.raises(SpecError, match="an ablation has no methods"):
        read_ablation(written(tmp_path, TEXT))
