"""The endpoint over real HTTP: what it offers, how it fails, and that nothing is lost or leaked."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import math
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from maga_desk.data.demo_world.kinds import KINDS
from maga_desk.domain.control import Cancelled, RunControl
from maga_desk.domain.errors import GuidanceError, UserError
from maga_desk.domain.events import Ended, Message
from maga_desk.domain.opinion import Opinion
from maga_desk.domain.specs.guidance import EndpointSpec, GuidanceSpec
from maga_desk.domain.specs.prompt import Prompt
from maga_desk.domain.specs.run import parse_spec
from maga_desk.guidance.askers import transport
from maga_desk.guidance.askers.asker import Answered, Ask
from maga_desk.guidance.askers.endpoint import Endpoint
from maga_desk.guidance.askers.mllm import LocalModel, Reader
from maga_desk.guidance.askers.model_files import find_model
from maga_desk.guidance.askers.secrecy import repeats
from maga_desk.guidance.exemplars import Exemplar
from maga_desk.guidance.questioning import questioned
from tests.guidance.fake_endpoint import Body, FakeEndpoint, Reply, class_of, faults, picture_of, says

KEY = "sk-a-very-secret-key"
TRUE = {"True": math.log(0.5), " true": math.log(0.1), "False": math.log(0.2), "The": math.log(0.1)}

Serve = Callable[..., FakeEndpoint]


@pytest.fixture
def serve() -> Iterator[Serve]:
    started: list[FakeEndpoint] = []

    def start(answer: Callable[[Body], Reply], port: int = 0) -> FakeEndpoint:
        started.append(FakeEndpoint(answer, port))
        return started[-1]

    yield start
    for server in started:
        server.close()


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "_FIRST_PAUSE", 0.01)


class Flat:
    """A picture of one colour that is sent and nothing else."""

    def __init__(self, colour: tuple[int, int, int] = (10, 20, 30)) -> None:
        self.colour = colour

    def open(self) -> Image.Image:
        return Image.new("RGB", (4, 3), self.colour)


def some(count: int) -> list[Ask]:
    return [Ask((i, i), Flat((i, 2 * i, 0)), Prompt().about(f"thing {i}")) for i in range(count)]


def made(server: FakeEndpoint, key: str | None = None, **settings: Any) -> Endpoint:
    settings = {"retries": 1, "timeout": 20, **settings}
    return Endpoint(EndpointSpec(url=server.url, **settings), "seer", key)


def values(said: list[Any]) -> dict[tuple[int, int], float]:
    return {each.place: each.value for each in said if isinstance(each, Answered)}


def messages(said: list[Any]) -> list[str]:
    return [each.text for each in said if isinstance(each, Message)]


def test_what_is_sent(serve: Serve) -> None:
    server = serve(lambda _: says("True", [TRUE]))
    said = list(made(server, key=KEY).ask([Ask((3, 4), Flat(), Prompt().about("house"))], RunControl()))
    (answer,) = (each for each in said if isinstance(each, Answered))
    assert (answer.place, answer.tokens, answer.written) == ((3, 4), 20, 1)
    assert answer.value == pytest.approx(0.6 / 0.8)
    (body,), (headers,) = server.asked, server.headers
    assert headers["authorization"] == f"Bearer {KEY}"
    assert (body["model"], body["temperature"], body["logprobs"], body["top_logprobs"]) == ("seer", 0, True, 20)
    assert body["max_tokens"] < 10
    assert class_of(body) == "house"
    picture = picture_of(body)
    assert picture.size == (4, 3) and picture.getpixel((0, 0)) == (10, 20, 30)


def test_every_answer_finds_its_place(serve: Serve) -> None:
    def answer(body: Body) -> Reply:
        red = picture_of(body).getpixel((0, 0))[0]  # type: ignore[index]
        assert class_of(body) == f"thing {red}"
        chance = (red + 1) / 100
        return says("", [{"True": math.log(chance), "False": math.log(1 - chance)}])

    server = serve(answer)
    found = values(list(made(server, concurrency=5).ask(some(40), RunControl())))
    assert found == {(i, i): pytest.approx((i + 1) / 100) for i in range(40)}
    assert len(server.asked) == 40
    assert server.most_at_once <= 5


@pytest.mark.parametrize(
    ("reply", "value"),
    [
        (says("True", [TRUE]), 0.75),
        (says("TRUE.", [{"TRUE": -0.1, "▁false": -3.0, "False": -2.0}]), None),
        (says("False", [{"False": -0.01, "0": -5.0}]), None),
        (says(" the answer", [{" the": -0.1}, {"True": -0.1, "False": -2.4}]), 1 / (1 + math.exp(-2.3))),
        (says("True"), 1.0),
        (says("**False**"), 0.0),
        (says("Yes, it does."), 1.0),
        (says("no"), 0.0),
        (says("I think of a dog: it might be true that they look alike, but no. So the answer is: false"), 0.0),
        (says("maybe"), math.nan),
        (says("untrue falsehood"), math.nan),
        (says("True", [{"True": math.nan, "False": math.inf}]), 1.0),
        (says("False", [{}]), 0.0),
        (Reply(body=b'{"choices": [{"message": {"content": null}, "logprobs": 7}]}'), math.nan),
    ],
)
def test_answers_are_read(reply: Reply, value: float | None, serve: Serve) -> None:
    found = values(list(made(serve(lambda _: reply)).ask(some(1), RunControl())))[0, 0]
    if value is None:  # any probability on the right side
        text = json.loads(reply.body)["choices"][0]["message"]["content"]
        assert 0 <= found <= 1 and (found > 0.5) == text.lower().startswith("true")
    else:
        assert found == pytest.approx(value, nan_ok=True)


def test_without_token_probabilities_it_says_so_once_and_stops_asking_for_them(serve: Serve) -> None:
    server = serve(lambda body: says("True" if class_of(body) == "thing 1" else "False"))
    said = list(made(server, concurrency=1).ask(some(5), RunControl()))
    assert values(said) == {(i, i): float(i == 1) for i in range(5)}
    assert messages(said) == ["The endpoint gives no token probabilities: each answer counts as wholly True or False."]
    assert "logprobs" in server.asked[0]
    assert not any("logprobs" in body for body in server.asked[1:])


@pytest.mark.parametrize("status", [400, 422])
def test_what_is_refused_is_left_out(status: int, serve: Serve) -> None:
    def picky(body: Body) -> Reply:
        if "max_tokens" in body:
            return faults(status, "use max_completion_tokens")
        if "temperature" in body:
            return faults(status, "temperature is not supported")
        if body.get("top_logprobs", 0) > 5:
            return faults(status, "top_logprobs must be at most 5")
        return says("True", [TRUE])

    server = serve(picky)
    said = list(made(server, concurrency=4).ask(some(8), RunControl()))
    assert values(said) == {(i, i): pytest.approx(0.75) for i in range(8)}
    assert messages(said) == []
    assert len(server.asked) < 8 + 4 * 3 + 1


def test_logprobs_refused_altogether(serve: Serve) -> None:
    server = serve(lambda body: faults(422, "Unexpected: logprobs") if "logprobs" in body else says("False"))
    said = list(made(server).ask(some(8), RunControl()))
    assert values(said) == {(i, i): 0.0 for i in range(8)}
    assert len(messages(said)) == 1


def test_one_that_thinks_first_gets_room_to(serve: Serve) -> None:
    def thinker(body: Body) -> Reply:
        return says("Let me see", finish="length") if body["max_tokens"] < 100 else says("Let me see. It is: True")

    server = serve(thinker)
    said = list(made(server, concurrency=1).ask(some(3), RunControl()))
    assert list(values(said).values()) == [1.0] * 3
    assert any("reasons before it answers" in text for text in messages(said))
    assert len(server.asked) == 4


def test_passing_faults_are_tried_again(serve: Serve) -> None:
    seen: dict[str, int] = {}

    def shaky(body: Body) -> Reply:
        name = class_of(body)
        seen[name] = seen.get(name, 0) + 1
        first = (faults(429, "slow down", Retry_After="0.05"), faults(500), faults(503), Reply(200, b"<html>"))
        return first[int(name.split()[1]) % 4] if seen[name] == 1 else says("True", [TRUE])

    server = serve(shaky)
    assert len(values(list(made(server).ask(some(12), RunControl())))) == 12
    assert len(server.asked) == 24


def test_the_pause_that_is_asked_for_is_kept(serve: Serve) -> None:
    at: list[float] = []

    def busy(_: Body) -> Reply:
        at.append(time.monotonic())
        return faults(429, Retry_After="0.4") if len(at) == 1 else says("True", [TRUE])

    list(made(serve(busy)).ask(some(1), RunControl()))
    assert at[1] - at[0] >= 0.4


@pytest.mark.parametrize(
    ("reply", "line"),
    [
        (faults(500, "out of memory"), "answers with status 500: out of memory (2 tries)"),
        (faults(429, "quota"), "answers with status 429: quota (2 tries)"),
        (Reply(200, b"<html>welcome</html>"), "the answer is no chat completion"),
        (Reply(200, b'{"choices": []}'), "the answer is no chat completion"),
        (Reply(200, b"[" * 100_000), "the answer is no chat completion"),
        (Reply(200, b"x" * (transport.LARGEST_REPLY + 1)), "the answer is larger than 1 MB"),
        (faults(401, "bad key"), "refuses the key (status 401)"),
        (faults(404), "no such address, or no model 'seer' (status 404)"),
        (Reply(302, b"", {"location": "http://127.0.0.1:9/"}), "redirects to another address (status 302)"),
        (faults(400, "no pictures, please"), "refuses the question (status 400: no pictures, please)"),
        (Reply(200, b"True", {"content-length": "4", "content-encoding": "gzip"}), "the answer is not valid HTTP"),
    ],
)
def test_what_cannot_be_helped_is_one_line(reply: Reply, line: str, serve: Serve) -> None:
    server = serve(lambda _: reply)
    with pytest.raises(GuidanceError) as caught:
        list(made(server, key=KEY).ask(some(3), RunControl()))
    text = str(caught.value)
    assert text.startswith(f"http://127.0.0.1:{server.port}: {line}")
    assert "nothing is lost" in text and "\n" not in text
    assert KEY not in text


def test_the_endpoints_words_never_repeat_the_key_or_a_picture(serve: Serve) -> None:
    echo = serve(lambda body: faults(400, json.dumps(body)))
    with pytest.raises(GuidanceError) as caught:
        list(made(echo).ask(some(1), RunControl()))
    assert "base64" not in str(caught.value)
    echo = serve(lambda _: faults(400, f"Bearer {KEY} may not"))
    asker = made(echo, key=KEY)
    with pytest.raises(GuidanceError) as caught:
        list(asker.ask(some(1), RunControl()))
    assert KEY not in str(caught.value)
    assert KEY not in repr(asker)


SPELLED = {
    "plain": KEY,
    "capitals": KEY.upper(),
    "its end": f"key ...{KEY[-4:]} is wrong",
    "its beginning": f"{KEY[:6]}********",
    "base64": base64.b64encode(KEY.encode()).decode(),
    "base64 of the header": base64.b64encode(f"Authorization: Bearer {KEY}".encode()).decode(),
    "percent": "".join(f"%{ord(each):02X}" for each in KEY),
    "HTML": "".join(f"&#{ord(each)};" for each in KEY),
    "hexadecimal": KEY.encode().hex(),
    "backwards": KEY[::-1],
    "spelled out": " ".join(KEY),
}


@pytest.mark.parametrize("how", SPELLED)
def test_a_key_is_known_again(how: str) -> None:
    assert repeats(f"refused: {SPELLED[how]}", KEY)


@pytest.mark.parametrize("words", ["quota is used up", "no model 'seer'", "pictures: at most 5", ""])
def test_other_words_are_no_key(words: str) -> None:
    assert not repeats(words, KEY) and not repeats(words, None)


@pytest.mark.parametrize("status", [400, 500])
def test_a_key_that_comes_back_is_not_told(status: int, serve: Serve) -> None:
    echo = serve(lambda _: faults(status, f"refused: {SPELLED['base64']}", X_Key=KEY, Retry_After=KEY))
    with pytest.raises(GuidanceError) as caught:
        list(made(echo, key=KEY, retries=0).ask(some(1), RunControl()))
    assert f"status {status}: it repeats a part of the key" in str(caught.value)
    assert SPELLED["base64"] not in str(caught.value) and KEY not in str(caught.value)


def test_an_answer_that_repeats_the_key_is_nowhere(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    said = list(made(serve(lambda _: says(f"True {KEY}")), key=KEY).ask(some(1), RunControl()))
    said += list(made(serve(lambda _: says(KEY)), key=KEY).ask(some(1), RunControl()))
    assert KEY not in repr(said) and KEY not in caplog.text


def test_a_small_answer_that_unpacks_to_a_large_one_is_refused(serve: Serve) -> None:
    bomb = gzip.compress(b" " * 2**24)
    server = serve(lambda _: Reply(200, bomb, {"content-encoding": "gzip"}))
    with pytest.raises(GuidanceError, match="the answer is larger than 1 MB"):
        list(made(server, retries=0).ask(some(1), RunControl()))
    assert server.headers[0]["accept-encoding"] == "identity"
    usual = says("True")
    server = serve(lambda _: Reply(200, gzip.compress(usual.body), {"content-encoding": "gzip"}))
    assert values(list(made(server).ask(some(1), RunControl()))) == {(0, 0): 1.0}


def test_one_that_never_comes_to_an_end(serve: Serve) -> None:
    server = serve(lambda _: Reply(drip=0.02))
    with pytest.raises(GuidanceError, match=r"no answer within 0\.3 s"):
        list(made(server, timeout=0.3, retries=0).ask(some(1), RunControl()))


def test_one_that_is_slow(serve: Serve) -> None:
    server = serve(lambda _: Reply(hold=True))
    with pytest.raises(GuidanceError, match=r"no answer within 0\.2 s \(2 tries\); nothing is lost"):
        list(made(server, timeout=0.2).ask(some(2), RunControl()))


def test_one_that_is_not_there() -> None:
    server = FakeEndpoint(lambda _: says("True"))
    server.close()
    with pytest.raises(GuidanceError, match="cannot be reached"):
        list(made(server).ask(some(1), RunControl()))


def test_no_network() -> None:
    asker = Endpoint(EndpointSpec(url="http://no-such-host.invalid/v1", retries=0), "seer", None)
    with pytest.raises(GuidanceError, match="cannot be reached"):
        list(asker.ask(some(1), RunControl()))


def test_one_that_only_babbles_is_left_soon(serve: Serve) -> None:
    server = serve(lambda _: says("I am a language model"))
    with pytest.raises(GuidanceError, match="seer answers neither True nor False"):
        list(made(server).ask(some(500), RunControl()))
    assert len(server.asked) < 30


def ask_all(server: FakeEndpoint, exemplars: list[Exemplar], book: Any, control: RunControl, **more: Any) -> Opinion:
    asking = questioned(made(server, **more), exemplars, KINDS, Prompt(), book, control, proposer="endpoint")
    while True:
        try:
            next(asking)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]


def chance_of(name: str) -> float:
    return (sum(name.encode()) % 97 + 1) / 100


def likely(body: Body) -> Reply:
    chance = chance_of(class_of(body))
    return says("", [{"True": math.log(chance), "False": math.log(1 - chance)}])


def test_stopped_midway_then_started_again(serve: Serve, exemplars: list[Exemplar], book: Any) -> None:
    total = len(exemplars) * (len(KINDS) - 1)
    count = 0

    def dying(body: Body) -> Reply:
        nonlocal count
        count += 1
        return likely(body) if count <= 25 else Reply(hold=True)

    first = serve(dying)
    kill = threading.Thread(target=lambda: (_wait_for(lambda: count > 25), first.close()))
    kill.start()
    with pytest.raises(GuidanceError, match=r"\d+ answers that came before are kept; ask again to go on"):
        ask_all(first, exemplars, book, RunControl())
    kill.join()
    known = len(book.answers)
    assert 20 <= known <= 25
    second = serve(likely, first.port)
    opinion = ask_all(second, exemplars, book, RunControl())
    assert (opinion.cached, opinion.questions, len(second.asked)) == (known, total, total - known)
    for i, exemplar in enumerate(exemplars):
        for j, name in enumerate(KINDS):
            expected = math.nan if j == exemplar.row else chance_of(name)
            assert opinion.p_true[i, j] == pytest.approx(expected, nan_ok=True)


def test_cancel_does_not_wait_for_answers(serve: Serve, exemplars: list[Exemplar], book: Any) -> None:
    control = RunControl()
    server = serve(lambda body: likely(body) if len(server.asked) <= 10 else Reply(hold=True))
    killer = threading.Thread(target=lambda: (_wait_for(lambda: len(server.asked) >= 14), control.cancel()))
    killer.start()
    with pytest.raises(Cancelled):
        ask_all(server, exemplars, book, control, concurrency=4)
    killer.join()
    assert not server.let_go.is_set()  # nobody answered the last four
    assert len(book.answers) == 10


def test_paused_nothing_new_is_sent(serve: Serve, exemplars: list[Exemplar], book: Any) -> None:
    control = RunControl()

    def answer(body: Body) -> Reply:
        if len(server.asked) == 12:
            control.pause()
        return likely(body)

    server = serve(answer)
    found: list[Opinion] = []
    asking = threading.Thread(target=lambda: found.append(ask_all(server, exemplars, book, control, concurrency=3)))
    asking.start()
    _wait_for(lambda: control.paused)
    time.sleep(0.3)
    assert len(server.asked) <= 12 + 3
    assert asking.is_alive()
    control.resume()
    asking.join(30)
    assert np.isfinite(found[0].p_true).sum() == found[0].questions


def test_on_a_loop_of_another_thread(serve: Serve) -> None:
    server = serve(lambda _: says("True", [TRUE]))
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        asker = Endpoint(EndpointSpec(url=server.url), "seer", None, loop=loop)
        assert len(values(list(asker.ask(some(6), RunControl())))) == 6
        assert loop.is_running()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def test_check_sends_no_picture_of_the_users(serve: Serve) -> None:
    server = serve(lambda _: says("True"))
    events = list(made(server).check(RunControl()))
    assert picture_of(server.asked[0]).getcolors() == [(32 * 32, (128, 128, 128))]
    assert len(server.asked) == 1
    told = [event.text for event in events if isinstance(event, Message)]
    assert told == [
        "seer answered, 20 tokens a question. "
        "The endpoint gives no token probabilities: each answer counts as wholly True or False."
    ]
    assert isinstance(events[-1], Ended)


@pytest.mark.parametrize(
    "url",
    [
        "localhost:8000",
        "ftp://host/v1",
        "https://",
        "https://sk-secret:word@host/v1",
        "https://sk-secret@host/v1",
        "https://host/v1?key=sk-secret",
        "https://host/v1?api_key=sk-secret",
        "https://host/v1#sk-secret",
        "https://host/sk-secret-1234/v1",
        "https://[sk-secret]/v1",
        "https://host:sk-secret/v1",
        "https://host:99999/sk-secret",
        "https://host/\nsk-secret",
        ["https://sk-secret@host/v1"],
        {"sk-secret": 1},
    ],
)
def test_addresses_that_are_none_are_not_repeated(url: Any) -> None:
    with pytest.raises(UserError, match=r"endpoint\.url") as caught:
        parse_spec({"guidance": {"endpoint": {"url": url}}}, where="spec.toml")
    assert "secret" not in str(caught.value)


def test_numbers_of_accounts_may_stand_in_an_address() -> None:
    url = "https://gateway.example/v1/0123456789abcdef0123456789abcdef/openai"
    assert EndpointSpec(url=url).url == url


def test_an_endpoint_needs_an_address_and_a_model() -> None:
    with pytest.raises(UserError, match="no address is given"):
        Endpoint(EndpointSpec(), "seer", None)
    with pytest.raises(UserError, match="no model is named"):
        Endpoint(EndpointSpec(url="http://localhost:1/v1"), None, None)


def _wait_for(ready: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not ready():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_probabilities_over_http_are_the_local_models(serve: Serve, exemplars: list[Exemplar], book: Any) -> None:
    reader = Reader.load(find_model("demo", None), torch.device("cpu"), "float32")

    def answer(body: Body) -> Reply:
        question = body["messages"][0]["content"][1]["text"]
        ((_, p_true, tokens),) = reader.one_by_one(picture_of(body).convert("RGB"), [question], RunControl())
        return says("", [{"true": math.log(p_true), "false": math.log1p(-p_true), "a": math.log(tokens / 1e6)}])

    theirs = ask_all(serve(answer), exemplars, book, RunControl())
    local = LocalModel(GuidanceSpec(proposer="mllm", model="demo"), torch.device("cpu"))
    asks = [Ask((i, j), e, Prompt().about(name)) for i, e in enumerate(exemplars) for j, name in enumerate(KINDS)]
    ours = values(list(local.ask(asks, RunControl())))
    for place, p_true in ours.items():
        if place[1] != exemplars[place[0]].row:
            assert theirs.p_true[place] == pytest.approx(p_true, abs=1e-5)
