"""The figures that rest on shadow models: RMIA and U-LiRA."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maga_desk.auditing.membership import roc, true_log_probability
from maga_desk.auditing.outputs import Outputs
from maga_desk.auditing.parts import Parts
from maga_desk.auditing.shadow_attacks import confidence_logit, likelihood_ratios, relative_scores
from maga_desk.domain.results import Figure

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Confidences:
    """A net's log-probabilities of the true labels.

    :param forget: ``(n,)`` of the forget set.
    :param non_members: ``(m,)`` of test pictures of the same kind; ``population`` ``(k,)`` of other test pictures.
    """

    forget: Values
    non_members: Values
    population: Values


@dataclass(frozen=True)
class Shadows:
    """Nets made for the attacks alone.

    :param unseen: of nets trained without the forget set.
    :param forgotten: of nets trained with it that unlearned it by the judged method; none where only RMIA is asked for.
    :param seen: of the same nets before they unlearned it, for judging a net that has not unlearned anything.
    """

    unseen: tuple[Confidences, ...]
    forgotten: tuple[Confidences, ...] = ()
    seen: tuple[Confidences, ...] = ()

    def of_the_original(self) -> Shadows:
        """The same for the net before unlearning: it is compared with nets that have not unlearned either."""
        return Shadows(self.unseen, self.seen)


def confidences(outputs: Outputs, parts: Parts) -> Confidences:
    """From a net's outputs.

    When single pictures go, or pictures of every class, every second test picture of the losing classes is a
    non-member, the others are the population.
    """
    train = true_log_probability(outputs.train, parts.train_labels).numpy()
    test = true_log_probability(outputs.test, parts.test_labels).numpy()
    non_members, rest = parts.non_members.numpy(), (~parts.non_members).numpy()
    if not parts.forget_test.any() or not rest.any():
        places = np.flatnonzero(non_members)
        non_members, rest = np.zeros_like(non_members), rest.copy()
        non_members[places[::2]], rest[places[1::2]] = True, True
    return Confidences(train[parts.forget_train], test[non_members], test[rest])


def shadow_figures(judged: Confidences, retrained: Confidences, shadows: Shadows) -> dict[str, Figure]:
    """What the attacks find in the judged net; U-LiRA only where it is not the retrained net itself."""
    figures: dict[str, Figure] = {}
    enough = shadows.unseen and len(judged.forget) and len(judged.non_members) and len(judged.population)
    found = roc(*_relative(judged, shadows.unseen)) if enough else None
    if found is not None:
        figures |= {"rmia": found.auc, "rmia_tpr1": found.tpr_1}
    if shadows.forgotten and shadows.unseen and judged is not retrained:
        ratios = [
            likelihood_ratios(confidence_logit(net.forget), _logits(shadows.forgotten), _logits(shadows.unseen))
            for net in (judged, retrained)
        ]
        told = roc(*ratios)
        if told is not None:
            figures |= {"lira": told.auc, "lira_tpr1": told.tpr_1, "lira_tpr01": told.tpr_01}
    return figures


def _relative(judged: Confidences, unseen: Sequence[Confidences]) -> tuple[Values, Values]:
    """RMIA's scores of the forget pictures and of the non-members."""
    population, theirs = np.exp(judged.population), np.exp([net.population for net in unseen])

    def scores(target: Values, references: Sequence[Values]) -> Values:
        return relative_scores(np.exp(target), np.exp(references), population, theirs)

    return (
        scores(judged.forget, [net.forget for net in unseen]),
        scores(judged.non_members, [net.non_members for net in unseen]),
    )


def _logits(nets: Sequence[Confidences]) -> Values:
    return np.stack([confidence_logit(net.forget) for net in nets])
