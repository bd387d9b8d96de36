"""Paths of another machine, and where the same files lie here."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PureWindowsPath
from typing import Any

import tomli_w

from maga_desk.domain.files import sha256_of, write_json, write_text
from maga_desk.domain.outside import json_of, toml_of
from maga_desk.domain.results import Report
from maga_desk.domain.run_folder import CHECKPOINT, SPEC, SUMMARY
from maga_desk.domain.specs.run import RunSpec
from maga_desk.store.case_transfer import PATH_KEYS

_LINE = re.compile(rf"^({'|'.join(sorted(PATH_KEYS))}) = (\".*\"|'.*')$", re.MULTILINE)


@dataclass(frozen=True)
class Moved:
    """Where what had a path there is now.

    :param files: by the whole path; ``folders``: what lies below goes along.
    """

    files: Mapping[str, str] = field(default_factory=dict)
    folders: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, path: str) -> str:
        """The path here; what did not move keeps its own.

        :raises ValueError: it leads out of the folder that it begins with.
        """
        found = self.files.get(path) or self.folders.get(path)
        if found is not None:
            return found
        for old, new in sorted(self.folders.items(), key=lambda each: -len(each[0])):  # the innermost first
            rest = path.removeprefix(old)
            if rest != path and rest[:1] in ("/", "\\"):
                inner = PureWindowsPath(rest[1:])
                if inner.anchor or ".." in inner.parts:
                    raise ValueError("leads out of its folder")
                return str(Path(new).joinpath(*inner.parts))
        return path


def places_of(spec: RunSpec) -> Iterator[str]:
    """All files and folders that a spec names beside its pictures and its output."""
    recipe, own = spec.audit.recipe, spec.guidance
    named: list[Any] = [
        spec.model.checkpoint,
        spec.model.forgotten,
        spec.model.classes if isinstance(spec.model.classes, str) else None,
        None if spec.audit.retrained == "make" else spec.audit.retrained,
        None if recipe is None else recipe.start,
        None if spec.data.families == "demo" else spec.data.families,
        spec.forget.files,
        own.file,
        *(part.file for part in own.mixture),
    ]
    for each in named:
        if each:
            yield str(each)


def move_run(folder: Path, moved: Moved, final: Path) -> None:
    """Make a run's files name what lies here: its spec, and the summary, which has the spec's hash.

    :param final: where the folder will be.
    :raises OutputError: they cannot be written. :raises ValueError: they are none of ours.
    """
    spec, summary = folder / SPEC, folder / SUMMARY
    tied = sha256_of(spec) if spec.is_file() else ""
    if spec.is_file():
        before = spec.read_text(encoding="utf-8")
        after = _LINE.sub(lambda line: _moved_line(line, moved), before)
        if after != before:
            write_text(spec, after)
    if not summary.is_file():
        return
    said = json_of(summary.read_text(encoding="utf-8"))
    if isinstance(said, dict):
        if said.get("checkpoint"):
            said["checkpoint"] = str(final / CHECKPOINT)
        files = said.get("files")
        if isinstance(files, dict) and files.get(SPEC) == tied:
            files[SPEC] = sha256_of(spec)
        write_json(summary, said)


def _moved_line(line: re.Match[str], moved: Moved) -> str:
    key, before = line[1], toml_of(f"a = {line[2]}")["a"]
    after = moved(before)
    return line[0] if after == before else tomli_w.dumps({key: after}).rstrip("\n")


def figures_of(text: str) -> str:
    """What a report says, comparable: that of a run's folder has more keys than its row.

    :raises ValueError, TypeError, LookupError, AttributeError: it is none.
    """
    return json.dumps(Report.from_dict(json_of(text)).as_dict(), sort_keys=True, default=str)


def tells(file: Path, report: str) -> bool | None:
    """Whether the report in a run's folder has the figures of its row; ``True`` where there is none.

    :returns: ``None`` where one of them cannot be read.
    """
    try:
        return not file.is_file() or figures_of(file.read_text(encoding="utf-8")) == figures_of(report)
    except (ValueError, TypeError, LookupError, AttributeError):
        return None


def reference_names(reports: list[str]) -> dict[str, str]:
    """The retrained nets that reports were judged by: name of the file -> SHA-256."""
    found = {}
    for text in reports:
        report = json.loads(text)
        for yardstick in (report.get("yardstick"), (report.get("second") or {}).get("yardstick")):
            if yardstick and yardstick.get("file") and yardstick.get("sha256"):
                found[str(yardstick["file"])] = str(yardstick["sha256"])
    return found
