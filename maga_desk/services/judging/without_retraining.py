"""Judging a result by verification models, where a spec asks for it."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Event, Progress
from maga_desk.domain.results import Audit, Figure
from maga_desk.domain.without_retraining import WithoutRetraining
from maga_desk.services.erasure import Erasure
from maga_desk.services.judging.verification import SHARE, verification_models

if TYPE_CHECKING:
    from torch import nn

    from maga_desk.auditing.looking import Case, Look

Judged = tuple[WithoutRetraining | None, list[dict[str, Figure]]]


def judged_without(
    erasure: Erasure,
    model: nn.Module,
    case: Case,
    audits: tuple[Audit, Audit],
    looks: tuple[Look, Look],
    control: RunControl,
) -> Generator[Event, None, Judged]:
    """What they say of the result, and the figures of the original and of the result; nothing where nobody asked.

    :param audits: of the original and the result as judged so far, and ``looks`` at them.
    :raises ForgetError: too few pictures stay to train them with.
    :raises Cancelled: in between; what is trained is kept.
    """
    if not erasure.spec.audit.without_retraining:
        return None, [{}, {}]
    from maga_desk.auditing.boundary import label_distances
    from maga_desk.auditing.outputs import compute_outputs
    from maga_desk.auditing.without_retraining import Net, Witnesses, judge_without

    workspace = erasure.workspace
    references = yield from verification_models(erasure, control)
    yield Progress("Asking the verification models", 0, 0)
    pictures, runtime, parts = workspace.pictures, workspace.runtime, case.parts
    models = tuple(compute_outputs(each.model, pictures, runtime, control) for each in references)
    asked = (workspace.model, model, references[0].model)
    before, after, ignorant = (label_distances(each, pictures, parts, runtime, control) for each in asked)
    nets = [Net(look.outputs, distances) for look, distances in zip(looks, (before, after), strict=True)]
    whole = len(workspace.images.train)
    trained_on = min(each.info.made["train_pictures"] for each in references)  # as counted, not as asked for
    witnesses = Witnesses(
        nets[0],
        models,
        ignorant,
        trained_on / whole,
        erasure.retained / whole,
        erasure.recipe.start is None and not erasure.recipe_is_guessed,
    )
    judged = [
        judge_without(net, audit.figures, witnesses, parts, erasure.forget.task)
        for net, audit in zip(nets, audits, strict=True)
    ]
    told = {key: each for key, (_, each) in judged[1].items()}
    figures = [{key: figure for key, (figure, _) in found.items()} for found in judged]
    return WithoutRetraining(len(models), SHARE, trained_on, told), figures
