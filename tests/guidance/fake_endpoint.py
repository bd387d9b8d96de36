"""An OpenAI-compatible server over real HTTP that behaves as a test tells it to."""

from __future__ import annotations

import base64
import io
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from PIL import Image

from maga_desk.domain.specs.prompt import Prompt

Body = dict[str, Any]


@dataclass(frozen=True)
class Reply:
    """:param hold: the reply is sent only once the server lets go (or closes).
    :param drip: a byte every so many seconds, without an end.
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    hold: bool = False
    drip: float | None = None


def says(text: str, logprobs: list[dict[str, float]] | None = None, *, finish: str = "stop") -> Reply:
    """A chat completion; ``logprobs`` are the likeliest words of each token."""
    choice: Body = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}
    if logprobs is not None:
        choice["logprobs"] = {
            "content": [
                {"token": next(iter(top), ""), "top_logprobs": [{"token": t, "logprob": v} for t, v in top.items()]}
                for top in logprobs
            ]
        }
    body = {"choices": [choice], "usage": {"prompt_tokens": 20, "completion_tokens": 1}}
    return Reply(body=json.dumps(body).encode())


def faults(status: int, message: str = "", **headers: str) -> Reply:
    """An error in OpenAI's form."""
    plain = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, json.dumps({"error": {"message": message}}).encode(), plain)


class FakeEndpoint:
    """Serves from its own threads until it is closed.

    :param answer: gives the reply to the body of a question; called under a lock, with ``self.asked`` up to date.
    """

    def __init__(self, answer: Callable[[Body], Reply], port: int = 0) -> None:
        self.asked: list[Body] = []
        self.headers: list[dict[str, str]] = []
        self.most_at_once = 0
        self.let_go = threading.Event()
        self._answer, self._now, self._lock = answer, 0, threading.Lock()
        self._server = _Server(("127.0.0.1", port), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def close(self) -> None:
        self.let_go.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> FakeEndpoint:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def _take(self, body: Body, headers: dict[str, str]) -> Reply:
        with self._lock:
            self.asked.append(body)
            self.headers.append(headers)
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
            return self._answer(body)

    def _done(self) -> None:
        with self._lock:
            self._now -= 1

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                reply = fake._take(body, {name.lower(): value for name, value in self.headers.items()})
                if reply.hold:
                    fake.let_go.wait(30)
                fake._done()
                try:
                    self.send_response(reply.status)
                    length = {} if reply.drip is not None else {"content-length": str(len(reply.body))}
                    for name, value in {**length, **reply.headers}.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(reply.body)
                    while reply.drip is not None and not fake.let_go.wait(reply.drip):
                        self.wfile.write(b" ")
                except OSError:  # nobody waits for it any more
                    pass

            def log_message(self, *_arguments: object) -> None:
                pass

        return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_arguments: object) -> None:  # a client that goes away is part of the tests
        pass


def picture_of(body: Body) -> Image.Image:
    """The picture that was sent with a question."""
    url = body["messages"][0]["content"][0]["image_url"]["url"]
    kind, data = url.split(",", 1)
    assert kind == "data:image/png;base64"
    return Image.open(io.BytesIO(base64.b64decode(data)))


def class_of(body: Body) -> str:
    """The class that a question in the standard wording names."""
    before, after = Prompt().about("|").split("|")
    text: str = body["messages"][0]["content"][1]["text"]
    start = next(begin for begin in (before[:-1] + "n ", before) if text.startswith(begin))  # "an" or "a"
    assert text.endswith(after)
    return text[len(start) : len(text) - len(after)]
