"""DAMP: take the directions of the forgotten class out of every layer's input, the deeper the more. Takes no step.

Hatami, Aalishah and Monosov, "Class Unlearning via Depth-Aware Removal of Forget-Specific Directions" (arXiv
2604.15166). Known to us is the abstract alone: prototypes of the classes in the input space of the next learnable
operator, forget directions as residuals relative to the retained classes' prototypes, an update by projection, a
parameter-free scale by depth from how well a probe separates the classes there, a subspace for several classes.

Ours is how: a prototype is the mean input (of a convolution the mean unfolded patch); the residual is what is left of
it outside the span of the retained prototypes, so that the mean answer to no retained class changes; W <- W (I - a U
U^T) with U an orthonormal basis of the residuals. a is the balanced accuracy, from 0 (chance) to 1, with which the
nearest prototype, from one half of the pictures, tells forgotten from retained ones in the other half. All layers are
read off the original. The statistics of batch normalisation stay, which the directions were a part of; so does the
head's bias, which the paper warns against relying on.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field

import torch
from pydantic import Field
from torch import Tensor, nn

from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import MethodError
from maga_desk.domain.events import Event, Progress
from maga_desk.domain.methods import MethodInfo, MethodParams, Turn
from maga_desk.engine.inputs import RunInputs
from maga_desk.engine.parts.layer_inputs import change_weight, listening, mean_patches
from maga_desk.engine.parts.subsets import per_class, some
from maga_desk.engine.routine import Method, Routine, at_once, working_copy
from maga_desk.models.inference import in_parts

_BATCH = 64
_FLAT = 1e-5  # share of a prototype's length below which its residual is rounding


class DampParams(MethodParams):
    """The paper's scale has no parameter; the strength is ours, for tuning."""

    pictures: int = Field(200, ge=4, le=100_000, description="Most pictures of each class that make its prototype")
    strength: float = Field(1.0, gt=0, le=4, description="Times the scale by depth; 1 is as published, 2 mirrors")


INFO = MethodInfo(
    name="damp",
    title="DAMP",
    summary="Take the class's own directions out of every layer, the deeper the more. Takes no step.",
    paper="Hatami et al., arXiv 2604.15166",
    tasks=("class",),
    group="at-once",
    firmer=Turn("strength", up=True),
    gentler=Turn("strength", up=False),
    params=DampParams,
    search={"strength": (0.5, 1.0, 1.5, 2.0), "pictures": (50, 200, 800)},
)


@dataclass
class Prototypes:
    """Class means of a layer's input, and how well they tell forgotten from retained pictures.

    :param sums: ``(K, groups, d)`` over all pictures, ``counts`` ``(K,)`` of them.
    :param first: the means of the first half, which the probe is made of.
    :param hits: ``(2, 2)``: retained or forgotten, wrongly or rightly told.
    """

    sums: Tensor
    counts: Tensor
    first: Tensor | None = None
    hits: Tensor = field(default_factory=lambda: torch.zeros(2, 2))

    def add(self, means: Tensor, labels: Tensor) -> None:
        self.sums.index_add_(0, labels, means)
        self.counts.index_add_(0, labels, torch.ones_like(labels, dtype=self.counts.dtype))

    @property
    def means(self) -> Tensor:
        return self.sums / self.counts.clamp_min(1).view(-1, 1, 1)

    def probe(self, means: Tensor, labels: Tensor, gone: Tensor) -> None:
        """Counts answers of the nearest prototype of the first half."""
        if self.first is None:
            self.first, self.seen = self.means, self.counts > 0
        far = torch.cdist(means.flatten(1), self.first.flatten(1))
        told = far.masked_fill(~self.seen, torch.inf).argmin(dim=1)
        away, right = gone[labels], gone[told] == gone[labels]
        self.hits.index_put_((away.long().cpu(), right.long().cpu()), torch.tensor(1.0), accumulate=True)

    @property
    def separability(self) -> float:
        """0 (chance) to 1: twice the balanced accuracy less one."""
        shares = self.hits[:, 1] / self.hits.sum(dim=1).clamp_min(1)
        return max(0.0, float(shares.sum() - 1))


def build(inputs: RunInputs, params: DampParams, control: RunControl) -> Generator[Event, None, Routine]:
    """:raises MethodError: the net has no convolution or linear layer that is run."""
    model = working_copy(inputs).eval()
    stay = per_class(inputs, params.pictures)
    leave = some(inputs, inputs.forget_indices, params.pictures * len(inputs.forget.gone))
    found: dict[str, Prototypes] = {}
    for half in (0, 1):
        chosen = torch.cat([stay[half::2], leave[half::2]])
        yield from _collected(model, inputs, chosen, found, control, probing=half == 1)
    if not found:
        raise MethodError("the model has no layer to project", where=f"[method] {INFO.name}")
    layers = dict(model.named_modules())
    gone = list(inputs.forget.gone)
    for number, (name, prototypes) in enumerate(found.items()):
        control.checkpoint()
        yield Progress("Taking directions out", number, len(found))
        basis = directions(prototypes.means, gone, prototypes.counts > 0)
        scale = params.strength * prototypes.separability
        identity = torch.eye(basis.shape[1], device=basis.device)
        change_weight(layers[name], identity - scale * basis @ basis.mT)
    yield Progress("Taking directions out", 0, 0)
    return at_once(model, "Taking directions out")


def _collected(
    model: nn.Module,
    inputs: RunInputs,
    positions: Tensor,
    found: dict[str, Prototypes],
    control: RunControl,
    *,
    probing: bool,
) -> Generator[Event, None, None]:
    train, device = inputs.pictures.train, inputs.runtime.device
    gone = torch.zeros(inputs.classes, dtype=torch.bool, device=device)
    gone[list(inputs.forget.gone)] = True
    labels = train.labels[positions.to(train.labels.device)].to(device)
    here = labels[:0]

    def hear(name: str, layer: nn.Module, activations: Tensor) -> None:
        means = mean_patches(layer, activations)
        if len(means) != len(here):  # windows of a picture lie behind each other: a Swin's
            if len(means) % max(1, len(here)):
                return
            means = means.reshape(len(here), -1, *means.shape[1:]).mean(dim=1)
        if name not in found:
            empty = torch.zeros(inputs.classes, *means.shape[1:], device=device)
            found[name] = Prototypes(empty, torch.zeros(inputs.classes, device=device))
        if probing:
            found[name].probe(means, here, gone)
        found[name].add(means, here)

    parts = in_parts(positions, model, train, inputs.runtime, _BATCH)
    done = 0
    with listening(model, hear), torch.no_grad():
        for part in parts:
            control.checkpoint()
            yield Progress("Finding prototypes", done, len(positions))
            here = labels[done : done + len(part)]
            model(inputs.runtime.shape(train.batch(part)))
            done += len(part)


def directions(means: Tensor, gone: Sequence[int], known: Tensor) -> Tensor:
    """U ``(groups, d, r)``: an orthonormal basis of the forgotten prototypes' parts outside the retained ones' span.

    Columns are zero where nothing is left outside.

    :param means: ``(K, groups, d)``; ``known`` ``(K,) bool``: classes that have pictures.
    """
    keep = known.clone()
    keep[list(gone)] = False
    stay, leave = (means[rows].permute(1, 2, 0).double().cpu() for rows in (keep, list(gone)))
    span = _basis(stay, stay.norm(dim=1).amax(dim=1))
    rest = leave - span @ (span.mT @ leave)
    return _basis(rest, leave.norm(dim=1).amax(dim=1)).to(means)


def _basis(columns: Tensor, length: Tensor) -> Tensor:
    """An orthonormal basis of columns ``(groups, d, r)``; directions that are small beside ``length`` are zero."""
    left, sizes, _ = torch.linalg.svd(columns, full_matrices=False)
    basis: Tensor = left * (sizes > _FLAT * length.unsqueeze(-1)).unsqueeze(-2)
    return basis


METHOD = Method(INFO, build)
