"""Looking at one net: everything about it that does not depend on another net.

What is found here is the same whatever the net is compared with, so the retrained net and the original are looked at
once for many runs.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from maga_desk.auditing.asked import Asked, asked_of
from maga_desk.auditing.compressing import Small, smaller
from maga_desk.auditing.outputs import Outputs, compute_outputs, outputs_and_features
from maga_desk.auditing.parts import Parts, parts_of
from maga_desk.auditing.probe import Probing, Shown, named_by_probe, probing_of, shown
from maga_desk.auditing.relearning import LEVEL, Relearning, prototype_curve, relearning_curve
from maga_desk.auditing.retain_only import Returned, fine_tuned
from maga_desk.auditing.similarity import PICTURES, Grams, grams
from maga_desk.auditing.which_class import head_signs
from maga_desk.data.batches import DeviceSet
from maga_desk.domain.control import RunControl, aside
from maga_desk.domain.errors import ResourceError
from maga_desk.domain.events import Event, Message, Progress
from maga_desk.domain.forget import ForgetSet
from maga_desk.domain.pictures import ImageSet
from maga_desk.domain.specs.run import Depth
from maga_desk.models.evenly import evenly
from maga_desk.models.fusing import fused
from maga_desk.models.inference import Batches, accuracy
from maga_desk.models.runtime import Runtime

_STAGE = "Judging"


@dataclass(frozen=True)
class Case:
    """What is judged: pictures, who is where among them, and what is asked of every net.

    :param untrained: logits ``(n, K)`` of a net that was never trained, on the forget set.
    :param probing: ``None`` where there is nothing for a probe to name; likewise ``relearning``.
    :param compared: ``(k,) int64`` positions of forget pictures on which features are compared.
    :param asked: what a changed net is asked; ``None`` in a quick audit.
    """

    pictures: DeviceSet
    runtime: Runtime
    parts: Parts
    forget: ForgetSet
    depth: Depth
    untrained: Tensor
    compared: Tensor
    probing: Probing | None
    relearning: Relearning | None
    asked: Asked | None = None

    @property
    def classes(self) -> int:
        return len(self.pictures.classes)


@dataclass(frozen=True)
class Look:
    """What was found in one net.

    :param probed: ``(m,) bool`` asked test pictures that a probe names rightly.
    :param prototypes: by number of pictures, how often each asked test picture is named rightly, ``(m,)`` 0 to 1.
    :param relearned: (steps, accuracy in percent).
    :param head: ``(K, 2)`` length and bias of each class's row.
    :param returned: what fine-tuning on retained pictures brings back, and ``smaller`` the net rounded and pruned.
    """

    outputs: Outputs
    probed: Tensor | None = None
    grams: Grams | None = None
    prototypes: dict[int, Tensor] | None = None
    relearned: tuple[tuple[int, float], ...] | None = None
    head: Tensor | None = None
    returned: Returned | None = None
    smaller: dict[str, Small] | None = None


def make_case(
    images: ImageSet,
    pictures: DeviceSet,
    runtime: Runtime,
    forget: ForgetSet,
    original: Outputs,
    untrained: Callable[[Batches, Tensor], Tensor],
    depth: Depth,
) -> Case:
    """:param untrained: gives an untrained net's logits on training pictures by position."""
    parts = parts_of(images, forget)
    positions = torch.from_numpy(forget.indices)
    return Case(
        pictures,
        runtime,
        parts,
        forget,
        depth,
        untrained(pictures.train, positions),
        evenly(positions, PICTURES),
        probing_of(images, forget, parts),
        _relearning(parts, forget, original) if depth == "full" else None,
        asked_of(parts) if depth == "full" else None,
    )


def look(
    model: nn.Module, case: Case, control: RunControl, title: str, known: Outputs | None = None
) -> Generator[Event, None, Look]:
    """Everything that the case's depth asks for.

    :param title: whose net it is, for progress.
    :param known: its outputs, where they are there already.
    :raises Cancelled: in between.
    """
    stage, steps = f"{_STAGE} {title}", 7 if case.depth == "full" else 2
    pictures, runtime = case.pictures, case.runtime
    yield Progress(stage, 0, steps)
    found, seen = _read(model, case, control, known)
    yield Progress(stage, 1, steps)
    probed = None
    if case.probing and seen:  # scikit-learn cannot be interrupted
        probed = aside(partial(named_by_probe, case.probing, seen), control)
    yield Progress(stage, 2, steps)
    if case.depth != "full":
        return Look(found, probed, head=head_signs(model, case.classes))
    inside = grams(model, pictures.train, runtime, case.compared, control)
    yield Progress(stage, 3, steps)
    prototypes, curve = None, None
    if case.probing is not None and seen is not None:
        prototypes = prototype_curve(case.probing, seen)
    yield Progress(stage, 4, steps)
    if case.relearning is not None:
        whole = case.forget.whole_classes
        try:
            curve = tuple(relearning_curve(model, case.relearning, whole, pictures, runtime, control))
        except ResourceError as error:
            yield Message(f"Relearning is not measured: {error.what}", "warning")
    yield Progress(stage, 5, steps)
    returned = yield from _returned(model, case, control)
    yield Progress(stage, 6, steps)
    forms = None
    if case.asked is not None:
        kept = accuracy(found.test[case.asked.kept], case.asked.kept_labels) or 0.0
        forms = smaller(model, kept, case.asked, pictures, runtime, control)
    yield Progress(stage, steps, steps)
    head = head_signs(model, case.classes)
    return Look(found, probed, inside, prototypes, curve, head, returned, forms)


def _returned(model: nn.Module, case: Case, control: RunControl) -> Generator[Event, None, Returned | None]:
    if case.asked is None or len(case.asked.retained) < 2:
        return None
    try:
        return fine_tuned(model, case.asked, case.pictures, case.runtime, control)
    except ResourceError as error:
        yield Message(f"What comes back by fine-tuning on retained pictures is not measured: {error.what}", "warning")
        return None


def _read(model: nn.Module, case: Case, control: RunControl, known: Outputs | None) -> tuple[Outputs, Shown | None]:
    """Outputs, and the features that a probe needs; one pass over every picture."""
    probing, pictures = case.probing, case.pictures
    if probing is None:
        return known or compute_outputs(model, pictures, case.runtime, control), None
    net, runtime = fused(model, case.runtime, pictures.train.batch(probing.learn[:1]))
    if known is not None:
        return known, shown(net, probing, pictures, runtime, control)
    found, learned, asked = outputs_and_features(net, pictures, runtime, probing.learn, probing.asked, control)
    return found, Shown(learned, asked)


def _relearning(parts: Parts, forget: ForgetSet, original: Outputs) -> Relearning | None:
    """``None`` when single pictures go, or there is no test picture of what goes."""
    asked = parts.forget_test.nonzero().squeeze(1)
    if forget.task == "random" or not len(asked):
        return None
    level = LEVEL * (accuracy(original.test[asked], parts.test_labels[asked]) or 0.0)
    return Relearning(torch.from_numpy(forget.indices), parts.retain_train.nonzero().squeeze(1), asked, level)
