"""Entanglement: how far classes share their feature patterns, before and after, and whether damage follows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import CheckpointError
from maga_desk.domain.events import Ended, Event, Progress, Started
from maga_desk.domain.specs.run import RunSpec
from maga_desk.services.accuracy_check import check_believable
from maga_desk.services.workspace import Workspace, opening

if TYPE_CHECKING:
    from torch import Tensor

    from maga_desk.models.entanglement import Entanglement

VIEWS = ("centroids", "subspaces", "channels")
_STAGE = "Measuring entanglement"


def entangle(spec: RunSpec, control: RunControl, *, result: Path | None = None) -> Iterator[Event]:
    """Measure the original and, where there is one, an unlearned checkpoint of the same architecture.

    ``Ended.summary``: ``names`` (of K kinds when a sub-class goes, else of classes), ``forgotten`` (those that go),
    ``before`` and ``after`` (or null): ``(K, K)`` lists by view, and by layer for channels; ``change`` in test accuracy
    of every name in points and ``taken_for``, the percent of forgotten test pictures that the result takes for it
    (both null without a result); ``agreement``: Spearman's rank correlation of both with the entanglement, by view.

    :raises UserError: pictures, model or result cannot be used.
    :raises Cancelled: in between.
    """
    import torch

    from maga_desk.auditing.outputs import compute_outputs
    from maga_desk.models.entanglement import entanglement
    from maga_desk.models.outputs import read_like

    yield Started("Measuring entanglement")
    workspace = yield from opening(spec, control, asked=True)
    check_believable(workspace.card, spec)
    forget = workspace.forget_set(spec)
    fine = forget.task == "sub-class"
    images = workspace.images
    names = images.kinds if fine else images.classes
    labels = torch.from_numpy(images.train.kinds if fine else images.train.labels)
    gone = forget.whole_kinds if fine else forget.whole_classes
    yield Progress(_STAGE, 0, 2)
    train, runtime = workspace.pictures.train, workspace.runtime
    before = entanglement(workspace.model, train, labels, len(names), runtime, control)
    yield Progress(_STAGE, 1, 2)
    after, change, taken_for = None, None, None
    if result is not None:
        model, info = read_like(Path(result), workspace.card.arch, workspace.info.came, workspace.model)
        if info.classes and info.classes != workspace.card.classes:
            raise CheckpointError("its classes are not the open model's", where=str(result))
        model = runtime.place(model).eval()
        after = entanglement(model, train, labels, len(names), runtime, control)
        found = compute_outputs(model, workspace.pictures, runtime, control)
        change = _change(workspace, found.test, fine)
        taken_for = None if fine else _taken_for(workspace, found.test, gone)
    yield Progress(_STAGE, 2, 2)
    yield Ended(
        "finished",
        {
            "names": list(names),
            "forgotten": [names[i] for i in gone],
            "before": _plain(before),
            "after": _plain(after) if after else None,
            "change": _listed(change),
            "taken_for": _listed(taken_for),
            "agreement": agreement(before, gone, {"change": change, "taken_for": taken_for}),
        },
    )


def agreement(
    before: Entanglement, gone: tuple[int, ...], followed: Mapping[str, NDArray[np.float64] | None]
) -> dict[str, dict[str, float | None]]:
    """Spearman's rank correlation, over the names that stay, between how entangled each is with what goes and what
    followed for it; ``None`` where it cannot be told. A negative one for ``change``: the entangled suffered most.
    """
    from scipy.stats import spearmanr

    found: dict[str, dict[str, float | None]] = {}
    for view in VIEWS:
        pairs = getattr(before, view)
        stays = [i for i in range(len(pairs)) if i not in gone]
        found[view] = {}
        for what, values in followed.items():
            known = None
            if values is not None and gone and len(stays) > 2:
                near = np.nanmean(pairs[list(gone)][:, stays], axis=0)
                mine = values[stays]
                usable = np.isfinite(near) & np.isfinite(mine)
                if usable.sum() > 2 and np.ptp(mine[usable]) > 0 and np.ptp(near[usable]) > 0:
                    known = float(spearmanr(near[usable], mine[usable]).statistic)
            found[view][what] = known
    return found


def _change(workspace: Workspace, after: Tensor, fine: bool) -> NDArray[np.float64]:
    """Points of test accuracy that every name gained or lost; NaN without test pictures."""
    test = workspace.images.test
    groups = test.kinds if fine else test.labels
    count = len(workspace.images.kinds if fine else workspace.images.classes)
    right = [(each.argmax(dim=1).numpy() == test.labels) for each in (workspace.outputs.test, after)]
    change = np.full(count, np.nan)
    for group in range(count):
        mine = groups == group
        if mine.any():
            change[group] = 100 * (right[1][mine].mean() - right[0][mine].mean())
    return change


def _taken_for(workspace: Workspace, after: Tensor, gone: tuple[int, ...]) -> NDArray[np.float64] | None:
    """Percent of the forgotten classes' test pictures that are taken for every class."""
    mine = np.isin(workspace.images.test.labels, gone)
    if not mine.any():
        return None
    taken = after.argmax(dim=1).numpy()[mine]
    share: NDArray[np.float64] = 100 * np.bincount(taken, minlength=len(workspace.card.classes)) / len(taken)
    return share


def _plain(measured: Entanglement) -> dict[str, Any]:
    views = {view: _listed(getattr(measured, view)) for view in VIEWS}
    return {**views, "layers": {name: _listed(pairs) for name, pairs in measured.layers.items()}}


def _listed(values: NDArray[np.float64] | None) -> Any:
    """Nested lists; what is not a number becomes null, as JSON has no word for it."""
    if values is None:
        return None
    rounded = np.round(values, 4).astype(object)
    rounded[~np.isfinite(values)] = None
    return rounded.tolist()
