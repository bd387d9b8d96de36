"""How fast the session store writes and reads, as ratios against plain ``sqlite3`` in the same run.

Run it from the checkout: ``python tests/benchmarks/bench_store.py [--events 20000] [--json]``. It writes to a temporary
folder only. The plain side writes the same rows into the same table in one transaction per quarter of the events
(the store gathers for a quarter of a second), so a ratio near 1 means that the owner thread and the events cost little.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from maga_desk.domain.events import Ended, Scalars
from maga_desk.domain.proposal import Proposal
from maga_desk.domain.specs.run import RunSpec
from maga_desk.domain.transition import TransitionMatrix
from maga_desk.store.sessions import SessionStore

NAMES = ("forget_accuracy", "loss", "retain_accuracy")


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def plain_writes(path: Path, events: int) -> float:
    """Rows a second of sqlite3 alone: same pragmas, same table, four transactions."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "secure_delete = ON"):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    connection.execute(
        "CREATE TABLE metrics (run_id INTEGER NOT NULL, step INTEGER NOT NULL, name TEXT NOT NULL, value REAL,"
        " PRIMARY KEY (run_id, step, name)) WITHOUT ROWID"
    )
    rows = [(1, step, name, step / 7) for step in range(events) for name in NAMES]

    def write() -> None:
        quarter = max(1, len(rows) // 4)
        for start in range(0, len(rows), quarter):
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO metrics VALUES (?, ?, ?, ?)", rows[start : start + quarter])
            connection.execute("COMMIT")

    took = seconds(write)
    connection.close()
    return len(rows) / took


def store_writes(path: Path, events: int) -> tuple[float, float]:
    """Rows a second through ``recorder.record`` until they are in the file; microseconds a caller spends per event."""
    with SessionStore.open(path) as store:
        recorder = store.start_run(store.create_session("benchmark", RunSpec()), RunSpec(), "out")
        measured = [Scalars(step, dict.fromkeys(NAMES, step / 7)) for step in range(events)]

        def record() -> None:
            for event in measured:
                recorder.record(event)

        started = time.perf_counter()
        calling = seconds(record)
        store.flush()
        took = time.perf_counter() - started
        recorder.record(Ended("finished", {}))
    return events * len(NAMES) / took, calling / events * 1e6


def proposal(count: int, classes: int = 10) -> Proposal:
    rng = np.random.default_rng(0)
    names = tuple(f"class {i}" for i in range(classes))
    probabilities = rng.dirichlet(np.full(classes, 0.2), count).astype(np.float32)
    targets = np.eye(classes, dtype=np.float32)[rng.integers(1, classes, count)]
    pictures = tuple(f"train/class 0/{i:05}.jpg" for i in range(count))
    matrix = TransitionMatrix.from_scores(names, rng.random((classes, classes)), "classifier")
    zeros = np.zeros(count, dtype=np.int64)
    return Proposal(matrix, pictures, np.arange(count), zeros, probabilities, targets, zeros > 0, "product")


def sessions(path: Path) -> dict[str, float]:
    """Milliseconds of what the window waits for, on a store of 200 sessions with a large proposal in the newest."""
    first = proposal(5_000)
    edited, targets = first.edited.copy(), first.targets.copy()
    edited[7], targets[7] = True, np.eye(10, dtype=np.float32)[9]
    second = replace(first, edited=edited, targets=targets)
    with SessionStore.open(path) as store:
        for number in range(200):
            store.create_session(f"session {number}", RunSpec())
        doomed = store.create_session("doomed", RunSpec())
        figures = {
            "save a proposal for 5,000 pictures": seconds(lambda: store.save_proposal(doomed, first)),
            "save one edited label of it": seconds(lambda: store.save_proposal(doomed, second)),
            "read it": seconds(lambda: store.proposal(doomed)),
            "list 10 recent sessions": statistics.median(seconds(store.recent) for _ in range(20)),
        }
    stores: list[SessionStore] = []
    openings = []
    for _ in range(10):
        openings.append(seconds(lambda: stores.append(SessionStore.open(path))))
        stores.pop().close()
    figures["open"] = statistics.median(openings)
    with SessionStore.open(path) as store:
        figures["erase a session"] = seconds(lambda: store.delete_session(doomed))
    return {what: took * 1e3 for what, took in figures.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--events", type=int, default=20_000, help="Scalars events of three figures each")
    parser.add_argument("--rounds", type=int, default=3, help="the median of this many is given")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    rounds = []
    for _ in range(given.rounds):  # in turns, so that both meet the same neighbours on the machine
        with tempfile.TemporaryDirectory() as name:
            plain = plain_writes(Path(name) / "plain.sqlite", given.events)
            stored, per_event = store_writes(Path(name) / "store.sqlite", given.events)
            rounds.append((stored / plain, plain, stored, per_event))
    ratio, plain, stored, per_event = (statistics.median(column) for column in zip(*rounds, strict=True))
    with tempfile.TemporaryDirectory() as name:
        waits = sessions(Path(name) / "sessions.sqlite")
    if given.json:
        figures = {"ratio": ratio, "plain_rows_per_s": plain, "store_rows_per_s": stored, "record_us": per_event}
        print(json.dumps({**figures, "milliseconds": waits}))
        return
    print(f"metrics written     {stored:12,.0f} rows/s   plain sqlite3 {plain:12,.0f} rows/s   ratio {ratio:.2f}")
    print(f"recorder.record     {per_event:12.1f} us an event for the caller")
    for what, took in waits.items():
        print(f"{what:36} {took:8.2f} ms")


if __name__ == "__main__":
    main()
