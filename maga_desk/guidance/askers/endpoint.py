"""Asking an OpenAI-compatible endpoint: vLLM, Ollama, LM Studio, ``transformers serve``, a hosted one.

The questions go out from an event loop (the window's own, or one in a thread of its own), a bounded number at a time.
The caller's thread hands them over, takes the answers in, and looks after pause and cancel. Neither the key nor a
picture is ever part of a message, an error or a ``repr``.
"""

from __future__ import annotations

import asyncio
import base64
import io
import math
import queue
from collections.abc import Iterable, Iterator
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from dataclasses import dataclass

from PIL import Image

from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import GuidanceError
from maga_desk.domain.events import Ended, Event, Message, Progress
from maga_desk.domain.specs.guidance import EndpointSpec
from maga_desk.domain.specs.prompt import Prompt
from maga_desk.guidance.askers.asker import Answered, Ask
from maga_desk.guidance.askers.event_loop import EventLoop
from maga_desk.guidance.askers.transport import Transport

_POLL = 0.05  # seconds between looks at pause and cancel
_UNCLEAR = 8  # as many answers without True or False, and no other answer, end the asking


class Endpoint:
    """An :class:`~maga_desk.guidance.askers.asker.Asker` over HTTP.

    :param key: sent as a bearer token; ``None`` for none.
    :param loop: a running event loop of another thread; without one a thread is started for the time of asking.
    :raises GuidanceError: no address or no model is named.
    """

    def __init__(
        self,
        settings: EndpointSpec,
        model: str | None,
        key: str | None,
        *,
        loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        if settings.url is None:
            raise GuidanceError("no address is given", where="[guidance.endpoint] url")
        if not model:
            raise GuidanceError("no model is named", where="[guidance] model", todo="as the endpoint calls it")
        self.model, self.revision, self.loading = model, settings.origin, 0.0
        self._settings, self._key, self._loop = settings, key, loop

    def __repr__(self) -> str:
        return f"Endpoint({self.model!r} at {self.revision})"

    def ask(self, asks: Iterable[Ask], control: RunControl) -> Iterator[Answered | Message | Progress]:
        waiting, more = iter(asks), True
        answered = unclear = 0
        error: GuidanceError | None = None
        transport = Transport(self._settings, self.model, self._key)
        with EventLoop(self._loop) as loop, _UnderWay(loop, transport, self._settings.concurrency) as under_way:
            while more or under_way.any:
                if control.cancelled:
                    control.checkpoint()
                while more and under_way.has_room and not control.paused:
                    ask = next(waiting, None)
                    more = ask is not None
                    if ask is not None:
                        under_way.send(ask)
                yield from transport.remarks()
                if control.paused and not under_way.any:
                    control.checkpoint()
                    continue
                outcome = under_way.wait(_POLL)
                if isinstance(outcome, GuidanceError):  # those under way may still succeed: theirs are kept
                    error, more = error or outcome, False
                elif outcome is not None:
                    answered, unclear = answered + 1, unclear + math.isnan(outcome.value)
                    yield outcome
                    if unclear == answered >= _UNCLEAR:
                        raise GuidanceError(
                            f"{self.model} answers neither True nor False", todo="try another wording or another model"
                        )
            yield from transport.remarks()
        if error is not None:
            raise _with_count(error, answered)

    def check(self, control: RunControl) -> Iterator[Event]:
        """Ask about a made-up grey picture; ends with a ``Message`` that says what the endpoint can do.

        No picture of the user's is sent.

        :raises GuidanceError: it cannot be asked, in one line.
        """
        yield Progress("Trying the connection", 0, 0)
        blank = _Made(Image.new("RGB", (32, 32), "grey"))
        found = []
        for event in self.ask([Ask((0, 1), blank, Prompt().about("house"))], control):
            if isinstance(event, Message):
                found.append(event.text)
            elif isinstance(event, Answered):
                verdict = "answered neither True nor False" if math.isnan(event.value) else "answered"
                tokens = f", {event.tokens} tokens a question" if event.tokens else ""
                found.insert(0, f"{self.model} {verdict}{tokens}.")
        yield Message(" ".join(found))
        yield Ended("finished")


class _UnderWay:
    """Questions that were sent and not answered yet; on the way out they are given up and the connection is closed.

    :param room: how many at the same time.
    """

    def __init__(self, loop: EventLoop, transport: Transport, room: int) -> None:
        self._loop, self._transport, self._room = loop, transport, room
        self._futures: set[Future[Answered]] = set()
        self._done: queue.SimpleQueue[Future[Answered]] = queue.SimpleQueue()

    def __enter__(self) -> _UnderWay:
        return self

    def __exit__(self, *_exc: object) -> None:
        for future in self._futures:
            future.cancel()
        with suppress(TimeoutError, CancelledError):
            self._loop.submit(self._transport.close()).result(timeout=2)

    @property
    def any(self) -> bool:
        return bool(self._futures)

    @property
    def has_room(self) -> bool:
        return len(self._futures) < self._room

    def send(self, ask: Ask) -> None:
        future = self._loop.submit(self._transport.ask(ask.place, ask.question, _data_url(ask.picture.open())))
        self._futures.add(future)
        future.add_done_callback(self._done.put)

    def wait(self, seconds: float) -> Answered | GuidanceError | None:
        """The next answer, or why there is none; ``None`` when none came in time."""
        try:
            future = self._done.get(timeout=seconds)
        except queue.Empty:
            return None
        self._futures.discard(future)
        try:
            return future.result()
        except GuidanceError as error:
            return error


@dataclass(frozen=True)
class _Made:
    picture: Image.Image

    def open(self) -> Image.Image:
        return self.picture


def _data_url(picture: Image.Image) -> str:
    """A PNG as a data URL."""
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode("ascii")


def _with_count(error: GuidanceError, answered: int) -> GuidanceError:
    kept = f"{answered} answers that came before are kept" if answered else "nothing is lost"
    return GuidanceError(f"{error.what}; {kept}", where=error.where, todo=error.todo or "ask again to go on")
