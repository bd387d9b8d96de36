"""Printing a registry: what can be chosen, what each choice takes, and which package it comes from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel

from maga_desk.cli.show import print_json
from maga_desk.cli.terminal import echo
from maga_desk.domain.registry import Record, Registry

R = TypeVar("R", bound=Record)


def print_choices(
    registry: Registry[R], name: str | None, facts: Callable[[R], Mapping[str, Any]], *, as_json: bool
) -> None:
    """All choices, one a line, or all that is known of one.

    :param facts: what the kind of choice has beside a name, title and summary; its ``options`` are keys with
        ``default`` and ``description``, the others words or lists of words.
    :raises UserError: no choice has this name.
    """
    chosen = list(registry.values()) if name is None else [registry.find(name)]
    for problem in registry.problems:
        echo(problem, err=True)
    if as_json:
        print_json({f"{registry.noun}s": [_plain(registry, record, facts) for record in chosen]})
        return
    for record in chosen:
        info, origin = record.info, registry.origin(record.info.name)
        if name is None:
            echo(f"{info.name:<16} {origin:<20} {info.summary}")
        else:
            _print_one(_plain(registry, record, facts))


def options_of(kind: type[BaseModel]) -> dict[str, dict[str, Any]]:
    """The keys of a class of options, as a fact."""
    return {
        key: {"default": field.default, "description": field.description or ""}
        for key, field in kind.model_fields.items()
    }


def _plain(registry: Registry[R], record: R, facts: Callable[[R], Mapping[str, Any]]) -> dict[str, Any]:
    info = record.info
    return {
        "name": info.name,
        "title": info.title,
        "summary": info.summary,
        "origin": registry.origin(info.name),
        **facts(record),
    }


def _print_one(plain: Mapping[str, Any]) -> None:
    echo(f"{plain['name']}: {plain['title']} (from {plain['origin']})")
    echo(f"  {plain['summary']}")
    for key, value in plain.items():
        if key in ("name", "title", "summary", "origin", "options") or not value:
            continue
        words = "yes" if value is True else ", ".join(value) if isinstance(value, list) else value
        echo(f"  {key}: {words}")
    for key, details in plain.get("options", {}).items():
        echo(f"  {key:<16} {details['default']!s:<8} {details['description']}")
