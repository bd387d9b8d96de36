"""Asking: what is known is not asked again, and nothing that was answered is lost."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pytest

from maga_desk.data.demo_world.kinds import KINDS
from maga_desk.domain.control import Cancelled, RunControl
from maga_desk.domain.errors import GuidanceError
from maga_desk.domain.events import Event, Message, Progress
from maga_desk.domain.opinion import Opinion
from maga_desk.domain.pictures import ImageSet
from maga_desk.domain.specs.guidance import EndpointSpec
from maga_desk.domain.specs.prompt import Prompt
from maga_desk.guidance.askers.asker import Answered, Ask
from maga_desk.guidance.exemplars import Exemplar, choose_exemplars
from maga_desk.guidance.questioning import likeness_of, questioned

K = len(KINDS)


class Parrot:
    """Answers with a number that tells which question it was; may fail after some."""

    def __init__(self, fail_after: int | None = None, revision: str = "1", silent: Any = lambda place: False) -> None:
        self.model, self.revision, self.loading = "parrot", revision, 0.0
        self.asked: list[Ask] = []
        self._fail_after, self._silent = fail_after, silent

    def ask(self, asks: Iterable[Ask], control: RunControl) -> Iterator[Answered | Message | Progress]:
        for ask in asks:
            control.checkpoint()
            if len(self.asked) == self._fail_after:
                raise GuidanceError("the parrot flew away")
            self.asked.append(ask)
            yield Answered(ask.place, math.nan if self._silent(ask.place) else worth(ask.place), tokens=10, written=1)


def worth(place: tuple[int, int]) -> float:
    return (place[0] * K + place[1]) / 100


def ask(
    parrot: Parrot,
    exemplars: list[Exemplar],
    book: Any,
    events: list[Event] | None = None,
    control: RunControl | None = None,
    **more: Any,
) -> Opinion:
    asking = questioned(
        parrot, exemplars, KINDS, more.pop("prompt", Prompt()), book, control or RunControl(), proposer="mllm", **more
    )
    while True:
        try:
            event = next(asking)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        if events is not None:
            events.append(event)


def test_every_exemplar_is_asked_about_every_class_but_its_own(exemplars: list[Exemplar], book: Any) -> None:
    parrot = Parrot()
    opinion = ask(parrot, exemplars, book)
    assert opinion.questions == len(parrot.asked) == 3 * (K - 1)
    assert (opinion.cached, opinion.tokens) == (0, 3 * (K - 1) * 11)
    for i, exemplar in enumerate(exemplars):
        assert np.isnan(opinion.p_true[i, exemplar.row])
        for j in set(range(K)) - {exemplar.row}:
            assert opinion.p_true[i, j] == pytest.approx(worth((i, j)))
    assert opinion.pictures == tuple(exemplar.name for exemplar in exemplars)
    dog, cat = KINDS.index("dog"), KINDS.index("cat")
    assert opinion.of_class(dog)[cat] == pytest.approx((worth((0, cat)) + worth((1, cat))) / 2)
    scores = likeness_of(opinion, K)
    assert scores[dog, cat] == pytest.approx(opinion.of_class(dog)[cat])
    assert scores[cat].sum() == 0  # nobody asked about it
    assert scores[dog, dog] == 0


def test_asking_again_costs_nothing(exemplars: list[Exemplar], book: Any) -> None:
    first = ask(Parrot(), exemplars, book)
    again = Parrot()
    second = ask(again, exemplars, book)
    assert again.asked == []
    assert (second.cached, second.tokens) == (second.questions, 0)
    np.testing.assert_array_equal(first.p_true, second.p_true)


@pytest.mark.parametrize("change", ["revision", "prompt", "picture"])
def test_another_model_prompt_or_picture_is_another_question(
    change: str, exemplars: list[Exemplar], book: Any, demo_pictures: ImageSet
) -> None:
    ask(Parrot(), exemplars, book)
    parrot = Parrot(revision="2" if change == "revision" else "1")
    prompt = Prompt("Is it like a {class}?") if change == "prompt" else Prompt()
    if change == "picture":
        exemplars = [Exemplar(demo_pictures.train, exemplars[0].position + 5, exemplars[0].row), *exemplars[1:]]
    ask(parrot, exemplars, book, prompt=prompt)
    assert len(parrot.asked) == (K - 1 if change == "picture" else 3 * (K - 1))


def test_the_same_pixels_under_another_name_are_the_same_picture(
    exemplars: list[Exemplar], book: Any, demo_pictures: ImageSet
) -> None:
    twin = Exemplar(demo_pictures.train, exemplars[0].position, exemplars[0].row)
    assert twin is not exemplars[0] and twin.digest == exemplars[0].digest
    ask(Parrot(), exemplars[:1], book)
    parrot = Parrot()
    assert ask(parrot, [twin], book).cached == K - 1


def test_a_fault_loses_nothing_and_the_next_call_goes_on(exemplars: list[Exemplar], book: Any) -> None:
    with pytest.raises(GuidanceError, match="flew away"):
        ask(Parrot(fail_after=30), exemplars, book)
    assert len(book.answers) == 30
    rest = Parrot()
    opinion = ask(rest, exemplars, book)
    assert len(rest.asked) == 3 * (K - 1) - 30
    assert opinion.cached == 30
    assert np.isfinite(opinion.p_true).sum() == 3 * (K - 1)


def test_cancelled_keeps_what_was_answered(exemplars: list[Exemplar], book: Any) -> None:
    control = RunControl()

    class Cancelling(Parrot):
        def ask(self, asks: Iterable[Ask], control: RunControl) -> Iterator[Answered | Message | Progress]:
            for number, said in enumerate(super().ask(asks, control)):
                yield said
                if number == 4:
                    control.cancel()

    with pytest.raises(Cancelled):
        ask(Cancelling(), exemplars, book, control=control)
    assert len(book.answers) == 5


def test_progress_counts_and_foresees(exemplars: list[Exemplar], book: Any) -> None:
    events: list[Event] = []
    ask(Parrot(), exemplars, book, events)
    counted = [event for event in events if isinstance(event, Progress) and event.total]
    assert [event.done for event in counted] == list(range(3 * (K - 1) + 1))
    assert counted[-1].seconds_left == pytest.approx(0)
    assert all(event.seconds_left is not None and event.seconds_left > 0 for event in counted[1:-1])


def test_unanswered_questions_are_told_left_out_and_asked_again(exemplars: list[Exemplar], book: Any) -> None:
    events: list[Event] = []
    opinion = ask(Parrot(silent=lambda place: place[1] == 0), exemplars, book, events)
    (told,) = [event for event in events if isinstance(event, Message)]
    assert told.text == f"3 of {3 * (K - 1)} questions got neither True nor False and are left out"
    assert np.isnan(opinion.p_true[:, 0]).all()
    assert likeness_of(opinion, K)[exemplars[0].row, 0] == 0
    parrot = Parrot()
    ask(parrot, exemplars, book)
    assert {each.place[1] for each in parrot.asked} == {0}


def test_a_class_without_any_answer_ends_the_asking(exemplars: list[Exemplar], book: Any) -> None:
    with pytest.raises(GuidanceError, match="parrot answers neither True nor False"):
        ask(Parrot(silent=lambda place: place[0] == 2), exemplars, book)
    assert len(book.answers) == 2 * (K - 1)


def test_prices_make_a_cost(exemplars: list[Exemplar], book: Any) -> None:
    prices = EndpointSpec(url="http://localhost:1/v1", input_price=2.0, output_price=10.0)
    opinion = ask(Parrot(), exemplars, book, prices=prices)
    assert opinion.cost == pytest.approx(3 * (K - 1) * (10 * 2 + 1 * 10) / 1e6)
    assert ask(Parrot(), exemplars, book, prices=prices).cost == 0
    assert ask(Parrot(), exemplars, book).cost is None


def test_exemplars_are_forget_pictures_spread_over_each_class(demo_pictures: ImageSet) -> None:
    forget = np.concatenate([np.arange(10, 20), np.arange(30, 33)])
    chosen = choose_exemplars(demo_pictures.train, forget, (1, 3), 4)
    assert [exemplar.row for exemplar in chosen] == [1, 1, 1, 1, 3, 3, 3]
    assert [exemplar.position for exemplar in chosen[:4]] == [10, 13, 16, 19]
