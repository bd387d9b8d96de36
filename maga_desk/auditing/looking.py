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

from maga_desk.auditing.outputs import Outputs, compute_outputs, outputs_and_features
from maga_desk.auditing.parts import Parts, parts_of
from maga_desk.auditing.probe import Probing, Shown, named_by_probe, probing_of, shown
from maga_desk.auditing.relearning import LEVEL, Relearning, prototype_curve, relearning_curve
from maga_desk.auditing.similarity import PICTURES, Grams, grams
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

    @property
    def classes(self) -> int:
        return len(self.pictures.classes)


@dataclass(frozen=True)
class Look:
    """What was found in one net.

    :param probed: ``(m,) bool`` asked test pictures that a probe names rightly.
    :param prototypes: by number of pictures, how often each asked test picture is named rightly, ``(m,)`` 0 to 1.
    :param relearned: (steps, accuracy in percent).
    """

    outputs: Outputs
    probed: Tensor | None = None
    grams: Grams | None = None
    prototypes: dict[int, Tensor] | None = None
    relearned: tuple[tuple[int, float], ...] | None = None


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
    )


def look(
    model: nn.Module, case: Case, control: RunControl, title: str, known: Outputs | None = None
) -> Generator[Event, None, Look]:
    """Everything that the case's depth asks for.

    :param title: whose net it is, for progress.
    :param known: its outputs, where they are there already.
    :raises Cancelled: in between.
    """
    stage, steps = f"{_STAGE} {title}", 5 if case.depth == "full" else 2
    pictures, runtime = case.pictures, case.runtime
    yield Progress(stage, 0, steps)
    found, seen = _read(model, case, control, known)
    yield Progress(stage, 1, steps)
    probed = None
    if case.probing and seen:  # scikit-learn cannot be interrupted
        probed = aside(partial(named_by_probe, case.probing, seen), control)
    yield Progress(stage, 2, steps)
    if case.depth != "full":
        return Look(found, probed)
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
    yield Progress(stage, steps, steps)
    return Look(found, probed, inside, prototypes, curve)


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
