"""``maga-desk methods``: what can be run, from which paper, and with what."""

from __future__ import annotations

import inspect
import sys
from typing import Any

import click

from maga_desk.cli.options import JSON
from maga_desk.cli.show import print_json
from maga_desk.cli.terminal import echo
from maga_desk.domain.errors import MethodError
from maga_desk.domain.methods import MethodInfo, Situation
from maga_desk.domain.registry import OURS
from maga_desk.domain.specs.run import Intent

_FEW = 5_000


@click.command("methods")
@click.argument("name", required=False)
@click.option("--copy", is_flag=True, help="Print the file that holds NAME, as a start for a method of one's own.")
@JSON
def methods_command(name: str | None, copy: bool, as_json: bool) -> None:
    """List the unlearning methods, or show the parameters of NAME."""
    from maga_desk.engine.registry import METHODS

    if copy:
        if name is None:
            raise click.UsageError("--copy needs the name of a method")
        echo(_source_of(METHODS.find(name).info), nl=False)
        return
    chosen = [METHODS.find(name)] if name is not None else list(METHODS.values())
    for problem in METHODS.problems:
        echo(problem, err=True)
    if as_json:
        print_json({"methods": [{**_plain(each.info), "origin": METHODS.origin(each.info.name)} for each in chosen]})
        return
    for each in chosen:
        info, origin = each.info, METHODS.origin(each.info.name)
        source = "" if origin == OURS else f" (from {origin})"
        echo(f"{info.name:<16} {', '.join(info.tasks):<26} {info.paper}{source}")
        if name is None:
            continue
        echo(f"  {info.summary}")
        if info.recommended:
            echo(f"  recommended for: {', '.join(info.recommended)}")
        for key, details in _parameters(info).items():
            echo(f"  {key:<16} {details['default']!s:<8} {details['description']}")
        for title, changes in _settings(info).items():
            if changes:
                echo(f"  {title}: " + ", ".join(f"{key} = {value}" for key, value in changes.items()))


def _source_of(info: MethodInfo) -> str:
    """The file that a method's parameters are defined in, which is the method's.

    :raises MethodError: this installation has no source files.
    """
    try:
        return inspect.getsource(sys.modules[info.params.__module__])
    except OSError as error:
        raise MethodError(f"the source of {info.name} is not part of this installation") from error


def _plain(info: MethodInfo) -> dict[str, Any]:
    return {
        "name": info.name,
        "title": info.title,
        "summary": info.summary,
        "paper": info.paper,
        "tasks": list(info.tasks),
        "recommended": list(info.recommended),
        "needs": sorted(info.needs),
        "retain_free": info.retain_free,
        "parameters": _parameters(info),
        "settings": _settings(info),
    }


def _settings(info: MethodInfo) -> dict[str, dict[str, Any]]:
    """What presets change: ``auto`` for every task and intent, and again for few pictures where that is different."""
    intents: tuple[Intent, ...] = ("concept", "membership")
    auto = {}
    for task in info.tasks:
        for intent in intents:
            usual = dict(info.settings(Situation.of(task, intent)))
            auto[f"auto, {task}, {intent}"] = usual
            small = dict(info.settings(Situation.of(task, intent, forget=_FEW // 10, retain=_FEW)))
            if small != usual:
                auto[f"auto, {task}, {intent}, {_FEW:,} retain pictures"] = small
    return auto | {name: dict(changes) for name, changes in info.presets.items()}


def _parameters(info: MethodInfo) -> dict[str, dict[str, Any]]:
    return {
        name: {"default": field.default, "description": field.description}
        for name, field in info.params.model_fields.items()
    }
