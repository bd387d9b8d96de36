"""What was forecast of runs, kept in the user's folder until a run of the same settings begins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from maga_desk.domain import paths
from maga_desk.domain.durations import rough
from maga_desk.domain.events import Event, Message
from maga_desk.domain.files import remember_json
from maga_desk.domain.outside import json_of
from maga_desk.domain.run_forecast import CHEAP_SECONDS, RunForecast, advised
from maga_desk.services.erasure import Erasure
from maga_desk.services.judging.costs import expected_retraining

_MOST = 200  # forecasts that are remembered; the oldest go first


def kept_forecast(erasure: Erasure) -> RunForecast | None:
    """What was forecast of this very run on this machine; ``None``: nothing was."""
    return RunForecast.from_dict(_all().get(_key(erasure)))


def explain(forecast: RunForecast, why: str) -> RunForecast:
    """Keep with a forecast why retraining was not chosen."""
    said = replace(forecast, not_retrained=" ".join(why.split()))
    kept = _all()
    mine = [key for key, raw in kept.items() if RunForecast.from_dict(raw) == forecast]
    remember_json(paths.forecasts_file(), {**kept, **dict.fromkeys(mine, said.as_dict())})
    return said


def said_of_retraining(erasure: Erasure, forecast: RunForecast | None) -> Iterator[Event]:
    """That retraining is cheap, before a run begins that does not retrain; nothing where that is not known, as where
    the recipe has to be guessed: a guess that falls short is trained for longer.

    :param forecast: of this run; without one, what the last training of such a net took tells.
    """
    if erasure.method.info.exact:
        return
    if forecast is not None:
        told = forecast.advice
    elif erasure.recipe_is_guessed:
        return
    else:
        seconds = expected_retraining(erasure)
        cheap = seconds is not None and seconds <= CHEAP_SECONDS
        elsewhere = erasure.workspace.trained_elsewhere
        told = advised(f"{rough(seconds)}, as the last one took", elsewhere=elsewhere) if cheap and seconds else ""
    if told:
        yield Message(told)


def _key(erasure: Erasure) -> str:
    return f"{erasure.run_digest} {erasure.audit_digest}"


def _all() -> dict[str, Any]:
    try:
        found = json_of(paths.forecasts_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def remember(erasure: Erasure, forecast: RunForecast) -> None:
    """Keep what was forecast of a run; where that cannot be written, it is lost."""
    key = _key(erasure)
    kept = {name: each for name, each in _all().items() if name != key}
    remember_json(paths.forecasts_file(), dict([*kept.items(), (key, forecast.as_dict())][-_MOST:]))
