"""HTTP to an OpenAI-compatible endpoint: one question at a time, with retries, and less where less is understood.

Neither the key nor a picture is ever part of a message or an error.
"""

from __future__ import annotations

import asyncio
import math
import queue
import random
import zlib
from collections.abc import Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2 as httpx

from maga_desk.domain.errors import GuidanceError
from maga_desk.domain.events import Message
from maga_desk.domain.specs.guidance import EndpointSpec
from maga_desk.guidance.askers.asker import Answered
from maga_desk.guidance.askers.reply import error_text, read_reply
from maga_desk.guidance.askers.secrecy import repeats

LARGEST_REPLY = 2**20
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
_TRANSIENT = {408, 409, 425, 429}  # and everything from 500: worth another try
_LOGPROBS: tuple[int | None, ...] = (20, 5, None)
_SHORT, _LONG = 4, 512  # tokens of an answer; models that reason first need the long bound


class Transient(Exception):
    """An error that another try may not meet.

    :param pause: seconds that the endpoint asked for.
    """

    def __init__(self, text: str, pause: float | None = None) -> None:
        super().__init__(text)
        self.pause = pause


class Transport:
    """Everything but :meth:`remarks` runs on the event loop.

    :param key: sent as a bearer token; ``None`` for none.
    """

    def __init__(self, settings: EndpointSpec, model: str, key: str | None) -> None:
        self._settings, self._model, self._key = settings, model, key
        headers = {"Accept-Encoding": "identity", **({"Authorization": f"Bearer {key}"} if key else {})}
        self._client = httpx.AsyncClient(
            headers=headers,
            timeout=httpx.Timeout(settings.timeout, connect=min(10.0, settings.timeout)),
            follow_redirects=False,
            limits=httpx.Limits(max_connections=settings.concurrency),
        )
        self._remarks: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._remarked: set[str] = set()
        self._logprobs, self._bound, self._modern, self._plain = 0, _SHORT, False, False

    def remarks(self) -> Iterator[Message]:
        """What the endpoint turned out not to offer, each once."""
        while not self._remarks.empty():
            yield self._remarks.get()

    async def close(self) -> None:
        await self._client.aclose()

    async def ask(self, place: tuple[int, int], question: str, picture: str) -> Answered:
        """One answer, after as many tries as the settings allow.

        :param picture: a data URL.
        :raises GuidanceError: no further try makes sense.
        """
        tries, pause = 0, _FIRST_PAUSE
        while True:
            try:
                return await self._try(place, question, picture)
            except Transient as error:
                tries += 1
                if tries > self._settings.retries:
                    raise GuidanceError(f"{error} ({tries} tries)", where=self._settings.origin) from None
                wait = error.pause if error.pause is not None else pause * random.uniform(0.5, 1.0)
                await asyncio.sleep(min(wait, _LONGEST_PAUSE))
                pause = min(pause * 2, _LONGEST_PAUSE)

    async def _try(self, place: tuple[int, int], question: str, picture: str) -> Answered:
        while True:
            request = self._request(question, picture)
            status, headers, body = await self._post(request)
            if status in (400, 422) and self._with_less(request, body):
                continue
            if status != 200:
                raise self._refusal(status, headers, body)
            reply = read_reply(body)
            if reply is None:
                raise Transient("the answer is no chat completion: is this an OpenAI-compatible endpoint?")
            if reply.p_true is not None and not reply.with_probabilities and "logprobs" in request:
                self._no_probabilities()
            if reply.p_true is None and self._bound == _SHORT and reply.cut_short:
                self._bound = _LONG
                self._remark(f"The model reasons before it answers: it may now write {_LONG} tokens a question.")
                continue
            value = math.nan if reply.p_true is None else reply.p_true
            return Answered(place, value, reply.tokens, reply.written)

    async def _post(self, request: dict[str, Any]) -> tuple[int, httpx.Headers, bytes]:
        try:
            address = f"{self._settings.url}/chat/completions"
            async with asyncio.timeout(self._settings.timeout):
                async with self._client.stream("POST", address, json=request) as reply:
                    body = bytearray()
                    async for part in reply.aiter_raw():  # packed as it is: a small bomb must not be unpacked whole
                        body += part
                        self._check_size(body)
                    return reply.status_code, reply.headers, self._unpacked(reply.headers, bytes(body))
        except (httpx.TimeoutException, TimeoutError):
            raise Transient(f"no answer within {self._settings.timeout:g} s") from None
        except (httpx.ConnectError, httpx.NetworkError):
            raise Transient("cannot be reached: is the server running, and is there a network?") from None
        except httpx.HTTPError:
            raise Transient("the answer is not valid HTTP") from None

    def _unpacked(self, headers: httpx.Headers, body: bytes) -> bytes:
        """The answer's bytes; it was asked to come as it is, but some pack it all the same.

        :raises GuidanceError: it is too large.
        :raises Transient: it cannot be unpacked.
        """
        packed = headers.get("content-encoding", "identity").strip().lower()
        if packed in ("identity", ""):
            return body
        if packed not in ("gzip", "x-gzip", "deflate"):
            raise Transient("the answer is packed in a way that was not asked for")
        try:
            plain = zlib.decompressobj(wbits=47).decompress(body, LARGEST_REPLY + 1)
        except zlib.error:
            raise Transient("the answer is not valid HTTP") from None
        self._check_size(plain)
        return plain

    def _check_size(self, body: bytes | bytearray) -> None:
        if len(body) > LARGEST_REPLY:
            raise GuidanceError(f"the answer is larger than {LARGEST_REPLY // 2**20} MB", where=self._settings.origin)

    def _request(self, question: str, picture: str) -> dict[str, Any]:
        content = [{"type": "image_url", "image_url": {"url": picture}}, {"type": "text", "text": question}]
        bound = "max_completion_tokens" if self._modern else "max_tokens"
        request: dict[str, Any] = {
            "model": self._model,
            "messages": [{"role": "user", "content": content}],
            bound: self._bound,
        }
        if not self._plain:
            request["temperature"] = 0
        top = _LOGPROBS[self._logprobs]
        return request if top is None else {**request, "logprobs": True, "top_logprobs": top}

    def _with_less(self, request: dict[str, Any], body: bytes) -> bool:
        """Leave out what the endpoint refuses; false when it is something else."""
        text = body.decode(errors="replace").lower()
        # requests that were under way meet the same refusal later: each is looked at as it was sent
        if "max_completion_tokens" in text and "max_tokens" in request:
            self._modern = True
        elif "temperature" in text and "temperature" in request:
            self._plain = True
        elif "logprob" in text and "logprobs" in request:
            if request["top_logprobs"] == _LOGPROBS[self._logprobs]:
                self._logprobs += 1
                if _LOGPROBS[self._logprobs] is None:
                    self._no_probabilities()
        else:
            return False
        return True

    def _refusal(self, status: int, headers: httpx.Headers, body: bytes) -> Exception:
        where, words = self._settings.origin, error_text(body)
        if repeats(body.decode(errors="replace"), self._key):
            words = "it repeats a part of the key, so its words are left out"
        reason = f"status {status}: {words}" if words else f"status {status}"
        if status in _TRANSIENT or status >= 500:
            return Transient(f"answers with {reason}", _retry_after(headers.get("retry-after")))
        if status in (401, 403):
            return GuidanceError(f"refuses the key (status {status})", where=where, todo="save the right key")
        if status == 404:
            return GuidanceError(
                f"no such address, or no model '{self._model}' (status 404)", where=where, todo="most end in /v1"
            )
        if 300 <= status < 400:
            return GuidanceError(
                f"redirects to another address (status {status}); redirects are not followed", where=where
            )
        return GuidanceError(f"refuses the question ({reason})", where=where)

    def _no_probabilities(self) -> None:
        self._logprobs = len(_LOGPROBS) - 1
        self._remark("The endpoint gives no token probabilities: each answer counts as wholly True or False.")

    def _remark(self, text: str) -> None:
        if text not in self._remarked:
            self._remarked.add(text)
            self._remarks.put(Message(text, "warning"))


def _retry_after(value: str | None) -> float | None:
    """Seconds, from either form of the header."""
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
