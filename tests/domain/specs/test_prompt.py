"""The question, with a class's name in it."""

from __future__ import annotations

import pytest

from maga_desk.domain.errors import SpecError
from maga_desk.domain.specs.prompt import CAPTION, LONGEST, QUESTION, Prompt, spoken


@pytest.mark.parametrize(
    ("template", "name", "text"),
    [
        ("Is it a {class}?", "dog", "Is it a dog?"),
        ("Is it a {class}?", "airplane", "Is it an airplane?"),
        ("Is it an {class}?", "dog", "Is it a dog?"),
        ("An {class} or a {class}?", "Umbrella", "An Umbrella or an Umbrella?"),
        ("a {class}", "unicorn", "a unicorn"),
        ("the {class}, or data {class}", "apple", "the apple, or data apple"),
        ("'{class}'", "a {class}", "'a {class}'"),
        ("a {class}", "{class} {} %s \\1", "a {class} {} %s \\1"),
        ("a {class}", "🐕", "a 🐕"),
        (CAPTION, "orange", "a photo of an orange"),
    ],
)
def test_the_name_is_put_in_as_it_is(template: str, name: str, text: str) -> None:
    assert Prompt(template).about(name) == text


def test_the_version_follows_the_wording() -> None:
    assert Prompt().version == Prompt(QUESTION).version != Prompt(QUESTION + " ").version
    assert len(Prompt().version) == 8


@pytest.mark.parametrize("template", ["", "Is it {name}?", "{ class }", "{class}" + "x" * LONGEST])
def test_what_is_no_question(template: str) -> None:
    with pytest.raises(SpecError, match="the prompt"):
        Prompt(template)


def test_what_a_class_is_called() -> None:
    assert spoken("fire_truck", {}) == "fire truck"
    assert spoken("n02084071", {"n02084071": "dog"}) == "dog"
    assert spoken("_", {}) == "_"
