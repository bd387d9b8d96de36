"""A queue of runs under SIGKILL, at random moments: nothing that is finished is lost, and what is run goes on.

    python -m tests.benchmarks.bench_queue [--runs 20] [--kills 10] [--seed 0]

The same entries (methods, classes and seeds in turns) are run twice. First without a kill: what each result is then.
Then `maga-desk queue run --until-empty` is killed again and again, half of the times after some seconds, else before a
random change of a file, and started anew. After each kill the files are looked at, without asking the program: SQLite's
own checks of the database, every result that was finished before, byte by byte, and its entry. At the end each of them
has the weights and figures of the first time. Ctrl-C ends it early. Prints a table; exits 1 when anything was lost or
is not the same.
"""

from __future__ import annotations

import argparse
import itertools
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.benchmarks.kills import checks
from tests.benchmarks.kills.kinds import files_of
from tests.benchmarks.kills.world import MAGA, Ended, Length, World
from tests.conftest import SHAPES

_BATCHES = "retain_batch = 32, forget_batch = 16"
METHODS = {
    "maga": MAGA,
    "random-labels": f"passes = 6.0, {_BATCHES}",
    "gradient-ascent": "epochs = 3, lr = 0.0005, forget_batch = 16",
    "logit-mask": "",
    "fine-tune": "epochs = 2, batch_size = 32",
}
Result = tuple[str, dict[str, Any]]


@dataclass
class Found:
    """What was seen: ``row`` for each kill, and every fault in words."""

    rows: list[tuple[str, ...]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def specs(world: World, runs: int) -> list[Path]:
    """Files of so many different runs, each with a folder of its own in ``world.work``."""
    kinds = list(itertools.product(SHAPES, METHODS.items()))
    found = []
    for n in range(runs):
        gone, (method, params) = kinds[7 * n % len(kinds)]  # in another order than that of the loops
        out = world.work / f"q{n}"
        found.append(world.spec(f"q{n}", gone, out, method=method, params=params, seed=n // len(kinds)))
    return found


def entries(world: World) -> dict[str, str]:
    """The state of each entry, by its folder."""
    with closing(sqlite3.connect(world.database)) as connection:
        return {Path(folder).name: state for folder, state in connection.execute("SELECT folder, state FROM queue")}


def result(folder: Path) -> Result:
    """Weights and figures of a result; empty where there is none."""
    try:
        return checks.weights(folder / checks.CHECKPOINT), checks.figures(folder)
    except OSError as error:
        return "", {"missing": str(error)}


def queued(world: World, files: list[Path]) -> None:
    """An empty world with these entries."""
    world.put_back()
    added = world.whole("queue", "add", *files)
    if added.status:
        sys.exit(f"the queue could not be filled: {added.said}")


def killed_again_and_again(world: World, files: list[Path], whole: Length, kills: int, found: Found) -> int:
    """The queue under kills; gives how many there were."""
    queued(world, files)
    share = Length(2 * whole.seconds / (kills + 1), 2 * whole.changes // (kills + 1))
    whole_results: dict[str, dict[str, str]] = {}
    count = 0
    while count < kills:
        ended = world.killed(share, "queue", "run", "--until-empty")
        if not ended.killed:
            break
        count += 1
        look(world, ended, whole_results, count, found)
    return count


def look(world: World, ended: Ended, before: dict[str, dict[str, str]], count: int, found: Found) -> None:
    """After a kill: the database, what was finished before, and what is finished now."""
    fault = checks.database_fault(world.database)
    states = entries(world)
    lost = [name for name, files in before.items() if states.get(name) != "finished" or _of(world, name) != files]
    mixed = [f"{name}: {why}" for name in states if (world.work / name).is_dir() and (why := _mix(world, name))]
    before |= {name: _of(world, name) for name, state in states.items() if state == "finished" and name not in before}
    running = next((name for name, state in states.items() if state == "running"), "between two")
    found.rows.append((str(count), f"{ended.length.seconds:.1f}", str(len(before)), running, fault or "ok"))
    found.faults += [f"lost: {name}" for name in lost] + mixed + ([f"database: {fault}"] if fault else [])
    print("  ".join(found.rows[-1]), flush=True)


def _of(world: World, name: str) -> dict[str, str]:
    return files_of(world.work / name)


def _mix(world: World, name: str) -> str:
    from maga_desk.domain.together import settle

    settle(world.work / name)  # what every start and every reader does first
    return checks.mixed(world.work / name)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    start, found = time.monotonic(), Found()
    with tempfile.TemporaryDirectory(prefix="maga-queue-") as place:
        world = World(Path(place).resolve(), chosen.seed)
        world.keep()
        files = specs(world, chosen.runs)
        queued(world, files)
        first = world.whole("queue", "run", "--until-empty")
        names = [path.stem for path in files]
        wanted = {name: result(world.work / name) for name in names}
        states = entries(world)
        print(
            f"{len(names)} runs without a kill: {first.length.seconds:.0f} s, {first.length.changes} changes of files"
        )
        found.faults += [f"{name} {states[name]} without a kill" for name in names if states[name] != "finished"]
        if found.faults:
            print(first.said)
        kills = killed_again_and_again(world, files, first.length, chosen.kills, found)
        last = world.whole("queue", "run", "--until-empty")
        states = entries(world)
        unequal = [name for name in names if result(world.work / name) != wanted[name]]
        found.faults += [f"{name} ended as {states[name]}" for name in names if states[name] != "finished"]
        found.faults += [f"{name} is not as without a kill" for name in unequal]
        found.faults += [f"the last start ended with {last.status}: {last.said[-300:]}"] if last.status else []
        fault = checks.database_fault(world.database)
        found.faults += [f"database at the end: {fault}"] if fault else []
        world.close()
    head = ("kill", "after s", "finished so far", "running", "PRAGMA integrity_check")
    for row in (head, tuple("---" for _ in head), *found.rows):
        print(f"| {' | '.join(row)} |")
    print(
        f"\n{kills} kills, {len(names) - len(unequal)} of {len(names)} results with the weights and figures of runs"
        f" without a kill, {sum(fault.startswith('lost') for fault in found.faults)} lost,"
        f" in {time.monotonic() - start:.0f} s"
    )
    for fault in found.faults:
        print(f"  {fault}")
    return 1 if found.faults or kills < chosen.kills else 0


if __name__ == "__main__":
    sys.exit(main())
