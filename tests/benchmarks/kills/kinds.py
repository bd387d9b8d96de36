"""What is killed, and what must be true afterwards: a class for each kind of work."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from maga_desk.domain.together import settle
from tests.benchmarks.kills import checks
from tests.benchmarks.kills.world import Ended, Length, World


@dataclass
class Tally:
    """What was found in one kind of work.

    :param kills: processes that were killed; ``late`` had ended before.
    :param settled: kills after which the next start had moved files that were decided on.
    :param equal: of ``resumed``, those whose weights and figures are those of a run without a kill.
    """

    kills: int = 0
    late: int = 0
    lost: int = 0
    mixed: int = 0
    settled: int = 0
    resumed: int = 0
    equal: int = 0
    database: int = 0
    left: int = 0
    faults: list[str] = field(default_factory=list)

    def fault(self, what: str) -> None:
        self.faults.append(what)


class Kind:
    """One kind of work."""

    def __init__(self, title: str, world: World) -> None:
        self.title, self.world, self.tally = title, world, Tally()

    def measure(self) -> None:
        """Do it once without a kill: how long it takes, and what it gives."""
        raise NotImplementedError

    def once(self) -> None:
        """Kill it once and look."""
        raise NotImplementedError

    def count(self, ended: Ended) -> None:
        tally = self.tally
        tally.kills += ended.killed
        tally.late += not ended.killed
        if not ended.killed and ended.status not in (0, 3):
            tally.fault(f"ended with {ended.status}: {ended.said[-300:]}")
        fault = checks.database_fault(self.world.database)
        tally.database += not fault
        if fault:
            tally.fault(f"database: {fault}")

    def done(self, *arguments: object) -> Ended:
        """A process that has to succeed."""
        ended = self.world.whole(*arguments)
        if ended.status != 0:
            self.tally.fault(f"{' '.join(map(str, arguments))} ended with {ended.status}: {ended.said[-400:]}")
        return ended

    def settled(self, *folders: Path) -> None:
        """What every start and every reader does first."""
        waiting = any(folder.is_dir() and list(folder.glob(".*.maga-desk-ready")) for folder in folders)
        self.tally.settled += waiting
        for folder in folders:
            settle(folder)

    def look_at_mix(self, *folders: Path) -> None:
        for folder in folders:
            why = checks.mixed(folder) if folder.is_dir() else ""
            if why:
                self.tally.mixed += 1
                self.tally.fault(f"{folder.name}: {why}")

    def compare(self, folder: Path, wanted: tuple[str, Any]) -> None:
        """A resumed result with that of a run without a kill."""
        self.tally.resumed += 1
        try:
            found = checks.weights(folder / checks.CHECKPOINT), checks.figures(folder)
        except OSError as error:
            found = "", str(error)
        if found == wanted:
            self.tally.equal += 1
        else:
            self.tally.fault(f"{folder.name}: {'weights' if found[0] != wanted[0] else 'figures'} differ")

    def look_at_leftovers(self, folder: Path) -> None:
        left = checks.leftovers(folder)
        if left:
            self.tally.left += 1
            self.tally.fault(f"left behind in {folder.name}: {left}")


class Run(Kind):
    """A run into an empty folder.

    :param kills: so many in one run, one after the other.
    """

    def __init__(self, title: str, world: World, *, kills: int = 1) -> None:
        super().__init__(title, world)
        self.out, self._kills = world.work / "out", kills
        self.spec = world.spec("first", "ring", self.out)

    def measure(self) -> None:
        self.length, self.wanted = self._measured(self.world, self.out, self.spec)

    @staticmethod
    @cache
    def _measured(world: World, out: Path, spec: Path) -> tuple[Length, tuple[str, Any]]:
        """The same for every kind that begins with this run."""
        world.put_back()
        length = world.whole("run", spec).length
        return length, (checks.weights(out / checks.CHECKPOINT), checks.figures(out))

    def once(self) -> None:
        self.world.put_back()
        for number in range(self._kills):
            self.count(self.world.killed(self.length, "run", self.spec, *(["--resume"] if number else [])))
        self.after()

    def after(self, *options: str) -> None:
        self.settled(self.out)
        self.look_at_mix(self.out)
        self.done("run", self.spec, "--resume", *options)
        self.compare(self.out, self.wanted)
        self.look_at_mix(self.out)
        self.look_at_leftovers(self.out)


class Second(Run):
    """A run with ``--force`` into a folder that holds another finished result, which is set aside."""

    def measure(self) -> None:
        super().measure()
        self.world.put_back()
        self.earlier = self.world.runs / "earlier"
        self._earlier_files = files_of(self.earlier)
        self._fill()
        self.length = self.done("run", self.spec, "--force").length

    def _fill(self) -> None:
        shutil.copytree(self.earlier, self.out)

    def once(self) -> None:
        self.world.put_back()
        self._fill()
        self.count(self.world.killed(self.length, "run", self.spec, "--force"))
        places = [self.out, self.out.with_name("out-1")]
        self.settled(*places)
        if not any(files_of(place) == self._earlier_files for place in places):
            self.tally.lost += 1
            self.tally.fault("the earlier result is whole nowhere")
        self.look_at_mix(*places)
        self.after("--force")
        if files_of(places[1]) != self._earlier_files:
            self.tally.lost += 1
            self.tally.fault("the earlier result is not whole after the next start")


class Judged(Run):
    """A finished result, judged in another way: the earlier figures or the new ones, never some of each."""

    def measure(self) -> None:
        self.again = self.world.spec("again", "ring", self.out, depth="full")
        self.world.put_back()
        self.done("run", self.spec)
        shutil.copytree(self.out, self.world.root / "judged")
        self.length = self.done("run", self.again, "--resume").length
        self.wanted = checks.weights(self.out / checks.CHECKPOINT), checks.figures(self.out)

    def once(self) -> None:
        self.world.put_back()
        shutil.copytree(self.world.root / "judged", self.out)
        self.count(self.world.killed(self.length, "run", self.again, "--resume"))
        if not (self.out / checks.SUMMARY).exists() and not list(self.out.glob(".*.maga-desk-ready")):
            self.tally.lost += 1
            self.tally.fault("no figures are left")
        self.spec, first = self.again, self.spec
        self.after()
        self.spec = first


class FullDisk(Run):
    """A run on a disk that fills, killed or not; then there is room again."""

    def measure(self) -> None:
        super().measure()
        self.length = replace(self.length, seconds=self.length.seconds * 1.5)  # some are to end by themselves

    def once(self) -> None:
        self.world.put_back()
        self.out.mkdir()
        size = self.world.random.randint(8, 800)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}k", "tmpfs", str(self.out)], check=True)
        try:
            ended = self.world.killed(self.length, "run", self.spec)
            self.count(ended)
            if not ended.killed and ended.status not in (0, 3):
                self.tally.fault(f"a full disk ended with {ended.status}")
            if "Traceback" in ended.said or "our side" in ended.said:
                self.tally.fault(f"a full disk is no clear line: {ended.said[-300:]}")
            subprocess.run(["mount", "-o", "remount,size=8m", str(self.out)], check=True)
            self.after("--force")
        finally:
            subprocess.run(["umount", str(self.out)], check=True)


class Export(Kind):
    """An export over that of another result: file and list are both the earlier ones or both the new ones."""

    def __init__(self, title: str, world: World, fmt: str, ending: str) -> None:
        super().__init__(title, world)
        self.fmt, self.target = fmt, world.work / f"net{ending}"
        self.beside = self.target.with_suffix(".forgotten.txt")

    def command(self, run: str) -> tuple[object, ...]:
        checkpoint = self.world.runs / run / checks.CHECKPOINT
        return "export", checkpoint, "--format", self.fmt, "--out", self.target, "--force"

    def pair(self) -> tuple[str, str]:
        return checks.sha256(self.target), checks.sha256(self.beside)

    def earlier(self) -> None:
        self.world.put_back()
        if not hasattr(self, "_saved"):
            self.done(*self.command("earlier"))
            self._saved = self.target.read_bytes(), self.beside.read_bytes()
        self.target.write_bytes(self._saved[0])
        self.beside.write_bytes(self._saved[1])

    def measure(self) -> None:
        self.earlier()
        before = self.pair()
        self.length = self.done(*self.command("newest")).length
        self.pairs = before, self.pair()

    def once(self) -> None:
        self.earlier()
        self.count(self.world.killed(self.length, *self.command("newest")))
        self.settled(self.target.parent)
        found = self.pair()
        if found not in self.pairs:
            self.tally.lost += found[0] not in [pair[0] for pair in self.pairs]
            self.tally.mixed += 1
            self.tally.fault("file and list are not of one result")
        self.done(*self.command("newest"))
        self.tally.resumed += 1
        self.tally.equal += self.pair() == self.pairs[1]
        self.look_at_leftovers(self.target.parent)


class Purge(Kind):
    """The deletion of a session: it is there whole, or gone with every byte; the other one is never touched."""

    SECRET = b"train/disc/"  # names that only the deleted session has

    def delete(self) -> tuple[object, ...]:
        return "sessions", "--delete", 1

    def measure(self) -> None:
        self.world.put_back()
        self._before = [checks.rows_of(self.world.database, number) for number in (1, 2)]
        self.length = self.done(*self.delete()).length

    def once(self) -> None:
        world, tally = self.world, self.tally
        world.put_back()
        self.count(world.killed(self.length, *self.delete()))
        self.done("sessions")  # the next start
        mine, other = (checks.rows_of(world.database, number) for number in (1, 2))
        if other != self._before[1]:
            tally.lost += 1
            tally.fault("another session lost rows")
        if mine["sessions"]:
            if mine != self._before[0]:
                tally.mixed += 1
                tally.fault("the session is there by half")
            self.done("sessions", "--delete", 1)
        left = checks.holds(world.home.rglob("*"), self.SECRET)
        tally.resumed += 1
        tally.equal += not left
        if left:
            tally.fault(f"names are left in {left}")


class WindowRun(Kind):
    """A run that the window starts, and goes on with after it was killed."""

    def measure(self) -> None:
        self.world.put_back()
        self.length = self.done("window", "run").length
        out = self._newest()
        self.wanted = checks.weights(out / checks.CHECKPOINT), checks.figures(out)

    def _newest(self) -> Path:
        """The folder that the window has made, or where it would make one."""
        return max((self.world.home / "runs").glob("*"), default=self.world.home / "runs" / "none")

    def once(self) -> None:
        self.world.put_back()
        self.count(self.world.killed(self.length, "window", "run"))
        out = self._newest()
        if (out / "events.jsonl").exists():
            self.settled(out)
            self.look_at_mix(out)
            self.done("window", "continue" if not (out / checks.SUMMARY).exists() else "run")
        else:  # it had not begun
            self.done("window", "run")
        self.look_at_mix(*(self.world.home / "runs").iterdir())
        self.compare(self._newest(), self.wanted)
        self.look_at_leftovers(self._newest())


class WindowExport(Export):
    """The same from the Export page."""

    def command(self, run: str) -> tuple[object, ...]:
        return super().command(run) if run == "earlier" else ("window", "export", self.fmt, self.target)


class WindowPurge(Purge):
    """The same from the Load page."""

    def delete(self) -> tuple[object, ...]:
        return "window", "purge", 1


class Train(Kind):
    """A training over an earlier net: that one or the new one, and going on gives the same weights."""

    def __init__(self, title: str, world: World) -> None:
        super().__init__(title, world)
        self.out = world.work / "trained.safetensors"

    def command(self, seed: int, *options: str) -> tuple[object, ...]:
        said = ("--epochs", 3, "--batch-size", 32, "--device", "cpu", "--precision", "float32", "--seed", seed)
        return "train", "--data", self.world.pictures, "--out", self.out, *said, *options

    def measure(self) -> None:
        self.world.put_back()
        self.done(*self.command(1))
        self._earlier = self.out.read_bytes()
        earlier = checks.weights(self.out)
        self.length = self.done(*self.command(2, "--force")).length
        self.known = earlier, checks.weights(self.out)

    def once(self) -> None:
        self.world.put_back()
        self.out.write_bytes(self._earlier)
        self.count(self.world.killed(self.length, *self.command(2, "--force")))
        try:
            whole = checks.weights(self.out) in self.known
        except (ValueError, KeyError, OSError):
            whole = False
        if not whole:
            self.tally.lost += 1
            self.tally.fault("neither the earlier net nor the new one is there")
        self.done(*self.command(2, "--resume", "--force"))
        self.tally.resumed += 1
        equal = checks.weights(self.out) == self.known[1]
        self.tally.equal += equal
        if not equal:
            self.tally.fault("the resumed training has other weights")
        self.look_at_leftovers(self.out.parent)


def files_of(folder: Path) -> dict[str, str]:
    """The hash of each file of a folder that is not hidden."""
    if not folder.is_dir():
        return {}
    return {path.name: checks.sha256(path) for path in sorted(folder.iterdir()) if not path.name.startswith(".")}
