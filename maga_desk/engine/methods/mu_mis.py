"""MU-Mis: undo what a picture contributed by making the net insensitive to it. Needs no retain pictures.

Cheng et al., "Remaining-data-free Machine Unlearning by Suppressing Sample Contribution" (ICLR 2026, arXiv
2402.15109). Training on a picture makes the logit f_c of its class sensitive to it. So |grad_x f_c|^2 - |grad_x
f_c'|^2 is minimised on the forget pictures, where c' is a random other class at each step. |grad_x f_c'| falls at
first; the method stops once it is back at d times its initial value. Second derivatives: always in float32.

Ours, where the text that we could read gives nothing, or for safety: the loss is divided by the original's mean
|grad_x f_c|^2, so that a learning rate means the same on every net; the learning rate, d = 1 and the number of steps;
plain SGD without momentum; normalisation layers keep the original's statistics. As |grad_x f_c'| need not fall first,
we stop only when |grad_x f_c| has also come down to |grad_x f_c'|. The rule is checked every ten steps on at most 256
pictures; after it stops, the remaining steps change nothing.
"""

from __future__ import annotations

from collections.abc import Generator

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from maga_desk.data.batches import Shuffled, step_generator
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import MethodError
from maga_desk.domain.events import Event, Progress
from maga_desk.domain.methods import MethodInfo, MethodParams, Turn
from maga_desk.engine.inputs import RunInputs
from maga_desk.engine.parts.fields import ForgetBatch
from maga_desk.engine.parts.joint import forget_labels
from maga_desk.engine.routine import Method, Routine, working_copy
from maga_desk.engine.schedules import constant
from maga_desk.models.footprint import at_once

_CHECK_EVERY = 10
_CHECKED, _BATCH = 256, 64


class MuMisParams(MethodParams):
    """Defaults of ours; the loss and the stopping rule are published."""

    epochs: int = Field(20, ge=1, le=1000, description="Most passes over the forget pictures")
    lr: float = Field(0.01, gt=0, le=10, description="Learning rate, constant")
    recovery: float = Field(
        1.0, gt=0, le=100, description="The paper's delta: stop when other classes' sensitivity is back at this"
    )
    forget_batch: ForgetBatch = 64


INFO = MethodInfo(
    name="mu-mis",
    title="MU-Mis",
    summary="Make the forget pictures' own class insensitive to them. Fast, and needs no retain pictures.",
    paper="Cheng et al., ICLR 2026, arXiv 2402.15109",
    tasks=("class", "sub-class", "random"),
    group="away",
    cost={"class": 13, "sub-class": 39.9, "random": 44.9},
    firmer=Turn("lr", up=True),
    gentler=Turn("lr", up=False),
    retain_free=True,
    params=MuMisParams,
    search={"lr": (0.001, 0.003, 0.01, 0.03), "recovery": (0.8, 1.0, 1.5)},
)


def build(inputs: RunInputs, params: MuMisParams, control: RunControl) -> Generator[Event, None, Routine]:
    """Lower the sensitivity of the own class, raise that of a random other class.

    :raises MethodError: the net has a layer that cannot be differentiated twice.
    """
    yield Progress("Measuring sensitivity", 0, 0)
    model, train, labels = working_copy(inputs).eval(), inputs.pictures.train, forget_labels(inputs)
    forget = Shuffled(torch.arange(len(inputs.forget)), params.forget_batch, inputs.seed)
    checked = Shuffled(torch.arange(len(inputs.forget)), _CHECKED, inputs.seed).at(0)
    checked_others = drawn_others(
        labels[checked.to(labels.device)], inputs.classes, step_generator(inputs.seed + 3, -1)
    )

    size = at_once(model, (*train.images.shape[1:],), train.device, _BATCH, training=True)

    def measure(control: RunControl | None = None) -> tuple[float, float, float]:
        """Mean |grad f_c|^2, |grad f_c|, |grad f_c'| on the same pictures every time."""
        sizes = []
        for rows, other in zip(checked.split(size), checked_others.split(size), strict=True):
            if control is not None:
                control.checkpoint()
            images = train.batch(inputs.forget_indices[rows])
            own = labels[rows.to(labels.device)]
            sizes.append(torch.stack(sensitivities(model, images, own, other, inputs, keep=False)))
        squares = torch.cat(sizes, dim=1)
        own_square, own_size, other_size = torch.cat([squares[:1], squares.sqrt()]).mean(dim=1).tolist()
        return own_square, own_size, other_size

    _refuse_unless_smooth(model, inputs, labels)
    scale, _, first = measure(control)
    optimizer = torch.optim.SGD(model.parameters(), params.lr)
    state = optimizer.param_groups[0]  # saved and loaded with the optimiser
    state.update(lowest=first, stopped=False)

    def loss(step: int) -> Tensor:
        if step % _CHECK_EVERY == 0 and not state["stopped"]:
            _, own_size, other_size = measure()
            back = other_size > state["lowest"] and other_size >= params.recovery * first
            state.update(lowest=min(state["lowest"], other_size), stopped=back and own_size <= other_size)
        if state["stopped"]:
            return torch.zeros((), device=inputs.runtime.device, requires_grad=True)
        rows = forget.at(step)
        images = train.augmented(inputs.forget_indices[rows], step_generator(inputs.seed, step))
        own = labels[rows.to(labels.device)]
        other = drawn_others(own, inputs.classes, step_generator(inputs.seed + 3, step))
        down, up = sensitivities(model, images, own, other, inputs)
        return (down - up).mean() / scale

    steps = params.epochs * forget.per_epoch
    return Routine(model, optimizer, constant(params.lr), steps, loss)


def drawn_others(own: Tensor, classes: int, generator: torch.Generator) -> Tensor:
    """``(b,) int64``: for each class a uniform draw from the others."""
    return (own + torch.randint(1, classes, (len(own),), generator=generator).to(own.device)) % classes


def sensitivities(
    model: nn.Module, images: Tensor, own: Tensor, other: Tensor, inputs: RunInputs, *, keep: bool = True
) -> tuple[Tensor, Tensor]:
    """|grad_x f_c|^2 and |grad_x f_c'|^2 of every picture, ``(b,) float32`` each.

    :param keep: differentiable once more.
    """
    images = inputs.runtime.shape(images).requires_grad_(True)
    with sdpa_kernel(SDPBackend.MATH):  # the fused attentions have no second derivatives
        outputs = model(images)
    found = []
    for label in (own, other):
        chosen = outputs.gather(1, label.unsqueeze(1)).sum()
        (gradient,) = torch.autograd.grad(chosen, images, create_graph=keep, retain_graph=True)
        found.append(gradient.flatten(1).square().sum(dim=1))
    return found[0], found[1]


def _refuse_unless_smooth(model: nn.Module, inputs: RunInputs, labels: Tensor) -> None:
    images = inputs.pictures.train.batch(inputs.forget_indices[:1])
    try:
        down, up = sensitivities(model, images, labels[:1], (labels[:1] + 1) % inputs.classes, inputs)
        torch.autograd.grad((down - up).sum(), list(model.parameters()), allow_unused=True)
    except RuntimeError as error:
        if "is not implemented" not in str(error):
            raise
        what = str(error).split(" is not implemented")[0].removeprefix("derivative for ")
        raise MethodError(f"the model cannot be differentiated twice: {what}", where="[method] mu-mis") from error


METHOD = Method(INFO, build)
