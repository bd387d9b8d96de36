"""Looks at nets that do not change, kept from one audit to the next."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from maga_desk.data.keeping import DiskShelf, Kept, KeptName, owner_of
from maga_desk.services.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from torch import Tensor, nn

    from maga_desk.auditing.compressing import Small
    from maga_desk.auditing.looking import Case, Look
    from maga_desk.auditing.retain_only import Returned

VERSION = 4
"""Raised whenever the same net and case give another look."""


def entry_of(workspace: Workspace, model: nn.Module, case: Case) -> KeptName:
    """Under which name a look at a net is kept: by its weights, the pictures, the case, and the machine as it counts.

    Seeds, rates and batches are constants of the program; what else a look depends on is in the name.
    """
    import torch

    images, runtime = workspace.images, workspace.runtime
    digest = hashlib.sha256()
    names = (
        VERSION, torch.__version__, workspace.card.arch, images.classes, images.fingerprint, images.test_digest,
        workspace.pictures.normalisation, workspace.pictures.train.augmentation, runtime.device_title, runtime,
        case.depth, case.forget.whole_classes, case.relearning.level if case.relearning else None,
    )  # fmt: skip
    digest.update(repr(names).encode())
    for tensor in (*_asked(case), *model.state_dict().values()):
        digest.update(repr((tensor.dtype, tuple(tensor.shape))).encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    data = workspace.spec.data
    return KeptName(owner_of(data.path or data.source), "look", digest.hexdigest())


def find_look(shelf: DiskShelf, entry: KeptName, workspace: Workspace) -> Look | None:
    """The look that is kept under this name."""
    kept = shelf.find(entry)
    return None if kept is None else _unpacked(kept, workspace)


def keep_look(shelf: DiskShelf, entry: KeptName, look: Look) -> None:
    """Keep a look, where the limit allows it."""
    import numpy as np

    grams = look.grams or {}
    parts = [look.outputs.train, look.outputs.test, *grams.values()]
    rows = np.concatenate([part.float().flatten().numpy() for part in parts])
    facts = {
        "grams": {name: len(gram) for name, gram in grams.items()} if look.grams is not None else None,
        "probed": None if look.probed is None else look.probed.int().tolist(),
        "prototypes": None
        if look.prototypes is None
        else {str(count): right.tolist() for count, right in look.prototypes.items()},
        "relearned": look.relearned,
        "head": None if look.head is None else look.head.tolist(),
        "returned": _plain(look.returned),
        "smaller": None if look.smaller is None else {name: _plain(form) for name, form in look.smaller.items()},
    }
    shelf.keep(entry, [rows], facts)


def _unpacked(kept: Kept, workspace: Workspace) -> Look:
    import numpy as np
    import torch

    from maga_desk.auditing.looking import Look
    from maga_desk.auditing.outputs import Outputs

    facts, images = kept.facts, workspace.images
    values, classes = torch.from_numpy(np.array(kept.array)), len(images.classes)
    sides = facts["grams"] or {}
    sizes = [len(images.train) * classes, len(images.test) * classes, *(side * side for side in sides.values())]
    train, test, *squares = values.split(sizes)
    # a Gram matrix is computed in float32 and held in float64: nothing was lost
    grams = {name: part.view(side, side).double() for (name, side), part in zip(sides.items(), squares, strict=True)}
    prototypes, relearned = facts["prototypes"], facts["relearned"]
    return Look(
        Outputs(train.view(-1, classes), test.view(-1, classes)),
        None if facts["probed"] is None else torch.tensor(facts["probed"], dtype=torch.bool),
        None if facts["grams"] is None else grams,
        None
        if prototypes is None
        else {int(count): torch.tensor(right, dtype=torch.float64) for count, right in prototypes.items()},
        None if relearned is None else tuple((int(step), float(value)) for step, value in relearned),
        None if facts["head"] is None else torch.tensor(facts["head"], dtype=torch.float64),
        _returned(facts["returned"]),
        None if facts["smaller"] is None else {name: _small(form) for name, form in facts["smaller"].items()},
    )


def _plain(part: Returned | Small | None) -> dict[str, Any] | None:
    """A part of a look as JSON has it."""
    import torch

    return (
        None
        if part is None
        else {name: value.tolist() if isinstance(value, torch.Tensor) else value for name, value in vars(part).items()}
    )


def _returned(raw: Mapping[str, Any] | None) -> Returned | None:
    import torch

    from maga_desk.auditing.retain_only import Returned

    if raw is None:
        return None
    curve = tuple((int(step), float(value)) for step, value in raw["curve"])
    return Returned(curve, *(torch.tensor(raw[name], dtype=torch.bool) for name in ("forget", "unseen")))


def _small(raw: Mapping[str, Any]) -> Small:
    import torch

    from maga_desk.auditing.compressing import Small

    forget, unseen = (torch.tensor(raw[name], dtype=torch.float64) for name in ("forget", "unseen"))
    return Small(torch.tensor(raw["right"], dtype=torch.bool), forget, unseen, bool(raw["works"]))


def _asked(case: Case) -> Iterator[Tensor]:
    """Every position and truth that a look uses."""
    import torch

    held: tuple[Any, ...] = (case.probing, case.relearning, case.asked)
    for part in held:
        if part is not None:
            yield from (value for value in vars(part).values() if isinstance(value, torch.Tensor))
    yield case.compared
    yield torch.from_numpy(case.forget.indices)
