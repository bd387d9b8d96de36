"""The reference pages of the documentation, made from the code: every key of a spec, every command; and the schemas of
records.

``python -m tests.docs.reference`` writes them anew; a test compares them with what is committed.
"""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from maga_desk.cli import commands
from maga_desk.domain.paths import resources_dir
from maga_desk.domain.record import ErasureRecord
from maga_desk.domain.record_manifest import ErasureStatement
from maga_desk.domain.specs.ablation import AblationSpec
from maga_desk.domain.specs.comparison import Plan
from maga_desk.domain.specs.run import RunSpec
from maga_desk.domain.specs.stream import Requests

FOLDER = resources_dir() / "docs"
SCHEMAS = resources_dir() / "schemas"

_SPEC_TEXT = """# Reference: the spec

Made from the code by `python -m tests.docs.reference`; do not edit it here.

A spec is a TOML file. A key that is left out has its default; an unknown key is a mistake, named in one line. Relative
paths are taken from the spec's folder. [Examples](../examples) show the keys in use.
"""
_COMMANDS_TEXT = """# Reference: the commands

Made from the code by `python -m tests.docs.reference`; do not edit it here.

`python main.py COMMAND`, or `maga-desk COMMAND` in the environment. Exit status: 0 done, 1 a fault of the program (the
log file has the details), 2 a mistake that you can mend (one line says which), 3 a result that lost what stays or
no room on a disk, 130 cancelled.
"""
_AS_IN_A_RUN = "As in a run"
"""How the description of a key begins whose section stands under the run already."""

_FILES: tuple[tuple[str, str, str, type[BaseModel]], ...] = (
    ("A comparison", "`maga-desk compare`: the keys of a run without `[forget]` and `[method]`, and these.", "", Plan),
    (
        "An ablation",
        "`maga-desk ablate`: the keys of a comparison without `methods`, and these.",
        "[ablate]",
        AblationSpec,
    ),
    ("A stream of requests", "`maga-desk stream`: the keys of a run without `[forget]`, and these.", "", Requests),
)


def pages() -> dict[str, str]:
    """File name to text."""
    return {"reference-spec.md": spec_page(), "reference-commands.md": commands_page()}


def schemas() -> dict[str, str]:
    """File name to text, of the JSON schemas by which others check a record."""
    models = {"erasure-record": ErasureRecord, "erasure-statement": ErasureStatement}
    return {f"{name}.schema.json": _schema(name, model) for name, model in models.items()}


def _schema(name: str, model: type[BaseModel]) -> str:
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"urn:x-maga-desk:schema:{name}:v1"}
    return json.dumps({**head, **model.model_json_schema(mode="serialization")}, indent=1) + "\n"


def spec_page() -> str:
    """Every key of a run's spec, of a comparison, an ablation and a stream."""
    parts = [_SPEC_TEXT, "## A run\n", *_sections(RunSpec, "")]
    for title, text, path, model in _FILES:
        parts += [f"## {title}\n", f"{text}\n", *_sections(model, path)]
    return "\n".join(parts)


def commands_page() -> str:
    """Every command with its arguments and options, as ``--help`` has them."""
    parts = [_COMMANDS_TEXT]
    for name, command in _all_commands(commands):
        context = click.Context(command, info_name=f"maga-desk {name}")
        parts.append(f"## {name}\n\n{_paragraphs(command.help or '')}\n\n    {_usage(command, context)}\n")
        options = [each for each in command.params if isinstance(each, click.Option)]
        rows = [row for option in options if (row := option.get_help_record(context)) is not None]
        if rows:
            parts.append(_table(("Option", "Meaning"), ((f"`{option}`", text) for option, text in rows)))
    return "\n".join(parts)


def _all_commands(group: click.Group, before: str = "") -> Iterator[tuple[str, click.Command]]:
    """Each command with its name; a group's own commands follow it."""
    for name, command in group.commands.items():
        yield before + name, command
        if isinstance(command, click.Group):
            yield from _all_commands(command, f"{before}{name} ")


def _usage(command: click.Command, context: click.Context) -> str:
    return f"{context.info_name} {' '.join(command.collect_usage_pieces(context))}"


def _paragraphs(text: str) -> str:
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))


def _sections(model: type[BaseModel], path: str) -> Iterator[str]:
    """The model's own keys as a table, then a table for each section in it."""
    nested = {_key(name, field): inner for name, field in model.model_fields.items() if (inner := _inner(field))}
    plain = [(name, field) for name, field in model.model_fields.items() if not _inner(field)]
    if path:
        yield f"### `{path}`\n\n{_first_sentences(model)}\n"
    if plain:
        yield _table(("Key", "Values", "Default", "Meaning"), (_row(name, field) for name, field in plain))
    for key, (inner, many) in nested.items():
        below = f"{path.strip('[]')}.{key}" if path else key
        yield from _sections(inner, f"[[{below}]]" if many else f"[{below}]")


def _row(name: str, field: FieldInfo) -> tuple[str, str, str, str]:
    if not field.description:
        raise ValueError(f"the key '{name}' has no description")
    return f"`{_key(name, field)}`", _values(field), _default(field), field.description


def _key(name: str, field: FieldInfo) -> str:
    return field.alias or name


def _inner(field: FieldInfo) -> tuple[type[BaseModel], bool] | None:
    """The section that a key holds, and whether it holds several."""
    if (field.description or "").startswith(_AS_IN_A_RUN):
        return None
    for kind in _members(field.annotation):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind, typing.get_origin(_bare(field.annotation)) is tuple
    return None


def _members(kind: Any) -> Iterator[Any]:
    kind = _bare(kind)
    if typing.get_origin(kind) in (typing.Union, types.UnionType, tuple):
        for part in typing.get_args(kind):
            yield from _members(part)
    else:
        yield kind


def _bare(kind: Any) -> Any:
    return typing.get_args(kind)[0] if typing.get_origin(kind) is typing.Annotated else kind


def _values(field: FieldInfo) -> str:
    kinds = [_kind(kind) for kind in _options(_bare(field.annotation)) if kind is not type(None)]
    bounds = [_BOUNDS[key].format(value) for item in field.metadata for key, value in _limits(item)]
    return ", ".join([" or ".join(dict.fromkeys(kinds)), *bounds])


def _options(kind: Any) -> tuple[Any, ...]:
    return typing.get_args(kind) if typing.get_origin(kind) in (typing.Union, types.UnionType) else (kind,)


_BOUNDS = {"ge": "≥ {}", "gt": "> {}", "le": "≤ {}", "lt": "< {}"}
_KINDS: Mapping[Any, str] = {str: "text", int: "whole number", float: "number", bool: "true, false"}


def _limits(item: Any) -> Iterator[tuple[str, Any]]:
    for key in _BOUNDS:
        if (value := getattr(item, key, None)) is not None:
            yield key, value


def _kind(kind: Any) -> str:
    kind = _bare(kind)
    origin, inside = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(_kind(part) for part in inside)
    if origin is typing.Literal:
        return ", ".join(f"`{value}`" for value in inside)
    if origin is tuple:
        few = inside[-1] is not Ellipsis
        return f"{len(inside)} x {_kind(inside[0])}" if few else f"list of {_kind(inside[0])}"
    if origin is dict:
        return "table"
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return "table"
    return _KINDS.get(kind, getattr(kind, "__name__", str(kind)))


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value is None or value in ((), {}, ""):
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple) and all(isinstance(part, str) for part in value):
        return ", ".join(f"`{part}`" for part in value)
    return f"`{value}`" if isinstance(value, str | int | float) else ""


def _first_sentences(model: type[BaseModel]) -> str:
    return _paragraphs((model.__doc__ or "").strip().split("\n\n")[0])


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(_escaped(cell) for cell in line)} |\n" for line in lines)


def _escaped(cell: str) -> str:
    """Text that Markdown shows as it is, in a cell of a table."""
    return cell.replace("|", "\\|").replace("<", "&lt;") if "`" not in cell else cell.replace("|", "\\|")


def main() -> None:
    """Write the pages."""
    for name, text in pages().items():
        (Path(FOLDER) / name).write_text(text, encoding="utf-8")
        print(FOLDER / name)
    for name, text in schemas().items():
        (SCHEMAS / name).write_text(text, encoding="utf-8")
        print(SCHEMAS / name)


if __name__ == "__main__":
    main()
