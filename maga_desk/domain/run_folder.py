"""The files of a run's folder: their names, and what each is.

``resources/docs/files.md`` describes what stands in them.
"""

from __future__ import annotations

from collections.abc import Mapping

SPEC = "spec.toml"
EVENTS = "events.jsonl"
LABELS = "labels.csv"
MATRIX = "matrix.csv"
"""The transition matrix in force: what was proposed, with the cells that persons set."""

NOISE = "noise.npz"
CHECKPOINT = "unlearned.safetensors"
FORGOTTEN = "forgotten.txt"
"""Every picture that the checkpoint has forgotten, this time and before, one a line."""

NOT_USED = "not-used.csv"
"""Every file that lay where the pictures are and is not among them, with the reason."""

TWINS = "twins.csv"
"""Every picture that is there again with the very same pixels, where that matters."""

COPIES = "copies.csv"
"""Every picture that stays or is tested on and is like one that goes, and what was decided over it."""

FORECAST = "forecast.json"
"""What a pilot said before the run that it would take."""

REPORT = "report.json"
SUMMARY = "summary.json"
LAST_GOOD = "last-good.safetensors"
"""The net before it diverged, where a run ended so."""

RESUME = "resume.pt"
"""Where an unfinished run goes on from; gone once it is finished."""

KINDS: Mapping[str, str] = {
    SPEC: "spec",
    EVENTS: "events",
    LABELS: "labels",
    MATRIX: "matrix",
    NOISE: "noise",
    CHECKPOINT: "checkpoint",
    FORGOTTEN: "forgotten",
    NOT_USED: "not used",
    TWINS: "twins",
    COPIES: "copies",
    FORECAST: "forecast",
    REPORT: "report",
    SUMMARY: "summary",
    LAST_GOOD: "last good",
    RESUME: "resume",
}
"""What each file is called in a session's list of artefacts."""
