"""Reading what an OpenAI-compatible endpoint answers: P(True), the tokens used, and its own words on a fault."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

from maga_desk.domain.outside import json_of

_WORD = re.compile(r"\b(true|false|yes|no)\b", re.IGNORECASE)
_BRIEF = 40  # characters; a longer text reasons first and gives its answer last


@dataclass(frozen=True)
class ChatReply:
    """A chat completion.

    :param p_true: from the tokens' probabilities, else 1 or 0 from the text; ``None``: neither word is there.
    :param with_probabilities: the endpoint gave probabilities at all.
    :param cut_short: the answer was longer than allowed.
    :param tokens: input tokens that it took; ``written`` are output tokens.
    """

    p_true: float | None
    with_probabilities: bool
    cut_short: bool
    tokens: int
    written: int


def read_reply(body: bytes) -> ChatReply | None:
    """``None``: this is no chat completion."""
    try:
        reply = json_of(body)
        choice = reply["choices"][0]
        if not isinstance(choice["message"], dict):
            return None
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        return None
    p_true, given = _p_true(choice)
    usage = reply.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    return ChatReply(
        p_true,
        given,
        bool(choice.get("finish_reason") == "length"),
        _count(usage.get("prompt_tokens")),
        _count(usage.get("completion_tokens")),
    )


def error_text(body: bytes) -> str:
    """The endpoint's own words on a fault, shortened; nothing when they may repeat what was sent."""
    try:
        error = json_of(body)["error"]
        text = " ".join(str(error["message"] if isinstance(error, dict) else error).split())
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    return "" if "base64" in text or "Bearer" in text else text[:120]


def _p_true(choice: dict[str, Any]) -> tuple[float | None, bool]:
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
    word = found[0] if len(text) < _BRIEF else found[-1]
    return (1.0 if word.lower() in ("true", "yes") else 0.0), bool(given)


def _of_token(token: Any) -> float | None:
    """P(True) over True and False, from the likeliest tokens at one place; ``None``: neither is among them."""
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


def _count(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**9 else 0
