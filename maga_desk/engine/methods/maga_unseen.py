"""MaGA, as if unseen: train the forget pictures towards the predictions of a net that was not trained on them.

A method of ours for the intent *membership*. A perturbing label that may never be the true one forgets too much there:
a net that was not trained on a picture still recognises most of what it shows. So the targets are estimates of such a
net's probabilities:

1. *Re-initialised stage.* The net is cut in two and the trunk frozen. A copy of the last stage is re-initialised and
   trained, for a few passes, on the frozen features of the retain pictures alone. It predicts the forget pictures.
2. *Calibration.* The trunk was trained on the forget pictures, and a few passes do not make a stage as confident as the
   original. So the confidences are replaced, in their order, with the help of held-out pictures.

   - Single pictures are like held-out pictures of the same class. Their confidences in the true label become those that
     the original has on these, quantile by quantile.
   - No held-out picture is like a sub-class, and a net that was not trained on any of it is less confident on it. The
     re-initialised stage predicts the held-out pictures too. The quantile mapping that turns its confidences there into
     the original's, for right and wrong predictions separately, is applied to its confidences on the forget pictures.

   The other classes share the remaining probability in the stage's proportions. Without held-out pictures the stage's
   probabilities are taken as they are. ReGUn (2026) uses the mean prediction on held-out pictures instead.
3. *Re-alignment.* The original's last stage is tuned: retain pictures with their labels and distillation from the
   original, forget pictures with these targets. Labels that a person set take precedence over them.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor, nn

from maga_desk.data.batches import Shuffled
from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Event, Message, Progress
from maga_desk.domain.methods import MethodInfo, MethodParams, Situation, Turn
from maga_desk.engine.inputs import RunInputs
from maga_desk.engine.parts.critic import clip_gradients, critic_loss, features_of, make_critic, ramp
from maga_desk.engine.parts.distillation import distillation
from maga_desk.engine.parts.fields import (
    CriticUnits,
    Distil,
    DistilTemperature,
    FeaturePasses,
    ForgetBatch,
    LeastSteps,
    PeakRate,
    RetainBatch,
    StageShare,
    TargetWeight,
)
from maga_desk.engine.parts.joint import forget_labels
from maga_desk.engine.parts.trainable_stage import (
    TrainableStage,
    TrainedTogether,
    cut_off_stage,
    net_of,
    reinitialised,
)
from maga_desk.engine.routine import Method, Routine, fresh_model, sgd, take_step
from maga_desk.engine.schedules import one_cycle
from maga_desk.models.inference import logits
from maga_desk.models.taps import penultimate

_NONE_HELD_OUT = (
    "No test pictures are held out, so how sure the model should be of the forgotten pictures is estimated and not "
    "measured. To have it measured, save the spec, write held_out = 0.2 under [data], and open it"
)
_STAGE = "Learning how a model without these pictures would answer"
_PROGRESS_EVERY = 20  # steps
_FEWEST = 5  # held-out pictures of a class, or right or wrong predictions; with fewer, all are taken together
_QUANTILES = 1001  # at which two distributions are compared

Values = NDArray[np.float64]


class MagaUnseenParams(MethodParams):
    """Defaults from measurement."""

    tail: StageShare = 0.2
    stranger_passes: float = Field(
        1.0,
        gt=0,
        le=100,
        title="Re-initialised stage: passes",
        description="Passes of the re-initialised stage over the retain pictures",
    )
    stranger_lr: float = Field(
        0.2,
        gt=0,
        le=10,
        title="Re-initialised stage: learning rate",
        description="Peak learning rate of the re-initialised stage",
    )
    disentangle: float = Field(
        0.0, ge=0, le=10, description="Weight of a critic's reversed gradient in the re-initialised stage"
    )
    critic: CriticUnits = 64
    calibrate: bool = Field(
        True, description="Intent membership: set the targets' confidence by held-out pictures, where there are some"
    )
    passes: FeaturePasses = 4.0
    least_steps: LeastSteps = 200
    lr: PeakRate = 0.05
    distil: Distil = 1.0
    temperature: DistilTemperature = 2.0
    forget_weight: TargetWeight = 1.0
    retain_batch: RetainBatch = 128
    forget_batch: ForgetBatch = 32


def automatic(situation: Situation) -> Mapping[str, Any]:
    """Measured. Membership: the re-initialised stage is trained longer and with a critic.

    Longest for a sub-class, which it must predict without a single picture of it.
    """
    if situation.intent == "concept":
        return {}
    shared = {"disentangle": 0.5, "lr": 0.1}
    if situation.task == "random":
        return shared | {"stranger_passes": 2.0, "forget_weight": 2.0}
    return shared | {"stranger_passes": 4.0, "forget_weight": 1.5}


INFO = MethodInfo(
    name="maga-unseen",
    title="MaGA, as if unseen",
    summary="Tune the last stage to predict the forget pictures as a net would that was not trained on them.",
    paper="ours, after MaGA / MeGU, arXiv 2602.17088",
    tasks=("class", "sub-class", "random"),
    group="maga",
    cost={"class": 3.4, "sub-class": 17.4, "random": 13},
    firmer=Turn("forget_weight", up=True),
    gentler=Turn("forget_weight", up=False),
    params=MagaUnseenParams,
    automatic=automatic,
    search={"forget_weight": (0.5, 1.0, 2.0), "lr": (0.02, 0.05, 0.1), "disentangle": (0.2, 0.5)},
    recommended=("sub-class", "random"),
    needs=frozenset({"guidance"}),
)


def build(inputs: RunInputs, params: MagaUnseenParams, control: RunControl) -> Generator[Event, None, Routine]:
    """:raises MethodError: the net cannot be cut in two."""
    device = inputs.runtime.device
    stage = yield from cut_off_stage(inputs, params.tail, control, method=INFO.name)
    targets = yield from unseen_targets(inputs, params, stage, control)
    if len(inputs.by_hand):
        mine = inputs.by_hand.to(device)
        targets[mine] = inputs.targets.to(device)[mine]
    stage.module.train().requires_grad_(True)
    retain = Shuffled(torch.arange(stage.retain), params.retain_batch, inputs.seed)
    forget = Shuffled(torch.arange(stage.forget), params.forget_batch, inputs.seed + 1)
    steps = max(params.least_steps, round(params.passes * retain.per_epoch))

    def loss(step: int) -> Tensor:
        rows, forgotten = retain.at(step), forget.at(step)
        outputs = stage.logits(torch.cat([rows, forgotten + stage.retain]))
        on_retain, on_forget = outputs.split([len(rows), len(forgotten)])
        total = F.cross_entropy(on_retain, stage.labels(rows))
        if params.distil:
            teacher = stage.original_logits[0][rows.to(device)]
            total = total + params.distil * distillation(on_retain, teacher, params.temperature)
        return total + params.forget_weight * F.cross_entropy(on_forget, targets[forgotten.to(device)])

    trained = TrainedTogether(stage.net, [])
    schedule = one_cycle(params.lr, steps, warm_up=0.2)
    return Routine(trained, sgd(trained, params.lr), schedule, steps, loss, finish=net_of)


def unseen_targets(
    inputs: RunInputs, params: MagaUnseenParams, stage: TrainableStage, control: RunControl
) -> Generator[Event, None, Tensor]:
    """``(n, K) float32`` on the device: for each forget picture the probabilities of a net not trained on it.

    :raises Cancelled: in between.
    """
    module = yield from _trained_reinitialised(params, stage, control)
    rows = torch.arange(stage.forget) + stage.retain
    found = _probabilities(stage, stage.all_logits(rows, control, module=module))
    if params.calibrate and inputs.situation.intent == "membership":
        held_out = inputs.pictures.held_out
        if held_out is None:
            yield Message(_NONE_HELD_OUT, "warning")
        else:
            labels, held_out_labels = forget_labels(inputs).cpu(), held_out.labels.cpu()
            original = torch.softmax(logits(inputs.original, held_out, inputs.runtime, None, control).double(), dim=1)
            if inputs.forget.task == "random":
                found = calibrated_by_class(found, labels, original, held_out_labels)
            else:
                source = _probabilities(stage, (yield from stage.logits_of(held_out, control, module)))
                found = calibrated_by_correctness(found, labels, source, original, held_out_labels)
    return found.float().to(inputs.runtime.device)


def calibrated_by_class(probabilities: Tensor, labels: Tensor, reference: Tensor, reference_labels: Tensor) -> Tensor:
    """Replace the confidences in the true label, in their order, by those on other pictures of the same class.

    :param probabilities: ``(n, K) float64``; ``labels``: ``(n,)`` the true ones.
    :param reference: probabilities ``(m, K)`` of unseen pictures with ``reference_labels`` ``(m,)``.
    :returns: ``(n, K) float64``; the other classes share the rest in their old proportions.
    """
    values, theirs = _at(probabilities, labels), _at(reference, reference_labels)
    replaced = np.empty_like(values)
    for label in labels.unique().tolist():
        mine, same = (labels == label).numpy(), theirs[(reference_labels == label).numpy()]
        replaced[mine] = matched_quantiles(values[mine], same if len(same) >= _FEWEST else theirs)
    return _with(probabilities, labels, replaced)


def calibrated_by_correctness(
    probabilities: Tensor, labels: Tensor, source: Tensor, target: Tensor, reference_labels: Tensor
) -> Tensor:
    """Map a stage's confidences as its confidences on unseen pictures must be mapped to become the original's.

    Right and wrong predictions are mapped separately: confidence is distributed differently where a net errs.

    :param probabilities: the stage's ``(n, K) float64``; ``labels``: ``(n,)`` the true ones.
    :param source: the stage's probabilities of unseen pictures ``(m, K) float64``; ``target``: the original's of the
        same pictures, whose labels are ``reference_labels`` ``(m,)``.
    :returns: ``(n, K) float64``; the other classes share the rest in their old proportions.
    """
    predicted, confidence, right = _predictions(probabilities, labels)
    _, source_confidence, source_right = _predictions(source, reference_labels)
    _, target_confidence, target_right = _predictions(target, reference_labels)
    replaced = np.empty_like(confidence)
    for which in (True, False):
        before, after = source_confidence[source_right == which], target_confidence[target_right == which]
        if min(len(before), len(after)) < _FEWEST:
            before, after = source_confidence, target_confidence
        replaced[right == which] = quantile_mapped(confidence[right == which], before, after)
    return _with(probabilities, predicted, replaced)


def matched_quantiles(values: Values, reference: Values) -> Values:
    """Each value's quantile among the values, read off the reference: ``(n,)`` from ``(n,)`` and ``(m,)``, m > 0."""
    places = (values.argsort().argsort() + 0.5) / len(values)
    return np.quantile(reference, places)


def quantile_mapped(values: Values, source: Values, target: Values) -> Values:
    """Values ``(n,)`` under the map from the quantiles of ``source`` ``(m,)`` to those of ``target`` ``(k,)``."""
    places = np.linspace(0, 1, _QUANTILES)
    return np.interp(values, np.quantile(source, places), np.quantile(target, places))


def _probabilities(stage: TrainableStage, outputs: Tensor) -> Tensor:
    """Softmax ``(n, K) float64`` of logits, zero for classes that go."""
    outputs[:, list(stage.inputs.forget.gone)] = -torch.inf
    return torch.softmax(outputs.cpu().double(), dim=1)


def _predictions(probabilities: Tensor, labels: Tensor) -> tuple[Tensor, Values, NDArray[np.bool_]]:
    """Predicted classes, confidences in them, and whether they are right; ``(n,)`` each."""
    predicted = probabilities.argmax(dim=1)
    return predicted, _at(probabilities, predicted), (predicted == labels).numpy()


def _at(probabilities: Tensor, labels: Tensor) -> Values:
    values: Values = probabilities.gather(1, labels.unsqueeze(1)).squeeze(1).numpy()
    return values


def _with(probabilities: Tensor, labels: Tensor, values: Values) -> Tensor:
    """The probabilities of ``labels`` replaced by ``values``; the other classes share the rest in old proportions."""
    place, own = labels.unsqueeze(1), probabilities.scatter(1, labels.unsqueeze(1), 0)
    rest = own.sum(dim=1, keepdim=True)
    even = torch.full_like(own, 1 / max(1, own.shape[1] - 1)).scatter(1, place, 0)
    kept = torch.from_numpy(values).unsqueeze(1)
    return (torch.where(rest > 0, own / rest.clamp_min(1e-300), even) * (1 - kept)).scatter(1, place, kept)


def _trained_reinitialised(
    params: MagaUnseenParams, stage: TrainableStage, control: RunControl
) -> Generator[Event, None, nn.Module]:
    """A re-initialised copy of the stage, trained on retain pictures; in evaluation mode.

    The loss is cross-entropy, distillation from the original and, where wanted, the critic's. Forget pictures are seen
    by the critic alone.
    """
    inputs = stage.inputs
    module = reinitialised(stage, fresh_model(inputs.original, inputs.classes, inputs.seed + 1, inputs.runtime))
    retain = Shuffled(torch.arange(stage.retain), params.retain_batch, inputs.seed + 3)
    forget = Shuffled(torch.arange(stage.forget), params.forget_batch, inputs.seed + 4)
    steps = max(1, round(params.stranger_passes * retain.per_epoch))
    trained = nn.ModuleList([module])
    critic = make_critic(stage.head, params.critic, inputs.seed + 2, inputs.runtime) if params.disentangle else None
    if critic is not None:
        trained.append(critic)

    def loss(step: int) -> Tensor:
        rows = retain.at(step)
        forgotten = forget.at(step) if critic is not None else rows[:0]
        with penultimate(module) as tap:
            outputs = stage.logits(torch.cat([rows, forgotten + stage.retain]), module=module)
        on_retain = outputs[: len(rows)]
        total = F.cross_entropy(on_retain, stage.labels(rows))
        total = total + distillation(on_retain, stage.original_logits[0][rows.to(outputs.device)], 1.0)
        if critic is not None:
            weight = params.disentangle * ramp(step, steps)
            total = total + critic_loss(critic, features_of(tap), outputs, len(rows), weight)
        return total

    schedule = one_cycle(params.stranger_lr, steps, warm_up=0.2)
    routine = Routine(trained, clip_gradients(sgd(trained, params.stranger_lr)), schedule, steps, loss, _STAGE)
    for step in range(steps):
        control.checkpoint()
        if step % _PROGRESS_EVERY == 0:
            yield Progress(routine.stage, step, steps)
        take_step(routine, step)
    yield Progress(routine.stage, steps, steps)
    return module.eval()


METHOD = Method(INFO, build)
