"""Reading pictures in a thread of its own, so that progress and remaining time can be told while it works."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

from maga_desk.domain.control import Cancelled, Clock, RunControl
from maga_desk.domain.errors import OneClassError, name_some
from maga_desk.domain.events import Event, Message, Progress
from maga_desk.domain.methods import without_retained
from maga_desk.domain.pictures import ImageSet
from maga_desk.domain.rates import Rate
from maga_desk.domain.specs.run import DataSpec
from maga_desk.services.keeping import kept_shelf

if TYPE_CHECKING:
    from maga_desk.data.sources.reading import ListedPictures
    from maga_desk.domain.checkpoints import CheckpointInfo

_SURE_AFTER = 0.5  # seconds, before what was measured tells a remaining time
_IN_ONE_PIECE = 3  # reports at most, where nothing was decoded


def listing_pictures(
    data: DataSpec, info: CheckpointInfo | None, control: RunControl
) -> Generator[Event, None, ListedPictures]:
    """What a spec names; no picture is opened, so that names can be compared first.

    :raises DataError: the source or the families cannot be used.
    """
    from maga_desk.data.sources.reading import list_pictures

    size, framing = (info.shape, info.framing) if info else (None, None)
    yield Progress("Listing the pictures", 0, 0)
    try:
        listed: ListedPictures = yield from _with_progress(
            lambda tell: list_pictures(data, size=size, framing=framing, control=control, report=tell.report),
            "Listing the pictures",
            Clock(control),
        )
    except OneClassError as error:
        from maga_desk.engine.registry import METHODS

        names = ", ".join(without_retained(each.info for each in METHODS.values()))
        error.todo = (
            "add some pictures of the other classes: the result is judged by them, though methods that train on "
            f"none of them need few ({names})"
        )
        raise
    return listed


def reading_pictures(listed: ListedPictures, control: RunControl) -> Generator[Event, None, ImageSet]:
    """Decode in a thread of its own, so that progress can be told while it works.

    :raises DataError: the pictures cannot be used.
    """
    from maga_desk.data.sources.reading import read_pictures

    shelf = kept_shelf()
    images: ImageSet = yield from _with_progress(
        lambda tell: read_pictures(listed, control=control, report=tell.report, say=tell.say, shelf=shelf),
        "Reading the pictures",
        Clock(control),
        Rate(f"decoding {listed.kind_of_files}"),
    )
    if images.skipped:
        yield Message(
            f"{len(images.skipped)} files could not be read and are left out: {name_some(images.skipped)}", "warning"
        )
    for guess in images.found.guesses:
        yield Message(guess)
    for group in images.found.skipped:
        if group.names != images.skipped:
            yield Message(f"Not used, {group.line()}", "warning")
    return images


class _Tell:
    """What work beside us tells: turned into events here.

    :param stage: of the progress.
    :param clock: of the work, without pauses.
    :param rate: of what is counted, for the beginning; it is remembered by :meth:`remember`.
    """

    def __init__(self, stage: str, clock: Clock, rate: Rate | None = None) -> None:
        self._stage, self._clock, self._rate = stage, clock, rate
        self._known = rate.seconds if rate is not None else None
        self._reports = self._total = 0
        self.events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()

    def report(self, done: int, total: int) -> None:
        """So many are done."""
        took, self._reports, self._total = self._clock.seconds, self._reports + 1, total
        each = took / done if done and took > _SURE_AFTER else self._known
        self.events.put(Progress(self._stage, done, total, None if each is None else each * (total - done)))

    def say(self, line: str) -> None:
        """Something is not as one would expect."""
        self.events.put(Message(line, "warning"))

    def remember(self) -> None:
        """Keep the rate of what was done, where that was long enough to tell; what is taken from the disk whole is
        reported in two pieces.
        """
        if self._rate is not None and self._reports > _IN_ONE_PIECE and self._clock.seconds > _SURE_AFTER:
            self._rate.remember(self._clock.seconds, self._total)


def _with_progress(
    work: Callable[[_Tell], Any], stage: str, clock: Clock, rate: Rate | None = None
) -> Generator[Event, None, Any]:
    """Run ``work`` beside us, and hand on what it tells."""
    tell, result, fault = _Tell(stage, clock, rate), list[Any](), list[BaseException]()

    def beside() -> None:
        try:
            result.append(work(tell))
        except (Exception, Cancelled) as error:  # handed to the caller below, whatever it is
            fault.append(error)
        finally:
            tell.events.put(None)

    thread = threading.Thread(target=beside, name="reading", daemon=True)
    thread.start()
    while (event := tell.events.get()) is not None:
        yield event
    thread.join()
    if fault:
        raise fault[0]
    tell.remember()
    return result[0]
