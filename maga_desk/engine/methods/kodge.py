"""Projection: remove from every layer the directions that the class needs and the rest does not. Takes no step.

Kodge, Saha and Roy, "Deep Unlearning" (TMLR 2024, arXiv 2312.00761). For every layer a singular value decomposition of
its input activations gives directions U and weights s = sigma^2 / sum sigma^2, scaled to a s / ((a - 1) s + 1), once
for retain pictures and once for forget pictures. With M = U diag(scaled) U^T the weights become W (I - M_f + M_f
M_r)^T. Inputs of convolutions are unfolded patches, separately for each group. a_r = 100, a_f = 3 and 900 pictures of
each set (CIFAR-10; CIFAR-100: 1000, 30, 990). Whole classes only.

Directions are the eigenvectors of the sum of the activations' outer products, in float32; the eigenvalues are the
squared singular values. Layers that do not run as modules (the projections inside torch's attention) are left as they
are.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping

import torch
from pydantic import Field
from torch import Tensor, nn

from maga_desk.data.batches import step_generator
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import MethodError
from maga_desk.domain.events import Event, Progress
from maga_desk.domain.methods import MethodInfo, MethodParams, Turn
from maga_desk.engine.inputs import RunInputs
from maga_desk.engine.parts.layer_inputs import change_weight, listening, patches
from maga_desk.engine.parts.subsets import per_class
from maga_desk.engine.routine import Method, Routine, at_once, working_copy
from maga_desk.models.inference import in_parts

_BATCH = 64


class KodgeParams(MethodParams):
    """Defaults as published for CIFAR-10."""

    alpha_retain: float = Field(
        100.0, gt=0, le=1e6, description="Retain pictures: how strongly weak directions count as needed"
    )
    alpha_forget: float = Field(
        3.0, gt=0, le=1e6, description="Forget pictures: how strongly weak directions count as needed"
    )
    pictures: int = Field(
        900, ge=2, le=100_000, description="Most pictures of each set whose activations are collected"
    )


INFO = MethodInfo(
    name="kodge",
    title="SVD projection",
    summary="Remove from every layer the directions that the class needs and the rest does not. Takes no step.",
    paper="Kodge et al., TMLR 2024, arXiv 2312.00761",
    tasks=("class",),
    group="at-once",
    cost={"class": 3},
    firmer=Turn("alpha_forget", up=True),
    gentler=Turn("alpha_forget", up=False),
    params=KodgeParams,
    search={"alpha_retain": (10.0, 30.0, 100.0, 1000.0), "alpha_forget": (1.0, 3.0, 10.0, 30.0)},
)


def build(inputs: RunInputs, params: KodgeParams, control: RunControl) -> Generator[Event, None, Routine]:
    """:raises MethodError: the net has no convolution or linear layer that is run."""
    model = working_copy(inputs).eval()
    stay = per_class(inputs, max(1, params.pictures // (inputs.classes - len(inputs.forget.gone))))
    order = torch.randperm(len(inputs.forget), generator=step_generator(inputs.seed, -2))
    leave = inputs.forget_indices[order[: params.pictures]]
    retain = yield from moments(model, inputs, stay, control)
    forget = yield from moments(model, inputs, leave, control)
    if not retain:
        raise MethodError("the model has no layer to project", where="[method] kodge")
    layers = dict(model.named_modules())
    for number, name in enumerate(retain):
        control.checkpoint()
        yield Progress("Finding directions", number, len(retain))
        kept, taken = (
            directions(moment, alpha)
            for moment, alpha in ((retain[name], params.alpha_retain), (forget[name], params.alpha_forget))
        )
        project(layers[name], kept, taken)
    yield Progress("Projecting", 0, 0)
    return at_once(model, "Projecting")


def moments(
    model: nn.Module, inputs: RunInputs, positions: Tensor, control: RunControl
) -> Generator[Event, None, Mapping[str, Tensor]]:
    """By layer's name the sum of outer products of its inputs, ``(groups, d, d) float32``.

    :param positions: ``(n,) int64`` of the pictures.
    :raises Cancelled: in between.
    """
    total: dict[str, Tensor] = {}

    def add(name: str, layer: nn.Module, activations: Tensor) -> None:
        columns = patches(layer, activations)
        outer = columns @ columns.mT
        total[name] = total[name] + outer if name in total else outer

    parts = in_parts(positions, model, inputs.pictures.train, inputs.runtime, _BATCH)
    with listening(model, add), torch.no_grad():
        for number, part in enumerate(parts):
            control.checkpoint()
            yield Progress("Collecting activations", number * len(parts[0]), len(positions))
            model(inputs.runtime.shape(inputs.pictures.train.batch(part)))
    return total


def directions(moment: Tensor, alpha: float) -> Tensor:
    """M = U diag(scaled) U^T from outer products ``(groups, d, d)``."""
    where = moment.device
    squares, vectors = (part.to(where) for part in _eigen(moment.cpu() if where.type == "mps" else moment))
    squares = squares.clamp_min(0)
    share = squares / squares.sum(dim=-1, keepdim=True).clamp_min(torch.finfo(squares.dtype).tiny)
    scaled = alpha * share / ((alpha - 1) * share + 1)
    found: Tensor = (vectors * scaled.unsqueeze(-2)) @ vectors.mT
    return found


def _eigen(moment: Tensor) -> tuple[Tensor, Tensor]:
    """Eigenvalues and eigenvectors. Few pictures in many dimensions give matrices of low rank and tiny numbers, on
    which the quick way in float32 may fail: then in float64 and scaled, which the shares do not see.
    """
    try:
        squares, vectors = torch.linalg.eigh(moment)
        if bool(squares.isfinite().all() and vectors.isfinite().all()):
            return squares, vectors
    except RuntimeError:  # it did not converge
        pass
    exact = moment.double().cpu()
    size = exact.diagonal(dim1=-2, dim2=-1).sum(dim=-1)[..., None, None].clamp_min(torch.finfo(torch.float64).tiny)
    least = 1e-12 * torch.eye(exact.shape[-1], dtype=exact.dtype)
    squares, vectors = torch.linalg.eigh(exact / size + least)
    return squares.to(moment), vectors.to(moment)


def project(layer: nn.Module, kept: Tensor, taken: Tensor) -> None:
    """W <- W (I - M_f + M_f M_r)^T, group by group.

    :param kept: M_r ``(groups, d, d)``; ``taken``: M_f.
    """
    change_weight(layer, torch.eye(kept.shape[-1], device=kept.device) - taken + taken @ kept)


METHOD = Method(INFO, build)
