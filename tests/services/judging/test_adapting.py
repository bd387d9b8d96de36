"""What is changed of a guessed recipe, in which order and how far: by what its nets reach."""

from __future__ import annotations

from maga_desk.domain.recipe_tries import Knows, RecipeTry, as_records, tries_of, tries_text
from maga_desk.domain.specs.recipe import TrainRecipe
from maga_desk.services.judging.adapting import MOST_TRIES, RecipeSearch

WANTED = Knows(90.0, 80.0)


def tried(search: RecipeSearch, *reached: float | None) -> list[TrainRecipe]:
    """What was tried while nets reached so much."""
    found = []
    for each in reached:
        found.append(search.recipe)
        if not search.goes_on(None if each is None else Knows(each, 80.0), WANTED):
            return found
    return [*found, search.recipe]


def test_epochs_are_sought_between_too_few_and_too_many() -> None:
    search = RecipeSearch(TrainRecipe(epochs=15), ("lr",), 180)
    found = tried(search, 60, 78, 99, 82, 96, 88)
    assert [each.epochs for each in found] == [15, 45, 135, 78, 103, 90], "three times as long, then in between"
    reached = [each.reached.accuracy for each in search.tries if each.reached is not None]
    assert reached == [60, 78, 99, 82, 96, 88], "every try is kept"
    assert all(each.wanted == WANTED for each in search.tries)
    close = RecipeSearch(TrainRecipe(epochs=30), ("lr",), 180)
    assert [each.epochs for each in tried(close, 60, 99, 82, 96, 85, 95)] == [30, 90, 52, 68, 59, 63], "no finer"
    shorter = RecipeSearch(TrainRecipe(epochs=15), ("lr",), 180)
    assert [each.epochs for each in tried(shorter, 100, 100, 100)] == [15, 5, 1]
    assert not RecipeSearch(TrainRecipe(epochs=10_000), ("lr",), 180).goes_on(Knows(20, 80), WANTED)


def test_of_nets_that_are_right_as_often_the_one_is_sought_that_is_as_sure() -> None:
    search = RecipeSearch(TrainRecipe(epochs=15), ("lr",), 180)
    assert search.goes_on(Knows(91.0, 97.0), WANTED) and search.recipe.epochs == 5, "far too sure: fewer epochs"
    assert search.goes_on(Knows(80.0, 70.0), WANTED) and search.recipe.epochs == 9
    assert not search.goes_on(Knows(89.0, 83.0), WANTED)
    assert Knows(91.0, 97.0).apart(WANTED) == 17.0
    unsure = RecipeSearch(TrainRecipe(epochs=15), ("lr",), 180)
    assert unsure.goes_on(Knows(89.0, 60.0), WANTED) and unsure.recipe.epochs == 45


def test_where_longer_training_wins_little_the_rate_is_changed() -> None:
    search = RecipeSearch(TrainRecipe(epochs=15, lr=0.3), (), 180)
    found = tried(search, 60, 63, 88)
    assert [(each.epochs, each.lr) for each in found] == [(15, 0.3), (45, 0.3), (45, 0.1)]
    known = RecipeSearch(TrainRecipe(epochs=15, lr=0.3), ("epochs",), 180)
    rates = [each.lr for each in tried(known, 60, 61, 62, 63, 64)]
    assert rates == [0.3, 0.1, 0.9, 0.0333, 2.7], "to a ninth and to nine times"
    assert tried(RecipeSearch(TrainRecipe(), ("epochs", "lr"), 180), 60) == [TrainRecipe()], "nothing is open"


def test_what_diverges_is_calmed() -> None:
    search = RecipeSearch(TrainRecipe(epochs=20, lr=0.3), (), 180)
    found = tried(search, None, None, None, None)
    changes = [(each.lr, each.warm_up, each.momentum) for each in found]
    assert changes == [(0.3, 0, 0.9), (0.1, 0, 0.9), (0.0333, 0, 0.9), (0.0333, 2, 0.9), (0.0333, 2, 0.5)]
    assert not search.goes_on(None, WANTED) and len(search.tries) == 5
    kept = RecipeSearch(TrainRecipe(epochs=20, lr=0.3), ("lr", "warm_up", "momentum"), 180)
    assert not kept.goes_on(None, WANTED), "what is known is not changed"
    stuck = RecipeSearch(TrainRecipe(epochs=20, lr=0.3), (), 180, chance=25.0)
    assert stuck.goes_on(Knows(26.0, 80.0), WANTED) and stuck.recipe.lr == 0.1, (
        "one that learned nothing is calmed as well"
    )


def test_tries_are_bounded_said_and_kept_as_plain_data() -> None:
    search = RecipeSearch(TrainRecipe(epochs=15), (), 180)
    count = 1
    while search.goes_on(Knows(60 + count, 80), WANTED):
        count += 1
    assert count <= MOST_TRIES
    wanted = Knows(99.9, 99.0)
    tries = (RecipeTry("SGD", None, wanted), RecipeTry("AdamW", Knows(98.21, 95.06), wanted))
    assert tries_of(as_records(tries)) == tries and tries_of("nothing") == ()
    assert tries_text(tries) == (
        "2 recipes were tried wholly; of what stays they had none (diverged) and 98.2 % right, the original 99.9 %."
    )
    assert tries_text(tries[:1]) == ""
    assert tries[0].text() == "diverged (the original: 99.9 % right, 99.0 % sure) by SGD"
