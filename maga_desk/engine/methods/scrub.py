"""SCRUB: move the net away from the original on the forget pictures, and back to it on the rest.

Kurmanji et al., "Towards Unbounded Machine Unlearning" (NeurIPS 2023, arXiv 2302.09880). Each of the first passes
maximises the KL divergence from the original on the forget set, then minimises g CE + a KL on the retain set; the last
passes only minimise. T = 4, g = .99, a = .001, learning rate 5e-4, two of three passes with a maximising part.

``rewind`` is SCRUB+R. A forget error far above that on unseen pictures betrays membership as much as one far below. So
the result is the net after that pass whose error on the forget pictures is nearest to a reference, the later of
equals. The paper's reference is the error on held-out pictures of the same classes. ``rewind_to_held_out`` takes the
original's error on the pictures that ``[data] held_out`` sets aside, since the test pictures judge the result.
"""

from __future__ import annotations

import copy
from collections.abc import Generator
from dataclasses import replace

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from maga_desk.data.batches import Shuffled, step_generator
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import MethodError
from maga_desk.domain.events import Event
from maga_desk.domain.methods import MethodInfo, MethodParams, Turn
from maga_desk.engine.inputs import RunInputs
from maga_desk.engine.parts.distillation import distillation, teacher_logits
from maga_desk.engine.parts.fields import ConstantRate, RetainBatch
from maga_desk.engine.parts.joint import forget_labels
from maga_desk.engine.routine import Method, Routine, sgd, working_copy
from maga_desk.engine.schedules import constant
from maga_desk.models.inference import accuracy, logits


class ScrubParams(MethodParams):
    """Defaults as published."""

    epochs: int = Field(3, ge=1, le=1000, description="Passes over the retain pictures")
    max_epochs: int = Field(
        2, ge=0, le=1000, description="How many of them begin with a maximising pass over the forget pictures"
    )
    lr: ConstantRate = 5e-4
    gamma: float = Field(0.99, ge=0, le=10, description="Weight of the cross-entropy on retain pictures")
    alpha: float = Field(
        0.001, ge=0, le=10, description="Weight of the KL divergence from the original on retain pictures"
    )
    temperature: float = Field(4.0, gt=0, le=100, description="Softmax temperature of the KL divergences")
    retain_batch: RetainBatch = 128
    forget_batch: int = Field(32, ge=2, le=4096, description="Forget pictures per step")
    rewind: float | None = Field(
        None, ge=0, le=100, description="SCRUB+R: take the pass whose forget error is nearest to this, in percent"
    )
    rewind_to_held_out: bool = Field(
        False, description="SCRUB+R with the original's error on held-out pictures of the same classes"
    )


INFO = MethodInfo(
    name="scrub",
    title="SCRUB",
    summary="Push away from the original on the forget pictures and pull back on the others, in turns.",
    paper="Kurmanji et al., NeurIPS 2023, arXiv 2302.09880",
    tasks=("class", "sub-class", "random"),
    group="away",
    cost={"class": 6.7, "sub-class": 21, "random": 20.6},
    firmer=Turn("max_epochs", up=True),
    gentler=Turn("alpha", up=True),
    params=ScrubParams,
    search={"lr": (5e-4, 2e-3, 5e-3, 2e-2), "max_epochs": (1, 2, 3), "alpha": (0.001, 0.1, 0.5)},
)


def build(inputs: RunInputs, params: ScrubParams, control: RunControl) -> Generator[Event, None, Routine]:
    """Maximising and minimising passes, in turns."""
    yield from ()
    train, runtime = inputs.pictures.train, inputs.runtime
    model, original = working_copy(inputs), inputs.original.eval()
    retain = Shuffled(inputs.retain_indices, params.retain_batch, inputs.seed)
    forget = Shuffled(inputs.forget_indices, params.forget_batch, inputs.seed + 1)
    plan = turns(params.epochs, params.max_epochs, forget.per_epoch, retain.per_epoch)

    def loss(step: int) -> Tensor:
        away, number = plan[step]
        batch = (forget if away else retain).at(number)
        images = train.augmented(batch, step_generator(inputs.seed, step))
        with runtime.autocast():
            outputs = model(runtime.shape(images))
        outputs = outputs.float()
        distance = distillation(outputs, teacher_logits(original, images, inputs), params.temperature)
        if away:
            return -distance
        truth = F.cross_entropy(outputs, train.labels[batch.to(train.device)])
        return params.gamma * truth + params.alpha * distance

    routine = Routine(model, sgd(model, params.lr), constant(params.lr), len(plan), loss)
    reference = held_out_error(inputs, control) if params.rewind_to_held_out else params.rewind
    return routine if reference is None else rewinding(routine, inputs, reference, retain.per_epoch, plan)


def held_out_error(inputs: RunInputs, control: RunControl) -> float:
    """The original's error in percent on held-out pictures of the classes that lose some.

    :raises MethodError: none is held out.
    """
    held_out = inputs.pictures.held_out
    classes = forget_labels(inputs).unique()
    places = torch.isin(held_out.labels, classes).nonzero().squeeze(1).cpu() if held_out else torch.empty(0)
    if held_out is None or not len(places):
        raise MethodError(
            "there are no held-out pictures of these classes to rewind to", where="[method] scrub",
            todo="write [data] held_out, e.g. 0.2",
        )  # fmt: skip
    outputs = logits(inputs.original, held_out, inputs.runtime, places, control)
    return 100 - (accuracy(outputs, held_out.labels[places]) or 0.0)


class Rewound(nn.Module):
    """The net in training and the best one so far; a resumable checkpoint holds both."""

    distance: Tensor

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net
        self.kept = copy.deepcopy(net)
        self.register_buffer("distance", torch.tensor(torch.inf))

    def forward(self, images: Tensor) -> Tensor:
        outputs: Tensor = self.net(images)
        return outputs

    def chosen(self, _model: nn.Module) -> nn.Module:
        """The net after the nearest pass; the net in training before the first pass ends."""
        return self.kept if self.distance.isfinite() else self.net


def rewinding(
    routine: Routine, inputs: RunInputs, reference: float, back: int, plan: list[tuple[bool, int]]
) -> Routine:
    """The routine, with the net after that pass as its result whose forget error is nearest to ``reference`` percent.

    :param back: steps of a minimising pass; ``plan``: from :func:`turns`.
    """
    both, train = Rewound(routine.model), inputs.pictures.train
    now = 0

    def loss(step: int) -> Tensor:
        nonlocal now
        now = step
        return routine.loss(step)

    def measure(*_arguments: object) -> None:
        away, number = plan[now]
        if away or (number + 1) % back:
            return
        outputs = logits(both.net, train, inputs.runtime, inputs.forget_indices)
        right = accuracy(outputs, forget_labels(inputs)) or 0.0
        distance = abs(100 - right - reference)
        if distance <= float(both.distance):
            both.kept.load_state_dict(both.net.state_dict())
            both.distance.fill_(distance)

    routine.optimizer.register_step_post_hook(measure)
    return replace(routine, model=both, loss=loss, finish=both.chosen)


def turns(epochs: int, max_epochs: int, away: int, back: int) -> list[tuple[bool, int]]:
    """For every step whether it maximises, and its number among the steps of its kind.

    :param away: steps of a maximising pass; ``back``: of a minimising one.
    """
    plan: list[tuple[bool, int]] = []
    for epoch in range(epochs):
        if epoch < max_epochs:
            plan += [(True, epoch * away + i) for i in range(away)]
        plan += [(False, epoch * back + i) for i in range(back)]
    return plan


METHOD = Method(INFO, build)
