"""Whether a reference may judge: its record, a declaration, and what can be checked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from maga_desk.domain.errors import CheckpointError
from maga_desk.domain.files import sha256_of
from maga_desk.domain.yardstick import Claim, TrainingRecord, Wanted, Yardstick, claim_of
from maga_desk.services.erasure import Erasure, start_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from torch import Tensor, nn

    from maga_desk.auditing.outputs import Outputs
    from maga_desk.auditing.parts import Parts
    from maga_desk.domain.checkpoints import CheckpointInfo
    from maga_desk.services.judging.trainings import Reference

_TODO = 'choose a model that was trained without them, or let one be made (retrained = "make")'


def claim(erasure: Erasure, model: nn.Module, info: CheckpointInfo, path: Path) -> Claim:
    """What the record of a reference says.

    :raises CheckpointError: it is the original, or its record shows that it has seen pictures that must be forgotten.
    """
    workspace, where = erasure.workspace, str(path)
    if _same(model.state_dict(), workspace.model.state_dict()):
        raise CheckpointError("is the original itself, and no yardstick for it", where=where, todo=_TODO)
    record, wanted = _of_old(erasure, TrainingRecord.of(info.made), info.made, path), _wanted(erasure)
    seen = _seen(erasure, record, wanted)
    if seen is not None:
        raise CheckpointError(seen, where=where, todo=_TODO)
    said = claim_of(record, info.arch or workspace.card.arch, wanted)
    return replace(said, reasons=(*said.reasons, *_of_pruning(model, workspace.model)))


def _of_pruning(model: nn.Module, original: nn.Module) -> tuple[str, ...]:
    """Whether a reference has the same zeros as a pruned original."""
    from maga_desk.models.pruning import is_pruned_like, pruned_share, zeros_of

    zeros = zeros_of(original)
    if not zeros:
        return ()
    share = f"{pruned_share(zeros):.0%} of the weights of {len(zeros)} layers"
    if is_pruned_like(model, original):
        return (f"It is pruned as the original is: the same {share} are zero.",)
    return (f"The original is pruned ({share} are zero); this model is not, or otherwise.",)


def check_is_another(model: nn.Module, result: nn.Module, path: Path) -> None:
    """:raises CheckpointError: a reference is the very net that it is to judge."""
    if _same(model.state_dict(), result.state_dict()):
        raise CheckpointError("is the result itself, and no yardstick for it", where=str(path), todo=_TODO)


def settled(
    erasure: Erasure, gold: Reference, claim: Claim, found: Outputs, original: Outputs, parts: Parts
) -> Yardstick:
    """The standing of a reference, once it was asked about all pictures.

    A record is enough where it says all and the net reaches the original on what stays. A declaration counts where
    nothing that can be checked speaks against it.
    """
    from maga_desk.auditing.retrained import check_retrained, taught_otherwise

    made, checked = gold.info.made, check_retrained(found, original, erasure.workspace.images, parts)
    if claim.guessed:
        checked = replace(checked, falls_short=(*checked.falls_short, *taught_otherwise(found, original, parts)))
    short = bool(checked.falls_short)
    yardstick = Yardstick(
        gold.path.name,
        sha256_of(gold.path),
        "none",
        accuracies=checked.accuracies,
        declarable=claim.declarable and not (claim.by_record and short),  # nothing is left to declare
        when=str(made.get("when") or ""),
        guessed=claim.guessed,
        falls_short=short,
        **_recipe_told(erasure, claim, made),
        tries=gold.tries,
    )
    declared_by = erasure.spec.audit.declared_by
    if claim.by_record and not short:
        return replace(yardstick, standing="record", reasons=claim.reasons)
    reasons = (*claim.reasons, *(checked.falls_short if claim.by_record else ()))
    if not claim.declarable or not declared_by:
        return replace(yardstick, reasons=reasons)
    if checked.faults:
        said = f"{declared_by} declared it retrained."
        return replace(yardstick, declared_by=declared_by, reasons=(said, *checked.faults))
    confirmed = (
        f"{declared_by} declared it retrained without the pictures to forget. It is not the original in another form, "
        "knows those pictures no better than unseen ones, and reaches the original on what stays."
    )
    return replace(yardstick, standing="declaration", declared_by=declared_by, reasons=(confirmed, *claim.reasons))


def _recipe_told(erasure: Erasure, claim: Claim, made: Mapping[str, Any]) -> dict[str, Any]:
    """Where the recipe comes from and what was not followed: as it is known now where the record agrees with that, else
    as the net's own record has it.
    """
    if claim.by_record:
        return {"sources": erasure.known.all_sources(), "not_followed": erasure.known.beyond_text()}
    sources = made.get("recipe_from")
    return {
        "sources": dict(sources) if isinstance(sources, dict) else {},
        "not_followed": str(made.get("not_followed") or ""),
    }


def remembered(erasure: Erasure) -> Yardstick | None:
    """What a reference made for just this request stands for, where a report of earlier versions has its figures.

    ``None`` where it was a named file.
    """
    if erasure.spec.audit.retrained != "make":
        return None
    recipe, arch = erasure.recipe.recorded(), erasure.workspace.card.arch
    record = TrainingRecord("retrain", start_of(erasure.recipe), recipe, erasure.stays_digest, erasure.retained)
    said = claim_of(record, arch, _wanted(erasure))
    enough = said.by_record and not said.guessed
    return Yardstick(
        "made for this request", "", "record" if enough else "none", reasons=said.reasons, guessed=said.guessed
    )


def _wanted(erasure: Erasure) -> Wanted:
    workspace, named = erasure.workspace, erasure.spec.audit.recipe is not None
    record, known = TrainingRecord.of(workspace.info.made), erasure.known
    # a record says by a hash of its own what training started from
    said = {key: value for key, value in known.values.items() if key != "start"}
    recipe = dict(record.recipe) or (said if erasure.recipe_is_guessed else erasure.recipe.recorded())
    partly = known.text() if erasure.recipe_is_guessed else ""
    start = record.start or (start_of(erasure.recipe) if named else "")
    by_hand = named and not record.recipe
    return Wanted(workspace.card.arch, start, recipe, erasure.stays_digest, erasure.retained, by_hand, partly)


def _same(one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(
        one[name].shape == other[name].shape and bool((one[name] == other[name]).all()) for name in one
    )


def _of_old(erasure: Erasure, record: TrainingRecord, made: Mapping[str, Any], path: Path) -> TrainingRecord:
    """The record, completed where an earlier version made it for this request: the file's name is the fingerprint."""
    seed = made.get("seed")
    if record.trained_on or record.by != "retrain" or not isinstance(seed, int):
        return record
    if path.stem != erasure.training_digest(erasure.gone, seed):
        return record
    recipe = erasure.recipe.recorded()
    return replace(record, trained_on=erasure.stays_digest, pictures=erasure.retained, recipe=recipe)


def _seen(erasure: Erasure, record: TrainingRecord, wanted: Wanted) -> str | None:
    """How the record shows that the net has seen what must be forgotten; ``None`` where it does not show it."""
    images, gone = erasure.workspace.images, erasure.gone
    if record.by not in ("train", "retrain") or record.trained_on == wanted.trained_on:
        return None
    everything = len(images.train)
    if record.pictures == everything and record.trained_on == images.list_digest(np.arange(everything)):
        return f"has seen what must be forgotten: it was trained on all {everything:,} pictures"
    if record.data != images.fingerprint:
        return None
    for name, without in _lists(erasure, record):
        met = int((~np.isin(gone, without)).sum())
        if met:
            count = f"{met:,} of the {len(gone):,} pictures that must be forgotten"
            return f"has seen {count}: it was trained on all but {name}"
    if record.pictures is not None:
        least = record.pictures - wanted.pictures
    elif record.left_out is not None:
        least = len(gone) - record.left_out
    else:
        return None
    # so many of the same pictures cannot be without one of those that go
    if least > 0 or (record.trained_on and least == 0):
        return f"has seen at least {max(1, least):,} of the {len(gone):,} pictures that must be forgotten"
    return None


def _lists(erasure: Erasure, record: TrainingRecord) -> list[tuple[str, np.ndarray]]:
    """Classes and kinds whose absence alone gives the record's list: their names, and the pictures of them."""
    images = erasure.workspace.images
    train, found = images.train, []
    if not record.trained_on:
        return []
    for names, numbers in ((images.classes, train.labels), (images.kinds, train.kinds)):
        for number, name in enumerate(names):
            mine = np.flatnonzero(numbers == number)
            rest = np.flatnonzero(numbers != number)
            if len(rest) == record.pictures and images.list_digest(rest) == record.trained_on:
                found.append((name, mine))
    return found[:1]
