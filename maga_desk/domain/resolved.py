"""The values that a run really used: those that its spec names, and those that followed from defaults and presets."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

RESOLVED = "resolved"
"""The table of a run's ``spec.toml``, and the key of its other records, where they stand. A spec that is read leaves
them out: they are no part of what was asked for.
"""

_OPTIMIZER = {"momentum": "momentum", "nesterov": "Nesterov", "weight_decay": "weight decay", "betas": "betas"}
_AUDIT = {"depth": "", "retrained": "retrained", "shadows": "shadow models", "guesses": "guesses"}


def ordered_plain(resolved: Mapping[str, Any]) -> dict[str, Any]:
    """The same as plain data in the order of its keys, so that a record that was read is written as it was."""
    found: dict[str, Any] = json.loads(json.dumps(resolved, sort_keys=True))
    return found


def lines(resolved: Mapping[str, Any]) -> list[str]:
    """All of it for a person, a line for each part; nothing of runs of earlier versions, which kept none."""
    return [f"{title}: {text}" for title, text in _parts(resolved) if text]


def _parts(resolved: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if not resolved:
        return
    yield "method", f"{resolved.get('method')}, preset {resolved.get('preset')}"
    yield "parameters", _listed(_table(resolved, "params"))
    yield "steps", _steps(_table(resolved, "training"))
    yield "pictures", _listed(_table(resolved, "pictures"))
    yield "computed", _listed(_table(resolved, "machine"))
    yield "drawn with", f"seed {resolved.get('seed')}; {resolved.get('task')}, {resolved.get('intent')}"
    audit = _table(resolved, "audit")
    yield "judged", ", ".join(f"{_AUDIT.get(key, key)} {_text(value)}".strip() for key, value in audit.items())
    recipe = _table(resolved, "recipe")
    yield "recipe of references", _listed(recipe)


def _table(resolved: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = resolved.get(key)
    return found if isinstance(found, Mapping) else {}


def _listed(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{key.replace('_', ' ')} {_text(value)}" for key, value in values.items())


def _steps(training: Mapping[str, Any]) -> str:
    if not training.get("steps"):
        return "none are taken"
    optimizer = ", ".join(f"{_OPTIMIZER[key]} {_text(training[key])}" for key in _OPTIMIZER if key in training)
    first, last = training.get("lr_first"), training.get("lr_last")
    rate = f"learning rate {_text(first)}" + ("" if first == last else f" at first, {_text(last)} at last")
    return f"{training['steps']:,} of {training.get('optimizer')}, {rate}" + (f", {optimizer}" if optimizer else "")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | tuple):
        return " / ".join(map(_text, value)) if value else "none"
    return "none" if value is None or value == "" else str(value)
