"""A run's folder: what is written into it and read from it. The names are in :mod:`maga_desk.domain.run_folder`."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO, Any

import numpy as np

from maga_desk.domain.attack_controls import CONTROLS, controls
from maga_desk.domain.errors import CheckpointError, UserError, unwritten
from maga_desk.domain.events import Event, NoisePair, log_record
from maga_desk.domain.files import sha256_of, write_json, write_text, write_whole
from maga_desk.domain.forgotten import write_forgotten
from maga_desk.domain.measures import DEFINITIONS, definitions
from maga_desk.domain.outside import json_of
from maga_desk.domain.proposal import Proposal
from maga_desk.domain.protection import has_result
from maga_desk.domain.results import Report
from maga_desk.domain.run_folder import (
    CHECKPOINT,
    COPIES,
    EVENTS,
    FORECAST,
    FORGOTTEN,
    KINDS,
    LABELS,
    LAST_GOOD,
    MATRIX,
    NOISE,
    NOT_USED,
    REPORT,
    RESUME,
    SPEC,
    SUMMARY,
    TWINS,
)
from maga_desk.domain.run_forecast import RunForecast
from maga_desk.domain.summary import Summary, rejudged
from maga_desk.domain.tables import csv_text
from maga_desk.domain.together import Writer, settle, write_together
from maga_desk.domain.transition import TransitionMatrix
from maga_desk.domain.verdicts import on_guesses
from maga_desk.services.erasure import Erasure
from maga_desk.services.forgotten import digest_of_list
from maga_desk.services.resolving import resolved_of

_DIGEST, _AUDIT, _FILES = "digest", "audit", "files"
"""Keys of ``summary.json`` beside the summary's own: fingerprints of the run and of how it was judged, and hashes of
the files that belong to it."""

_TIED = (SPEC, LABELS, MATRIX, NOISE, FORGOTTEN, NOT_USED, TWINS, COPIES, REPORT)
"""Files that are finished before the summary. It has the checkpoint's hash in a key of its own."""


@dataclass(frozen=True)
class RunFolder:
    """The folder of one run; it is there."""

    path: Path

    @property
    def checkpoint(self) -> Path:
        return self.path / CHECKPOINT

    @property
    def resume(self) -> Path:
        return self.path / RESUME

    @property
    def last_good(self) -> Path:
        return self.path / LAST_GOOD

    def write_start(self, erasure: Erasure, proposal: Proposal | None) -> None:
        """What is known before the first step: the spec, who chose which label, which files are no pictures, and which
        pictures are there twice.
        """
        write_text(self.path / SPEC, erasure.spec.to_toml(resolved_of(erasure)))
        images = erasure.workspace.images
        unused = images.found.table() if images.found.skipped or images.found.others else ""
        left, twins = erasure.left, images.twins.table(images.classes, erasure.gone)
        copies = left.table(images.classes) if left.looked or left.all_decided() else ""
        for name, text in ((NOT_USED, unused), (TWINS, twins), (COPIES, copies)):
            if text:
                write_text(self.path / name, text)
            else:
                (self.path / name).unlink(missing_ok=True)  # an earlier run's
        if proposal is not None:
            write_text(self.path / LABELS, labels_table(proposal))
            write_text(self.path / MATRIX, matrix_table(proposal.matrix))

    def write_forecast(self, forecast: RunForecast | None) -> None:
        """What was forecast of this run; what was forecast of an earlier one goes."""
        if forecast is None:
            (self.path / FORECAST).unlink(missing_ok=True)
        else:
            write_json(self.path / FORECAST, forecast.as_dict())

    @property
    def forecast(self) -> RunForecast | None:
        """What was forecast of the run that lies here; ``None``: nothing was, or nothing that can be read."""
        try:
            return RunForecast.from_dict(json_of((self.path / FORECAST).read_text(encoding="utf-8")))
        except (OSError, ValueError):
            return None

    def write_result(self, erasure: Erasure, resolved: Mapping[str, Any], write: Callable[[Path, str], object]) -> None:
        """The checkpoint, and with it the pictures that it has forgotten, this time and before: a next request must not
        train on them; and the spec with what was used for what it leaves open.

        :param write: writes the checkpoint to a path, given the list's hash for its record.
        """
        text = write_forgotten(erasure.workspace.images, erasure.forgotten)
        digest = digest_of_list(text)
        files: dict[str, Writer] = {
            CHECKPOINT: lambda path: write(path, digest),
            FORGOTTEN: lambda path: write_text(path, text),
            SPEC: lambda path: write_text(path, erasure.spec.to_toml(resolved)),
        }
        write_together(self.path, files)

    def write_noise(self, pairs: list[NoisePair]) -> None:
        """The noise of this run; that of an earlier one goes."""
        path = self.path / NOISE
        if not pairs:
            path.unlink(missing_ok=True)
            return
        arrays: dict[str, Any] = {
            "true": np.array([pair.true for pair in pairs]),
            "perturbing": np.array([pair.perturbing for pair in pairs]),
        }
        for number, pair in enumerate(pairs):
            for sign, noise in (("positive", pair.positive), ("negative", pair.negative)):
                if noise is not None:
                    arrays[f"{sign}_{number}"] = noise
        write_whole(path, lambda temporary: np.savez_compressed(temporary, **arrays))

    @property
    def begun(self) -> tuple[str, str] | None:
        """Titles of the device and the number format in which the run that lies here began; ``None``: none did."""
        try:
            lines = (self.path / EVENTS).read_text(encoding="utf-8").splitlines()
            opened = [json_of(line) for line in lines if '"event": "opened"' in line]
            return str(opened[-1]["device"]), str(opened[-1]["precision"])
        except (OSError, ValueError, IndexError, KeyError):
            return None

    def holds(self, run_digest: str) -> bool:
        """Whether what is there, finished or not, is that of this very run."""
        from maga_desk.engine.resume import left_in
        from maga_desk.models.checkpoint import read_state

        if not has_result(self.path):
            if not self.resume.exists():
                return False
            left = left_in(self.resume)
            return left is None or left.digest == run_digest
        try:
            return read_state(self.checkpoint)[1].made.get(_DIGEST) == run_digest
        except UserError:  # none, or a damaged one: its figures tell
            return self._summary().get(_DIGEST) == run_digest

    def write_end(self, erasure: Erasure, report: Report, summary: Summary) -> Summary:
        """The figures; what an unfinished run goes on from is no longer needed.

        :returns: the summary, with the checkpoint's hash.
        """
        self._write_figures(erasure, report, summary.as_dict(), {_DIGEST: erasure.run_digest})
        self.resume.unlink(missing_ok=True)
        return replace(summary, checkpoint_sha256=sha256_of(self.checkpoint))

    @property
    def is_judged(self) -> bool:
        """Whether a finished run lies here."""
        return (self.path / REPORT).exists() and (self.path / SUMMARY).exists()

    def write_judgement(self, erasure: Erasure, report: Report) -> None:
        """The figures of another judgement of the same result, everywhere where they stand."""
        self._write_figures(erasure, report, rejudged(self._summary(), report), {})

    def _write_figures(
        self, erasure: Erasure, report: Report, summary: Mapping[str, Any], digests: Mapping[str, str]
    ) -> None:
        """All that is known once a result is judged, as one: figures never stand beside another spec or checkpoint."""

        def write_summary(path: Path) -> None:
            found = {name: self._hash(name, path.parent) for name in _TIED if self._place(name, path.parent).exists()}
            tied = {"checkpoint_sha256": self._hash(CHECKPOINT, path.parent)}
            said = {**digests, _AUDIT: erasure.audit_digest, _FILES: found, DEFINITIONS: definitions()}
            write_json(path, {**summary, **tied, **said})

        beside = {CONTROLS: controls(report), DEFINITIONS: definitions()}
        files: dict[str, Writer] = {
            REPORT: lambda path: write_json(path, {**report.as_dict(), **beside}),
            SPEC: lambda path: write_text(path, erasure.spec.to_toml(report.resolved)),
            **self._with_yardstick(report),
            SUMMARY: write_summary,  # last: it has the hashes of the others
        }
        write_together(self.path, files)

    def _place(self, name: str, fresh: Path) -> Path:
        """Where a file is that is about to be written with others, or that stays as it is."""
        return fresh / name if (fresh / name).exists() else self.path / name

    def _hash(self, name: str, fresh: Path) -> str:
        return sha256_of(self._place(name, fresh))

    def check_whole(self, *, but: str = "") -> None:
        """Whether the result's files are still those that were judged together.

        :param but: the name of one that is looked at elsewhere, because it was moved.
        :raises CheckpointError: one has changed or is gone.
        """
        settle(self.path)
        summary = self._summary()
        wanted = summary.get(_FILES)
        files = dict(wanted) if isinstance(wanted, dict) else {}
        if Path(str(summary.get("checkpoint") or "")).name == CHECKPOINT and summary.get("checkpoint_sha256"):
            files[CHECKPOINT] = summary["checkpoint_sha256"]
        for name, sha256 in files.items():
            path = self.path / name
            if name not in KINDS or name == but or (path.is_file() and sha256_of(path) == sha256):
                continue
            what = "has changed since the result was judged" if path.exists() else "is gone: it belongs to the result"
            raise CheckpointError(what, where=str(path), todo="put it back, run again, or judge the result anew")

    def _with_yardstick(self, report: Report) -> dict[str, Writer]:
        """The checkpoint with what it was judged by in its record, where that is new; the weights stay as they are."""
        from maga_desk.models.checkpoint import read_state, write_state

        state, info = read_state(self.checkpoint)
        judged = judged_by(report)
        if all(info.made.get(key) == json.loads(json.dumps(said)) for key, said in judged.items()):
            return {}
        more = {key: said for key, said in judged.items() if said is not None or key in (*info.made, "yardstick")}
        return {CHECKPOINT: lambda path: write_state(path, state, info.with_made(**more))}

    def finished(self, erasure: Erasure) -> dict[str, Any] | None:
        """The summary of the same run, judged in the same way; ``None`` where there is none."""
        summary = self._summary()
        summary.pop(_FILES, None)
        summary.pop(DEFINITIONS, None)
        found = summary.pop(_DIGEST, None), summary.pop(_AUDIT, None)
        return summary if found == (erasure.run_digest, erasure.audit_digest) else None

    def _summary(self) -> dict[str, Any]:
        """What is there; empty where nothing is, or nothing that can be read."""
        try:
            summary = json_of((self.path / SUMMARY).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return summary if isinstance(summary, dict) else {}


def judged_by(report: Report) -> dict[str, Any]:
    """What a checkpoint's record says of how it was judged: by what, and what two guesses of the recipe say."""
    first = None if report.yardstick is None else asdict(report.yardstick)
    second = None if report.second is None else asdict(report.second.yardstick)
    return {"yardstick": first, "second_yardstick": second, "guesses": on_guesses(report) or None}


def matrix_table(matrix: TransitionMatrix) -> str:
    """``matrix.csv``: how alike each class is to every other, in the form that the proposer ``file`` reads."""
    rows = zip(matrix.classes, matrix.values.tolist(), strict=True)
    return csv_text([["", *matrix.classes], *([name, *map(repr, row)] for name, row in rows)])


def labels_table(proposal: Proposal) -> str:
    """``labels.csv``: every forget picture, its true and its perturbing label, and who chose that."""
    classes = proposal.matrix.classes
    table: list[list[object]] = [
        ["picture", "true", "perturbing", "margin", "chosen_by", "agreed", "proposed_by", "at"]
    ]
    by = "; ".join(f"{op.title} {op.revision}, prompt {op.provenance()['prompt_version']}" for op in proposal.opinions)
    at = max((opinion.at for opinion in proposal.opinions), default="")
    agreed = proposal.agreed & ~proposal.edited
    rows = zip(proposal.names, proposal.true, proposal.labels, proposal.margin, proposal.edited, agreed, strict=True)
    for name, true, label, margin, edited, accepted in rows:
        chosen_by = "user" if edited else proposal.matrix.source
        proposed = ("", "") if edited else (by, at)  # when a hand chose is in the session
        row = [name, classes[true], classes[label], f"{margin:.4f}", chosen_by, "yes" if accepted else "", *proposed]
        table.append(row)
    return csv_text(table)


def read_noise(folder: Path | str) -> list[NoisePair]:
    """The noise pairs that a run left in its folder; none where the method makes none."""
    path = Path(folder) / NOISE
    if not path.exists():
        return []
    with np.load(path, allow_pickle=False) as stored:
        return [
            NoisePair(str(true), str(perturbing), stored.get(f"positive_{number}"), stored.get(f"negative_{number}"))
            for number, (true, perturbing) in enumerate(zip(stored["true"], stored["perturbing"], strict=True))
        ]


class EventFile:
    """``events.jsonl``: one event a line, flushed as it happens.

    Events wait until :meth:`begin` is called, once the spec has proved usable, so that a mistake in a spec does not
    wipe an earlier run's file.

    :param keep: add to what is there.
    """

    def __init__(self, path: Path, *, keep: bool) -> None:
        self._path, self._mode = path, "a" if keep else "w"
        self._waiting: list[str] = []
        self._stream: IO[str] | None = None

    def __enter__(self) -> EventFile:
        return self

    def write(self, event: Event) -> None:
        """:raises OutputError: the disk is full, or the folder has gone."""
        record = log_record(event)
        if record is None:
            return
        self._waiting.append(json.dumps({"at": round(time.time(), 3), **record}, default=str) + "\n")
        if self._stream is not None:
            self._flush(self._stream)

    @property
    def begun(self) -> bool:
        return self._stream is not None

    def begin(self) -> None:
        """Start the file (or go on with it) and write what has waited.

        A line that was left half written, where a disk was full, keeps to itself.

        :raises OutputError: it cannot be written.
        """
        try:
            broken = self._mode == "a" and _ends_in_a_line(self._path)
            self._stream = self._path.open(self._mode, encoding="utf-8")
        except OSError as error:
            raise unwritten(error, self._path) from error
        if broken:
            self._waiting.insert(0, "\n")
        self._flush(self._stream)

    def _flush(self, stream: IO[str]) -> None:
        try:
            stream.writelines(self._waiting)
            stream.flush()
        except OSError as error:
            raise unwritten(error, self._path) from error
        self._waiting.clear()

    def __exit__(self, kind: type[BaseException] | None, *_exc: object) -> None:
        if self._stream is None:
            return
        try:
            self._stream.close()
        except OSError as error:  # what was not written yet does not fit either
            if kind is None:
                raise unwritten(error, self._path) from error


def _ends_in_a_line(path: Path) -> bool:
    """Whether a file's last line has no end."""
    if not path.exists() or not path.stat().st_size:
        return False
    with path.open("rb") as stream:
        stream.seek(-1, 2)
        return stream.read() != b"\n"
