"""Asking a model about exemplar pictures: what is known is not asked again, what is answered is kept at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.choices import ProposerInfo
from maga_desk.domain.control import Clock, RunControl
from maga_desk.domain.errors import GuidanceError
from maga_desk.domain.events import Event, Message, Progress
from maga_desk.domain.opinion import AnswerBook, AnswerKey, Opinion
from maga_desk.domain.specs.guidance import EndpointSpec
from maga_desk.domain.specs.prompt import Prompt
from maga_desk.guidance.askers.asker import Answered, Ask, Asker
from maga_desk.guidance.exemplars import Exemplar
from maga_desk.guidance.question import Likeness, Question

STAGE = "Asking how alike the classes are"
_KEEP_EVERY = 0.5  # seconds


def asked(
    question: Question,
    asker: Asker,
    info: ProposerInfo,
    *,
    read: Callable[[Opinion], Opinion] | None = None,
    prices: EndpointSpec | None = None,
) -> Generator[Event, None, Likeness]:
    """The likeness that a model's answers about the question's exemplars give.

    :param read: turns what the model gave into the opinion that counts.
    :param prices: of tokens, where they cost something.
    :raises GuidanceError: as :func:`questioned`.
    """
    opinion = yield from questioned(
        asker,
        question.exemplars(),
        question.words(),
        question.guidance.question(info.prompt),
        question.means.book,
        question.control,
        proposer=info.name,
        prices=prices,
    )
    opinion = opinion if read is None else read(opinion)
    return Likeness(likeness_of(opinion, len(question.images.classes)), (opinion,))


def questioned(
    asker: Asker,
    exemplars: Sequence[Exemplar],
    words: Sequence[str],
    prompt: Prompt,
    book: AnswerBook,
    control: RunControl,
    *,
    proposer: str,
    prices: EndpointSpec | None = None,
) -> Generator[Event, None, Opinion]:
    """Ask about every exemplar and every class but its own; n exemplars, K words.

    :param prices: of tokens, where they cost something.
    :raises GuidanceError: the model cannot answer; the answers that came before are kept.
    :raises Cancelled: in between; likewise.
    """
    yield Progress(STAGE, 0, 0)
    values = np.full((len(exemplars), len(words)), np.nan, dtype=np.float32)
    questions = [prompt.about(word) for word in words]
    keys: dict[tuple[int, int], AnswerKey] = {}
    for i, exemplar in enumerate(exemplars):
        control.checkpoint()
        for j, question in enumerate(questions):
            if j != exemplar.row:
                keys[i, j] = AnswerKey(exemplar.digest, question, asker.model, asker.revision)
    for place, known in zip(keys, book.known(list(keys.values())), strict=True):
        values[place] = np.nan if known is None else known
    missing = [place for place in keys if np.isnan(values[place])]
    asks = (Ask(place, exemplars[place[0]], questions[place[1]]) for place in missing)
    clock = Clock(control)
    tokens = written = 0
    if missing:
        with _Keeping(book, keys) as keep:
            done = 0
            yield Progress(STAGE, 0, len(missing))
            for answer in asker.ask(asks, control):
                if not isinstance(answer, Answered):
                    yield answer
                    continue
                values[answer.place] = answer.value
                tokens, written, done = tokens + answer.tokens, written + answer.written, done + 1
                keep(answer)
                yield Progress(STAGE, done, len(missing), _left(clock, done, len(missing), asker.loading))
        unclear = int(sum(np.isnan(values[place]) for place in missing))
        if unclear:
            yield Message(f"{unclear} of {len(keys)} questions got neither True nor False and are left out", "warning")
    for row in sorted({exemplar.row for exemplar in exemplars}):
        mine = [i for i, exemplar in enumerate(exemplars) if exemplar.row == row]
        if np.isnan(values[mine]).all():
            raise GuidanceError(f"{asker.model} answers neither True nor False", todo="try another wording or model")
    return Opinion(
        proposer=proposer,
        model=asker.model,
        revision=asker.revision,
        prompt=prompt.template,
        asked_about=tuple(words),
        pictures=tuple(exemplar.name for exemplar in exemplars),
        rows=np.array([exemplar.row for exemplar in exemplars], dtype=np.int64),
        p_true=values,
        questions=len(keys),
        cached=len(keys) - len(missing),
        tokens=tokens + written,
        seconds=max(0.0, clock.seconds - asker.loading),
        loading=asker.loading,
        cost=_cost(prices, tokens, written),
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        digests=tuple(exemplar.digest for exemplar in exemplars),
    )


def likeness_of(opinion: Opinion, classes: int) -> NDArray[np.float64]:
    """``(K, K) float64`` the mean answer of each asked row; unanswered candidates count as not alike."""
    scores = np.zeros((classes, classes))
    for row in np.unique(opinion.rows):
        scores[row] = np.nan_to_num(opinion.of_class(int(row)), nan=0.0)
    return scores


def _left(clock: Clock, done: int, total: int, loading: float) -> float | None:
    """Seconds, by what the questions so far took."""
    spent = clock.seconds - loading
    return spent / done * (total - done) if done and spent > 0 else None


class _Keeping:
    """Writes answers down in small lots, the last ones on the way out, whatever ends the asking."""

    def __init__(self, book: AnswerBook, keys: dict[tuple[int, int], AnswerKey]) -> None:
        self._book, self._keys = book, keys
        self._waiting: list[Answered] = []
        self._since = time.monotonic()

    def __call__(self, answer: Answered) -> None:
        if not np.isnan(answer.value):
            self._waiting.append(answer)
        if time.monotonic() - self._since > _KEEP_EVERY:
            self._write()

    def __enter__(self) -> _Keeping:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._write()

    def _write(self) -> None:
        waiting, self._waiting = self._waiting, []
        self._since = time.monotonic()
        if waiting:
            self._book.keep([self._keys[each.place] for each in waiting], [each.value for each in waiting])


def _cost(prices: EndpointSpec | None, tokens: int, written: int) -> float | None:
    if prices is None or (prices.input_price is None and prices.output_price is None):
        return None
    return ((prices.input_price or 0) * tokens + (prices.output_price or 0) * written) / 1e6
