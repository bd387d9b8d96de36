"""A certified Newton step on the last layer: what it certifies is the head alone, on features taken as given.

Guo, Goldstein, Hannun and van der Maaten, "Certified Data Removal from Machine Learning Models" (ICML 2020, arXiv
1911.03030). A linear model is trained on a convex loss with a random linear term, b' theta / n with b normal of
deviation sigma; pictures are removed by one Newton step on what stays. What the step leaves of the gradient of the new
loss, of length r, bounds what can be told of the removed pictures: with sum of losses (not their mean), it is (eps,
delta)-certified for eps = c r / sigma and delta = 1.5 exp(-c^2 / 2), as their theorem 3 has it.

Here the linear model is the head: it is fitted anew to the original's frozen features of all pictures, to the minimum,
and the forget pictures are removed from it. Their theorem is for two classes; softmax with its own Hessian, and r as it
is measured instead of its bound before the run, are ours. **The features were trained on the forgotten pictures and are
not certified.** Probe, prototypes and relearning find in them what they found before. Several steps lower r and so eps.
"""

from __future__ import annotations

import math
from collections.abc import Generator

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from maga_desk.data.batches import step_generator
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import MethodError
from maga_desk.domain.events import Event, Message, Progress
from maga_desk.domain.methods import MethodInfo, MethodParams, Turn
from maga_desk.engine.inputs import RunInputs
from maga_desk.engine.parts.heads import classifying_head
from maga_desk.engine.routine import Method, Routine, at_once, working_copy
from maga_desk.models.inference import features

_MOST = 6_000  # numbers of a head: its Hessian has the square of it
_FITTED, _TURNS = 1e-9, 50  # of the gradient's length beside the pictures' number; Newton steps to get there


class NewtonHeadParams(MethodParams):
    """The published experiments' order of size; delta as is usual."""

    decay: float = Field(1e-3, gt=0, le=100, description="L2 penalty of the head, for each picture")
    noise: float = Field(1.0, ge=0, le=1e3, description="Deviation of the random linear term; 0 certifies nothing")
    delta: float = Field(1e-4, gt=0, lt=1, description="The delta of the certificate")
    steps: int = Field(1, ge=1, le=20, description="Newton steps of the removal; one as published")


INFO = MethodInfo(
    name="newton-head",
    title="Newton step on the head",
    summary="Certified removal from the last layer alone; the features below it keep what they learned.",
    paper="Guo et al., ICML 2020, arXiv 1911.03030",
    tasks=("class", "sub-class", "random"),
    group="at-once",
    firmer=Turn("steps", up=True),
    gentler=Turn("decay", up=False),
    params=NewtonHeadParams,
    search={"decay": (1e-4, 1e-3, 1e-2), "steps": (1, 3)},
)


def build(inputs: RunInputs, params: NewtonHeadParams, control: RunControl) -> Generator[Event, None, Routine]:
    """:raises MethodError: the head is no linear layer, or too large for its Hessian."""
    model = working_copy(inputs).eval()
    head = classifying_head(model, inputs.classes, INFO.name)
    if not isinstance(head, nn.Linear):
        raise MethodError("the model's head is no linear layer", where=f"[method] {INFO.name}")
    numbers = inputs.classes * (head.in_features + (head.bias is not None))
    if numbers > _MOST:
        raise MethodError(
            f"the head has {numbers:,} numbers, too many for its Hessian (at most {_MOST:,})",
            where=f"[method] {INFO.name}",
        )
    train, device = inputs.pictures.train, inputs.runtime.device
    yield Progress("Reading features", 0, 0)
    found = features(model, train, inputs.runtime, control=control).double()
    if head.bias is not None:
        found = torch.cat([found, torch.ones(len(found), 1, dtype=found.dtype)], dim=1)
    labels = train.labels.cpu()
    random = torch.randn(inputs.classes, found.shape[1], generator=step_generator(inputs.seed, -3), dtype=found.dtype)
    objective = Ridge(params.decay, params.noise * random)
    theta = torch.zeros_like(random)
    for turn in range(_TURNS):
        control.checkpoint()
        yield Progress("Fitting the head", turn, _TURNS)
        if float(objective.gradient(theta, found, labels).norm()) <= _FITTED * len(found):
            break
        theta = objective.step(theta, found, labels, damped=True)
    stay, kept = found[inputs.retain_indices], labels[inputs.retain_indices]
    for turn in range(params.steps):
        control.checkpoint()
        yield Progress("Removing", turn, params.steps)
        theta = objective.step(theta, stay, kept)
    residual = float(objective.gradient(theta, stay, kept).norm())
    yield Message(certificate(residual, params))
    with torch.no_grad():
        head.weight.copy_(theta[:, : head.in_features].to(device))
        if head.bias is not None:
            head.bias.copy_(theta[:, -1].to(device))
    yield Progress("Removing", 0, 0)
    return at_once(model, "Removing")


def certificate(residual: float, params: NewtonHeadParams) -> str:
    """What may be said of the result, in a line."""
    alone = "The features were trained on the forgotten pictures and are not certified"
    if params.noise == 0:
        return f"Without noise nothing is certified. {alone}."
    epsilon = math.sqrt(2 * math.log(1.5 / params.delta)) * residual / params.noise
    return f"For the head alone, features taken as given: epsilon {epsilon:.3g} at delta {params.delta:g}. {alone}."


class Ridge:
    """Sum of cross-entropies of n pictures + n decay |theta|^2 / 2 + b' theta; theta ``(K, D)``.

    :param random: b, the same before and after the removal.
    """

    def __init__(self, decay: float, random: Tensor) -> None:
        self.decay, self.random = decay, random

    def value(self, theta: Tensor, found: Tensor, labels: Tensor) -> Tensor:
        fit = F.cross_entropy(found @ theta.T, labels, reduction="sum")
        return fit + len(found) * self.decay / 2 * theta.square().sum() + (self.random * theta).sum()

    def gradient(self, theta: Tensor, found: Tensor, labels: Tensor) -> Tensor:
        excess = (found @ theta.T).softmax(dim=1) - F.one_hot(labels, len(theta)).to(found)
        return excess.T @ found + len(found) * self.decay * theta + self.random

    def hessian(self, theta: Tensor, found: Tensor) -> Tensor:
        """``(KD, KD)``, block by block."""
        shares = (found @ theta.T).softmax(dim=1)
        classes, width = theta.shape
        whole = torch.zeros(classes, width, classes, width, dtype=found.dtype)
        for one in range(classes):
            for two in range(one, classes):
                weight = shares[:, one] * (float(one == two) - shares[:, two])
                whole[one, :, two] = whole[two, :, one] = found.T @ (found * weight.unsqueeze(1))
        flat = whole.view(classes * width, classes * width)
        flat.diagonal().add_(len(found) * self.decay)
        return flat

    def step(self, theta: Tensor, found: Tensor, labels: Tensor, *, damped: bool = False) -> Tensor:
        """theta - H^-1 g; ``damped`` halves it until the loss falls: far off, a whole step may not."""
        gradient = self.gradient(theta, found, labels).flatten()
        factor = torch.linalg.cholesky(self.hessian(theta, found))
        move = torch.cholesky_solve(gradient.unsqueeze(1), factor).view_as(theta)
        share, before = 1.0, self.value(theta, found, labels)
        while damped and share > 1e-6 and self.value(theta - share * move, found, labels) > before:
            share /= 2
        return theta - share * move


METHOD = Method(INFO, build)
