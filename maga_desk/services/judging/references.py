"""The retrained reference ("gold") that a result is judged against: made, found again, or read from a file."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from maga_desk.domain import paths
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import CheckpointError, UserError
from maga_desk.domain.events import Ended, Event, Message, Started
from maga_desk.domain.files import sha256_of
from maga_desk.domain.results import Report
from maga_desk.domain.yardstick import TrainingRecord, Yardstick
from maga_desk.services.erasure import Erasure
from maga_desk.services.judging.by_guess import found_by_guess, guessed_before, made_by_guess, said_of_guess
from maga_desk.services.judging.costs import training_cost
from maga_desk.services.judging.guessing import with_recipe
from maga_desk.services.judging.starting import check_start
from maga_desk.services.judging.trainings import (
    SEED,
    SHADOW_SEEDS,
    Reference,
    Training,
    find_trained,
    place_of,
    read_reference,
    record_of_recipe,
    train_without,
)
from maga_desk.services.judging.yardsticks import claim

if TYPE_CHECKING:
    from torch import Tensor

    from maga_desk.domain.checkpoints import CheckpointInfo

_JUDGE_ANEW = "put it back, or judge the run anew"


def reference(erasure: Erasure, control: RunControl) -> Generator[Event, None, Reference | None]:
    """What ``spec.audit.retrained`` asks for; where it asks for nothing, a net that fits and was made here before, or
    ``None``. ``None`` as well where no guess of the recipe can be trained.

    :raises CheckpointError: the named file cannot be used.
    :raises Cancelled: in between; the retraining can be resumed.
    """
    wanted = erasure.spec.audit.retrained
    if wanted is None:
        return fitting(erasure)
    if wanted != "make":
        return read_reference(erasure.workspace, Path(wanted))
    training = _training(erasure)
    found = None if erasure.recipe_is_guessed else find_trained(erasure, training)
    if found is not None:
        yield Message("An earlier retraining on the same pictures is used for comparison")
        return found
    yield from check_start(erasure, control)
    if erasure.recipe_is_guessed:
        return (yield from made_by_guess(erasure, training, control))
    cost = training_cost(erasure, training, control)
    yield Message(f"Retraining without the forget pictures, for comparison: {cost.text()}")
    return (yield from train_without(erasure, training, control, "Retraining", more=record_of_recipe(erasure)))


def references(erasure: Erasure, control: RunControl) -> Generator[Event, None, tuple[Reference, ...]]:
    """The net of :func:`reference` and, behind it, that of :func:`second_reference`, as far as there are any.

    :raises UserError, Cancelled: as these do.
    """
    gold = yield from reference(erasure, control)
    other = None if gold is None else (yield from second_reference(erasure, control))
    return tuple(each for each in (gold, other) if each is not None)


def references_of(erasure: Erasure, report: Report) -> tuple[Reference, ...]:
    """The very nets that a report was judged by, whatever was made since; none where it was judged by none.

    :raises CheckpointError: one is not there any more, has changed, or cannot be told.
    """
    if report.yardstick is None and report.retrained is None:
        return ()
    second = () if report.second is None else (report.second.yardstick,)
    return tuple(_very_net(erasure, each) for each in (report.yardstick, *second))


def _very_net(erasure: Erasure, yardstick: Yardstick | None) -> Reference:
    if yardstick is None or not yardstick.sha256:
        raise CheckpointError("nothing says which retrained model the run was judged by", todo=_JUDGE_ANEW)
    named = erasure.spec.audit.retrained
    places = [paths.references_dir() / Path(yardstick.file).name]
    places += [Path(named)] if named not in (None, "make") else []
    for place in places:
        if place.is_file() and sha256_of(place) == yardstick.sha256:
            return replace(read_reference(erasure.workspace, place), tries=yardstick.tries)
    raise CheckpointError(
        "the retrained model that the run was judged by is gone or has changed", where=str(places[-1]), todo=_JUDGE_ANEW
    )


def second_reference(erasure: Erasure, control: RunControl) -> Generator[Event, None, Reference | None]:
    """The net of a second guess, where ``spec.audit.guesses`` asks for one and the recipe has to be guessed.

    :raises Cancelled: in between; the retraining can be resumed.
    """
    audit = erasure.spec.audit
    if audit.guesses < 2 or not erasure.recipe_is_guessed or audit.retrained not in (None, "make"):
        return None
    if audit.retrained is None:
        return found_by_guess(erasure, _training(erasure), 1)
    return (yield from made_by_guess(erasure, _training(erasure), control, 1))


def _training(erasure: Erasure) -> Training:
    return Training(erasure.gone, erasure.spec.seed + SEED)


def fitting(erasure: Erasure) -> Reference | None:
    """A retrained model of just this request among those that were made here: that of the spec's seed, else the newest.

    Its record must say all that is wanted. Shadow models are left aside: attacks compare with them.
    """
    from maga_desk.models.checkpoint import read_info

    training = _training(erasure)
    before = guessed_before(erasure, training)
    guessed = found_by_guess(erasure, training)
    if guessed is not None and claim(erasure, guessed.model, guessed.info, guessed.path).by_record:
        return guessed
    own = place_of(with_recipe(erasure, before.recipe) if before else erasure, training)
    kept = sorted(paths.references_dir().glob("*.safetensors"), key=_modified, reverse=True)
    for path in sorted(kept, key=lambda path: path != own):
        try:
            if path == own or _may_fit(erasure, read_info(path)):
                found = read_reference(erasure.workspace, path)
                if claim(erasure, found.model, found.info, path).by_record:
                    return found
        except UserError:  # damaged, or of other pictures
            continue
    return None


def outputs_to_watch(erasure: Erasure) -> Tensor | None:
    """Of the retrained net that is there already, be it named or found: logits ``(m, K) float32`` on the forget
    pictures that are looked at while a run goes on. ``None``: there is none yet.

    :raises CheckpointError: the named file cannot be used.
    """
    import torch

    from maga_desk.engine.looking import watched
    from maga_desk.models.inference import logits

    named, workspace = erasure.spec.audit.retrained, erasure.workspace
    found = fitting(erasure) if named in (None, "make") else read_reference(workspace, Path(named or ""))
    if found is None:
        return None
    positions = watched(torch.from_numpy(erasure.forget.indices))
    return logits(found.model, workspace.pictures.train, workspace.runtime, positions)


def _may_fit(erasure: Erasure, info: CheckpointInfo) -> bool:
    """What can be told without reading the net."""
    record, seed = TrainingRecord.of(info.made), info.made.get("seed")
    same = (record.data, record.trained_on) == (erasure.workspace.images.fingerprint, erasure.stays_digest)
    if seed in SHADOW_SEEDS or not same:
        return False
    return erasure.recipe_is_guessed or dict(record.recipe) == erasure.recipe.recorded()


def _modified(path: Path) -> float:
    return path.stat().st_mtime


def estimate_retraining(erasure: Erasure, control: RunControl) -> Iterator[Event]:
    """Say what retraining to compare would cost: one ``Message``. A few training steps are taken and timed.

    :raises Cancelled: in between.
    """
    yield Started("Measuring what retraining costs")
    training = _training(erasure)
    guesses = erasure.spec.audit.guesses if erasure.recipe_is_guessed else 1
    if erasure.recipe_is_guessed:
        missing = [number for number in range(guesses) if found_by_guess(erasure, training, number) is None]
    else:
        missing = [] if find_trained(erasure, training) is not None else [0]
    if not missing:
        yield Message("A model that was retrained without exactly these pictures is here: nothing is trained")
    else:
        yield from check_start(erasure, control)
        cost = training_cost(erasure, training, control).times(len(missing))
        more = ""
        if erasure.recipe_is_guessed:
            yield from said_of_guess(erasure, erasure.recipe)
            more = ". Guesses are tried first, and one that falls short is trained for longer"
        models = "Retraining two models, one by each guess," if len(missing) > 1 else "Retraining"
        yield Message(f"{models} takes {cost.text()}; then the result is judged anew{more}")
    yield Ended("finished")


def check_reference(erasure: Erasure) -> None:
    """Look at a named reference before any work is done.

    :raises CheckpointError: it cannot be used, or has seen what must be forgotten.
    """
    named = erasure.spec.audit.retrained
    if named is not None and named != "make":
        found = read_reference(erasure.workspace, Path(named))
        claim(erasure, found.model, found.info, found.path)
