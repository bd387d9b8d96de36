"""``maga-desk queue``: several runs in order, without a window; the window shows and runs the same queue."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import click

from maga_desk.cli.case import find_case
from maga_desk.cli.means import SEND_HELP, agree, means_of
from maga_desk.cli.options import (
    ALLOW_CHANCE,
    ALLOW_MISSING,
    INDEX_BASE,
    JSON,
    OF_CASE,
    PLACE,
    WITH_TWINS,
    allowing,
    joining,
)
from maga_desk.cli.recording import complain
from maga_desk.cli.requests import ONE_BY_ONE, opened
from maga_desk.cli.sessions import ID
from maga_desk.cli.show import follow, print_json
from maga_desk.cli.terminal import echo
from maga_desk.domain import paths
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import FullError
from maga_desk.domain.events import Ended, Event, Message
from maga_desk.domain.protection import InputFile
from maga_desk.domain.queue import EntryTold, EntryTurn, Idle, Over, QueueEntry, QueueView
from maga_desk.domain.settings import SettingsFile
from maga_desk.domain.specs.run import RunSpec, read_spec
from maga_desk.services.parts import divided
from maga_desk.services.queue import add, run_queue
from maga_desk.store.sessions import SessionStore

ENTRY = click.argument("entry", type=ID, metavar="ENTRY")
FREE = click.option(
    "--free-memory", is_flag=True, help="What is run stops at its next step, gives its memory back, and goes on later."
)


@click.group("queue")
def queue_command() -> None:
    """Several runs, one after the other. What waits is kept in the session database: it survives a crash, the window
    shows the same queue, and one process at a time runs it.
    """


@queue_command.command("add")
@click.argument("specs", type=PLACE, nargs=-1, required=True, metavar="SPEC...")
@click.option(
    "--seed",
    "seeds",
    type=click.IntRange(0, 2**31 - 1),
    multiple=True,
    metavar="N",
    help="Run it with this seed; several times: once with each, into folders that end in -seedN.",
)
@ALLOW_MISSING
@WITH_TWINS
@INDEX_BASE
@ALLOW_CHANCE
@OF_CASE
@click.option("--send-pictures", is_flag=True, help=SEND_HELP)
@JSON
def add_command(
    specs: tuple[Path, ...],
    seeds: tuple[int, ...],
    allow_missing: bool,
    with_twins: bool,
    index_base: str | None,
    allow_chance: bool,
    case: str | None,
    send_pictures: bool,
    as_json: bool,
) -> None:
    """Put what the TOML files SPEC say behind all that waits."""
    wanted: list[RunSpec] = []
    for path in specs:
        spec = joining(allowing(read_spec(path), allow_missing, allow_chance), with_twins, index_base)
        if send_pictures:
            agree(spec.guidance)
        for each in _seeded(spec, seeds):
            wanted += _parted(each, quiet=as_json)
    with _store() as store:
        files = tuple(InputFile("the spec", path) for path in specs)
        numbers = add(store, wanted, case=None if case is None else find_case(store, case).id, files=files)
        entries = [store.queue.entry(number) for number in numbers]
    if as_json:
        print_json({"entries": [_row(entry) for entry in entries]})
        return
    for entry in entries:
        echo(f"entry {entry.id} waits: {entry.title}")


@queue_command.command("list")
@JSON
def list_command(as_json: bool) -> None:
    """Show what is run, what waits, and what is over."""
    with _store() as store:
        view = store.queue.view()
    if as_json:
        rows = [_row(entry) for entry in view.entries]
        print_json({"paused": view.paused, "reason": view.reason, "runner": view.runner, "entries": rows})
        return
    echo("\n".join(_lines(view)))


@queue_command.command("move")
@ENTRY
@click.argument("place", type=click.IntRange(1, 1_000_000))
def move_command(entry: int, place: int) -> None:
    """Give ENTRY another PLACE among those to come; 1 is the next."""
    with _store() as store:
        store.queue.move(entry, place - 1)
        echo("\n".join(_lines(store.queue.view())))


@queue_command.command("pause")
@click.argument("entry", type=ID, metavar="[ENTRY]", required=False)
@FREE
def pause_command(entry: int | None, free_memory: bool) -> None:
    """Pause ENTRY, or else the whole queue. What is run waits where it is, and keeps its memory."""
    with _store() as store:
        how = store.queue.pause_all if entry is None else lambda how: store.queue.pause(entry, how)
        how("free" if free_memory else "pause")
        echo("\n".join(_lines(store.queue.view())))


@queue_command.command("resume")
@click.argument("entry", type=ID, metavar="[ENTRY]", required=False)
def resume_command(entry: int | None) -> None:
    """Let ENTRY, or else the whole queue, go on. An entry that failed or was cancelled waits again."""
    with _store() as store:
        store.queue.resume_all() if entry is None else store.queue.resume(entry)
        echo("\n".join(_lines(store.queue.view())))


@queue_command.command("skip")
@ENTRY
def skip_command(entry: int) -> None:
    """Let all others go before ENTRY. If it is run, it stops and goes on when its turn comes again."""
    with _store() as store:
        store.queue.skip(entry)
        echo("\n".join(_lines(store.queue.view())))


@queue_command.command("cancel")
@ENTRY
def cancel_command(entry: int) -> None:
    """Give ENTRY up; it stays in the list, and what it has done in its folder."""
    with _store() as store:
        store.queue.cancel(entry)
        echo("\n".join(_lines(store.queue.view())))


@queue_command.command("remove")
@click.argument("entries", type=ID, nargs=-1, metavar="[ENTRY...]")
@click.option("--done", is_flag=True, help="All that are over.")
def remove_command(entries: tuple[int, ...], done: bool) -> None:
    """Take entries off the list. Their runs and folders stay."""
    if not entries and not done:
        raise click.UsageError("name an entry, or give --done")
    with _store() as store:
        for entry in entries:
            store.queue.remove(entry)
        if done:
            store.queue.clear()
        echo("\n".join(_lines(store.queue.view())))


@queue_command.command("run")
@click.option("--until-empty", is_flag=True, help="End when nothing can go on; default: wait for more until Ctrl-C.")
@JSON
def run_queue_command(until_empty: bool, as_json: bool) -> int:
    """Run what waits, one after the other. After a crash the same command goes on where the run was.

    One process at a time runs the queue. An entry that fails does not stop the others; the exit status is then 2. A
    full disk pauses the queue; the exit status is then 3.
    """
    found = _Found()
    with _store() as store:
        follow(
            lambda control: _shown(store, control, found, until_empty=until_empty),
            quiet=as_json,
        )
    if as_json:
        print_json({"entries": [_row(entry) for entry in found.over], "idle": found.idle})
    if found.full:
        raise FullError(found.idle, todo="then 'maga-desk queue resume' and 'maga-desk queue run'")
    return 2 if any(entry.state == "failed" for entry in found.over) else 0


@dataclass
class _Found:
    """What came of it.

    :param over: entries whose turn has ended.
    :param idle: why nothing is run; ``full``: since no room is left.
    """

    over: list[QueueEntry] = field(default_factory=list)
    idle: str = ""
    full: bool = False


def _shown(store: SessionStore, control: RunControl, found: _Found, *, until_empty: bool) -> Iterator[Event]:
    """The queue's events as those of one job."""
    awake = SettingsFile().values.desktop.awake
    events = run_queue(
        store, control, until_empty=until_empty, means=lambda: means_of(store), say=complain, awake=awake
    )
    for event in events:
        match event:
            case EntryTurn(entry=entry):
                yield Message(f"entry {entry.id}: {entry.title}")
            case EntryTold(event=inner):
                if not isinstance(inner, Ended):
                    yield inner
            case Over(entry=entry):
                found.over.append(entry)
                yield _told(entry)
            case Idle(reason=reason, full=full):
                found.idle, found.full = reason, full
                if not full:
                    yield Message(reason)
    yield Ended("cancelled" if control.cancelled else "finished")


def _told(entry: QueueEntry) -> Message:
    words = f"entry {entry.id} {entry.state_words}"
    if entry.state == "failed":
        return Message(f"{words}: {entry.reason}", "error")
    if entry.reason:
        return Message(f"{words}: {entry.reason}", "warning")
    return Message(f"{words}, saved in {entry.folder}" if entry.state == "finished" else words)


def _seeded(spec: RunSpec, seeds: tuple[int, ...]) -> list[RunSpec]:
    if len(seeds) < 2:
        return [spec.with_changes("", seed=seed) for seed in seeds] or [spec]
    folder = spec.output.dir
    return [
        spec.with_changes("", seed=seed).with_changes("output", dir=f"{folder}-seed{seed}")
        for seed in dict.fromkeys(seeds)
    ]


def _parted(spec: RunSpec, *, quiet: bool) -> list[RunSpec]:
    """The runs that a spec asks for: those of a mixed request are queued one after the other."""
    if not spec.forget.may_be_mixed:
        return [spec]
    workspace = opened(spec, quiet=quiet)
    stream = divided(spec, workspace.forget_set(spec), workspace.images.catalogue())
    if stream is None:
        return [spec]
    echo(f"{spec.forget.said()}: {ONE_BY_ONE}", err=True)
    return list(stream.runs())


def _store() -> SessionStore:
    return SessionStore.open(paths.sessions_file())


def _row(entry: QueueEntry) -> dict[str, Any]:
    times = {key: None if (at := getattr(entry, key)) is None else str(at)[:19] for key in ("added", "begun", "ended")}
    return {**asdict(entry), **times}


def _lines(view: QueueView) -> list[str]:
    head = [view.words()]
    if view.paused:
        head.append(f"paused{f': {view.reason}' if view.reason else ''}; 'maga-desk queue resume' lets it go on")
    if view.runner is not None:
        head.append(f"run by process {view.runner}")
    return [*head, *(line for entry in view.entries for line in _entry_lines(entry))]


def _entry_lines(entry: QueueEntry) -> list[str]:
    reason = [f"      {entry.reason}"] if entry.reason else []
    return [f"{entry.id:>4}  {entry.state_words:<22} {entry.title}", f"      {entry.folder}", *reason]
