"""Asking an OpenAI-compatible endpoint: vLLM, Ollama, LM Studio, ``transformers serve``, a hosted one.

The questions go out from an event loop (the window's own, or one in a thread of its own), a bounded number at a time.
The caller's thread hands them over, takes the answers in, and looks after pause and cancel. Neither the key nor a
picture is ever part of a message, an error or a ``repr``.
"""

from __future__ import annotations

import asyncio
import base64
import io
import json
import math
import queue
import random
import re
import threading
from collections.abc import Coroutine, Iterable, Iterator
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2 as httpx
from PIL import Image

from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import GuidanceError
from maga_desk.domain.events import Ended, Event, Message, Progress
from maga_desk.domain.specs.guidance import EndpointSpec
from maga_desk.domain.specs.prompt import Prompt
from maga_desk.guidance.askers.asker import Answered, Ask

LARGEST_REPLY = 2**20
_POLL = 0.05  # seconds between looks at pause and cancel
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
_PASSING = {408, 409, 425, 429}  # and everything from 500: worth another try
_LOGPROBS: tuple[int | None, ...] = (20, 5, None)
_SHORT, _LONG = 4, 512  # tokens of an answer; models that think aloud need the long bound
_WORD = re.compile(r"\b(true|false|yes|no)\b", re.IGNORECASE)
_SILENT = 8  # so many answers without True or False, and nothing else, end the asking


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
        given, answered, silent = iter(asks), 0, 0
        with _Loop(self._loop) as loop:
            talk = _Talk(self._settings, self.model, self._key)
            results: queue.SimpleQueue[Future[Answered]] = queue.SimpleQueue()
            under_way: set[Future[Answered]] = set()
            more, fault = True, None
            try:
                while more or under_way:
                    if control.cancelled:
                        control.checkpoint()
                    while more and fault is None and not control.paused and len(under_way) < self._room():
                        ask = next(given, None)
                        more = ask is not None
                        if ask is not None:
                            future = loop.submit(talk.one(ask.place, ask.question, _encoded(ask.picture.open())))
                            under_way.add(future)
                            future.add_done_callback(results.put)
                    yield from talk.remarks()
                    if control.paused and not under_way:
                        control.checkpoint()
                        continue
                    try:
                        future = results.get(timeout=_POLL)
                    except queue.Empty:
                        continue
                    under_way.discard(future)
                    error = future.exception() if not future.cancelled() else None
                    if error is not None and not isinstance(error, GuidanceError):
                        raise error
                    if error is not None:  # those under way may still succeed: theirs are kept
                        fault, more = fault or error, False
                        continue
                    said = future.result()
                    answered, silent = answered + 1, silent + math.isnan(said.value)
                    yield said
                    if silent == answered >= _SILENT:
                        raise GuidanceError(
                            f"{self.model} answers neither True nor False", todo="try another wording or another model"
                        )
                yield from talk.remarks()
            finally:
                for future in under_way:
                    future.cancel()
                with suppress(TimeoutError, CancelledError):
                    loop.submit(talk.close()).result(timeout=2)
        if fault is not None:
            raise _with_count(fault, answered)

    def check(self, control: RunControl) -> Iterator[Event]:
        """Ask about a made-up grey picture; ends with a ``Message`` that says what the endpoint can do.

        No picture of the user's is sent.

        :raises GuidanceError: it cannot be asked, in one line.
        """
        yield Progress("Trying the connection", 0, 0)
        blank = _Made(Image.new("RGB", (32, 32), "grey"))
        told = []
        for said in self.ask([Ask((0, 1), blank, Prompt().about("house"))], control):
            if isinstance(said, Message):
                told.append(said.text)
            elif isinstance(said, Answered):
                verdict = "answered neither True nor False" if math.isnan(said.value) else "answered"
                tokens = f", {said.tokens} tokens a question" if said.tokens else ""
                told.insert(0, f"{self.model} {verdict}{tokens}.")
        yield Message(" ".join(told))
        yield Ended("finished")

    def _room(self) -> int:
        return self._settings.concurrency


@dataclass(frozen=True)
class _Made:
    picture: Image.Image

    def open(self) -> Image.Image:
        return self.picture


class _Passing(Exception):
    """A fault that another try may not meet.

    :param pause: seconds that the endpoint asked for.
    """

    def __init__(self, text: str, pause: float | None = None) -> None:
        super().__init__(text)
        self.pause = pause


class _Talk:
    """The HTTP side. Everything but :meth:`remarks` runs on the event loop."""

    def __init__(self, settings: EndpointSpec, model: str, key: str | None) -> None:
        self._settings, self._model = settings, model
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._client = httpx.AsyncClient(
            headers=headers,
            timeout=httpx.Timeout(settings.timeout, connect=min(10.0, settings.timeout)),
            follow_redirects=False,
            limits=httpx.Limits(max_connections=settings.concurrency),
        )
        self._remarks: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._said: set[str] = set()
        self._logprobs, self._bound, self._modern, self._plain = 0, _SHORT, False, False

    def remarks(self) -> Iterator[Message]:
        """What the endpoint turned out not to offer, each once."""
        while not self._remarks.empty():
            yield self._remarks.get()

    async def close(self) -> None:
        await self._client.aclose()

    async def one(self, place: tuple[int, int], question: str, picture: str) -> Answered:
        """One answer, after as many tries as the settings allow.

        :raises GuidanceError: no further try makes sense.
        """
        tries, pause = 0, _FIRST_PAUSE
        while True:
            try:
                return await self._try(place, question, picture)
            except _Passing as fault:
                tries += 1
                if tries > self._settings.retries:
                    raise GuidanceError(f"{fault} ({tries} tries)", where=self._settings.origin) from None
                wait = fault.pause if fault.pause is not None else pause * random.uniform(0.5, 1.0)
                await asyncio.sleep(min(wait, _LONGEST_PAUSE))
                pause = min(pause * 2, _LONGEST_PAUSE)

    async def _try(self, place: tuple[int, int], question: str, picture: str) -> Answered:
        while True:
            asked = self._body(question, picture)
            status, headers, body = await self._post(asked)
            if status in (400, 422) and self._with_less(asked, body):
                continue
            if status != 200:
                raise self._refusal(status, headers, body)
            reply = _json(body)
            value, likely = _p_true(reply)
            if value is not None and not likely and "logprobs" in asked:
                self._no_probabilities()
            if value is None and self._bound == _SHORT and _cut_short(reply):
                self._bound = _LONG
                self._say(f"The model thinks before it answers: it may now write {_LONG} tokens a question.")
                continue
            usage = reply.get("usage")
            usage = usage if isinstance(usage, dict) else {}
            return Answered(
                place,
                math.nan if value is None else value,
                _count(usage.get("prompt_tokens")),
                _count(usage.get("completion_tokens")),
            )

    async def _post(self, asked: dict[str, Any]) -> tuple[int, httpx.Headers, bytes]:
        try:
            address = f"{self._settings.url}/chat/completions"
            async with asyncio.timeout(self._settings.timeout):
                async with self._client.stream("POST", address, json=asked) as reply:
                    body = b""
                    async for part in reply.aiter_bytes():
                        body += part
                        if len(body) > LARGEST_REPLY:
                            raise GuidanceError("sends far more than an answer", where=self._settings.origin)
                    return reply.status_code, reply.headers, body
        except (httpx.TimeoutException, TimeoutError):
            raise _Passing(f"no answer within {self._settings.timeout:g} s") from None
        except (httpx.ConnectError, httpx.NetworkError):
            raise _Passing("cannot be reached: is the server running, and is there a network?") from None
        except httpx.HTTPError:
            raise _Passing("does not speak HTTP as it should") from None

    def _body(self, question: str, picture: str) -> dict[str, Any]:
        content = [{"type": "image_url", "image_url": {"url": picture}}, {"type": "text", "text": question}]
        bound = "max_completion_tokens" if self._modern else "max_tokens"
        asked: dict[str, Any] = {
            "model": self._model,
            "messages": [{"role": "user", "content": content}],
            bound: self._bound,
        }
        if not self._plain:
            asked["temperature"] = 0
        top = _LOGPROBS[self._logprobs]
        return asked if top is None else {**asked, "logprobs": True, "top_logprobs": top}

    def _with_less(self, asked: dict[str, Any], body: bytes) -> bool:
        """Leave out what the endpoint refuses; false when it is something else."""
        text = body.decode(errors="replace").lower()
        # those sent before something was known come back with the same refusal: each is looked at as it was sent
        if "max_completion_tokens" in text and "max_tokens" in asked:
            self._modern = True
        elif "temperature" in text and "temperature" in asked:
            self._plain = True
        elif "logprob" in text and "logprobs" in asked:
            if asked["top_logprobs"] == _LOGPROBS[self._logprobs]:
                self._logprobs += 1
                if _LOGPROBS[self._logprobs] is None:
                    self._no_probabilities()
        else:
            return False
        return True

    def _refusal(self, status: int, headers: httpx.Headers, body: bytes) -> Exception:
        where, said = self._settings.origin, _said(body)
        if status in _PASSING or status >= 500:
            return _Passing(f"answers {status}{said}", _retry_after(headers.get("retry-after")))
        if status in (401, 403):
            return GuidanceError(f"refuses the key (answers {status})", where=where, todo="save the right key")
        if status == 404:
            return GuidanceError(
                f"has no such address or no model '{self._model}' (answers 404)", where=where, todo="most end in /v1"
            )
        if 300 <= status < 400:
            return GuidanceError(f"sends elsewhere (answers {status}), which is not followed", where=where)
        return GuidanceError(f"refuses the question (answers {status}{said})", where=where)

    def _no_probabilities(self) -> None:
        self._logprobs = len(_LOGPROBS) - 1
        self._say("The endpoint gives no token probabilities: each answer counts as wholly True or False.")

    def _say(self, text: str) -> None:
        if text in self._said:
            return
        self._said.add(text)
        self._remarks.put(Message(text, "warning"))


class _Loop:
    """The event loop that is there, or one in a thread of its own."""

    def __init__(self, loop: asyncio.AbstractEventLoop | None) -> None:
        self._own = loop is None
        self._loop = loop or asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="endpoint", daemon=True)

    def __enter__(self) -> _Loop:
        if self._own:
            self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        if self._own:
            asyncio.run_coroutine_threadsafe(self._wind_up(), self._loop)
            self._thread.join(timeout=5)
            if not self._thread.is_alive():
                self._loop.close()

    def submit(self, work: Coroutine[Any, Any, Any]) -> Future[Any]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _wind_up(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.wait(others, timeout=2) if others else None
        self._loop.call_soon(self._loop.stop)


def _encoded(picture: Image.Image) -> str:
    """A PNG as a data URL."""
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode("ascii")


def _json(body: bytes) -> dict[str, Any]:
    try:
        reply = json.loads(body)
        if isinstance(reply["choices"][0]["message"], dict):
            return dict(reply)
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        pass
    raise _Passing("answers with something else than a chat completion: is this an OpenAI-compatible endpoint?")


def _p_true(reply: dict[str, Any]) -> tuple[float | None, bool]:
    """P(True) from the tokens' probabilities, else 1 or 0 from the text; ``None``: neither word is there.

    The second tells whether the endpoint gave probabilities at all.
    """
    choice = reply["choices"][0]
    logprobs = choice.get("logprobs")
    content = logprobs.get("content") if isinstance(logprobs, dict) else None
    given = content if isinstance(content, list) else []
    for token in given:
        value = _of_token(token)
        if value is not None:
            return value, True
    text = choice["message"].get("content")
    found = _WORD.findall(text) if isinstance(text, str) else []
    if not found:
        return None, bool(given)
    # one that thinks aloud says its answer last
    return (1.0 if (found[0] if len(text) < 40 else found[-1]).lower() in ("true", "yes") else 0.0), bool(given)


def _of_token(token: Any) -> float | None:
    listed = token.get("top_logprobs") if isinstance(token, dict) else None
    sums, smallest = {"true": 0.0, "false": 0.0}, math.inf
    for each in listed if isinstance(listed, list) else ():
        try:
            word, logprob = str(each["token"]).strip().lower(), float(each["logprob"])
        except (KeyError, TypeError, ValueError):
            continue
        if math.isnan(logprob) or logprob > 0.01:  # no logarithm of a probability; a little above 0 is rounding
            continue
        chance = math.exp(min(0.0, logprob))
        smallest = min(smallest, chance)
        if word in sums:
            sums[word] += chance
    if not sum(sums.values()):
        return None
    for word, chance in sums.items():
        sums[word] = chance or smallest  # what is not listed is at most as likely as the last that is
    return sums["true"] / (sums["true"] + sums["false"])


def _cut_short(reply: dict[str, Any]) -> bool:
    return bool(reply["choices"][0].get("finish_reason") == "length")


def _count(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**9 else 0


def _said(body: bytes) -> str:
    """The endpoint's own words on a fault, shortened; nothing when they may repeat what was sent."""
    try:
        error = json.loads(body)["error"]
        text = " ".join(str(error["message"] if isinstance(error, dict) else error).split())
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    return "" if not text or "base64" in text or "Bearer" in text else f": {text[:120]}"


def _retry_after(value: str | None) -> float | None:
    if value is None:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (when - datetime.now(when.tzinfo)).total_seconds())


def _with_count(error: GuidanceError, answered: int) -> GuidanceError:
    kept = f"{answered} answers that came before are kept" if answered else "nothing is lost"
    return GuidanceError(f"{error.what}; {kept}", where=error.where, todo=error.todo or "ask again to go on")
