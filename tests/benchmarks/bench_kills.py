"""Nothing is lost, whenever it is killed: the command line and the window under SIGKILL, at random moments.

    python -m tests.benchmarks.bench_kills [--kills 100] [--window 25] [--seed 0] [--only WORD]

Processes of their own are killed (forked from one that has imported the program, so that a hundred kills take minutes)
after a random time, or before a random change of a file, in: a first run, a resumed run, a run into a folder that holds
another result, a finished result that is judged anew, exports over earlier ones, the deletion of a session, training,
and a run on a disk that fills (a small tmpfs, where one may be mounted). After each kill the files are looked at
(:mod:`tests.benchmarks.kills.checks`), and what was killed is gone on with. Ctrl-C ends it early. Prints a table; exits
1 when anything was lost, mixed, or not the same after going on.
"""

from __future__ import annotations

import argparse
import itertools
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from tests.benchmarks.kills import kinds
from tests.benchmarks.kills.world import World

_FORMATS = (("safetensors", ".safetensors"), ("state-dict", ".pt"), ("onnx", ".onnx"))


def prepared(root: Path, seed: int) -> World:
    """A world with two finished results, each in a session of its own."""
    world = World(root, seed)
    for name, gone in (("earlier", "disc"), ("newest", "ring")):
        ended = world.whole("run", world.spec(name, gone, world.runs / name))
        if ended.status:
            sys.exit(f"the world could not be made: {ended.said}")
    world.keep()
    return world


def of_commands(world: World) -> list[kinds.Kind]:
    """Each kind of work of the command line."""
    found = [
        kinds.Run("first run", world),
        kinds.Run("resumed run, killed twice", world, kills=2),
        kinds.Second("second run into a folder", world),
        kinds.Judged("judged anew", world),
        *(kinds.Export(f"export, {fmt}", world, fmt, ending) for fmt, ending in _FORMATS),
        kinds.Purge("deletion of a session", world),
        kinds.Train("training over a net", world),
    ]
    return [*found, kinds.FullDisk("run on a disk that fills", world)] if may_mount(world.root) else found


def of_window(world: World) -> list[kinds.Kind]:
    """Each kind of work of the window."""
    return [
        kinds.WindowRun("window: run", world),
        *(kinds.WindowExport(f"window: export, {fmt}", world, fmt, ending) for fmt, ending in _FORMATS),
        kinds.WindowPurge("window: deletion", world),
    ]


def may_mount(root: Path) -> bool:
    """Whether a small disk can be made here."""
    place = root / "disk"
    place.mkdir()
    try:
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(place)], check=True, capture_output=True)
        subprocess.run(["umount", str(place)], check=True)
    except (OSError, subprocess.CalledProcessError):
        print("a small disk cannot be mounted here: full disks are left out", flush=True)
        return False
    return True


def kill(works: list[kinds.Kind], kills: int) -> None:
    """So many kills in turns."""
    measured = works[:kills]
    for work in measured:
        work.measure()
        print(f"{work.title}: {work.length.seconds:.1f} s, {work.length.changes} changes of files", flush=True)
    done, told = 0, 0
    for work in itertools.islice(itertools.cycle(measured), 3 * kills):  # some end before they are killed
        if done >= kills:
            break
        before, known = work.tally.kills, len(work.tally.faults)
        work.once()
        done += work.tally.kills - before
        if done >= told + 10:
            told = done
            print(f"{done} kills", flush=True)
        for fault in work.tally.faults[known:]:
            print(f"  {work.title}: {fault}", flush=True)


def table(works: list[kinds.Kind]) -> str:
    """What was found, a line for each kind."""
    titles = ["kind", "kills", "ended before", "lost", "mixed", "moved at the next start", "resumed equal"]
    lines = [[*titles, "database ok", "left behind"]]
    sums = kinds.Tally()
    for work in works:
        for name, value in vars(work.tally).items():
            setattr(sums, name, getattr(sums, name) + value)
    for title, tally in [*((work.title, work.tally) for work in works), ("all", sums)]:
        cells = [tally.kills, tally.late, tally.lost, tally.mixed, tally.settled, f"{tally.equal}/{tally.resumed}"]
        cells += [f"{tally.database}/{tally.kills + tally.late}", tally.left]
        lines.append([title, *map(str, cells)])
    rows = ["| " + " | ".join(line) + " |" for line in lines]
    return "\n".join([rows[0], "|" + "---|" * len(lines[0]), *rows[1:]])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--window", type=int, help="so many of them in the window; default: a quarter")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="kinds with this word in their name")
    chosen = parser.parse_args()
    in_window = chosen.kills // 4 if chosen.window is None else min(chosen.window, chosen.kills)
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="maga-kills-") as place:
        world = prepared(Path(place).resolve(), chosen.seed)
        works: list[kinds.Kind] = []
        for made, kills in ((of_commands(world), chosen.kills - in_window), (of_window(world), in_window)):
            named = [work for work in made if chosen.only in work.title]
            works += named
            if named and kills:
                with suppress(KeyboardInterrupt):  # what was found so far is told all the same
                    kill(named, kills)
        world.close()
    print(f"\n{table(works)}\n\nin {time.monotonic() - start:.0f} s")
    return 1 if any(work.tally.faults for work in works) else 0


if __name__ == "__main__":
    sys.exit(main())
