"""Rows of comparisons' trials. Functions over a connection, for the owner thread."""

from __future__ import annotations

import json

from sqlite_utils import Database

from maga_desk.domain.results import Report
from maga_desk.domain.trials import Trial
from maga_desk.store.values import json_in, now


def known(db: Database, digest: str) -> Trial | None:
    """The trial of this fingerprint, as it was kept; ``None`` when there is none."""
    row = db.execute(
        "SELECT task, contender, seed, status, report, reason FROM trials WHERE digest = ?", (digest,)
    ).fetchone()
    if row is None:
        return None
    task, contender, seed, status, report, reason = row
    return Trial(task, contender, seed, status, Report.from_dict(json.loads(report)) if report else None, reason)


def keep(db: Database, digest: str, trial: Trial) -> None:
    """Keep a trial; one that was kept before is replaced. Inside a write transaction."""
    report = json_in(trial.report.as_dict()) if trial.report else None
    db.execute(
        "INSERT OR REPLACE INTO trials (digest, task, contender, seed, status, at, reason, report)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (digest, trial.task, trial.contender, trial.seed, trial.status, now(), trial.reason, report),
    )
