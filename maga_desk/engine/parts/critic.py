"""Disentanglement: a critic tries to tell forget pictures from retain pictures, and the net learns to defeat it.

The critic sees a picture's features and its probabilities. Its gradient reaches the features with the opposite sign, so
that the features of both sets become alike (Ganin et al., JMLR 2016, arXiv 1505.07818; conditioned on the outputs as in
Long et al., NeurIPS 2018, arXiv 1705.10667).
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from maga_desk.engine.parts.heads import width_of
from maga_desk.models.randomness import drawn_from
from maga_desk.models.runtime import Runtime
from maga_desk.models.taps import FeatureTap

_LENGTH = 8.0  # mean Euclidean length of the features that a critic is given
_LARGEST_GRADIENT = 5.0


class Critic(nn.Module):
    """From features and probabilities to the logit that the picture must be forgotten."""

    def __init__(self, width: int, classes: int, hidden: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(width + classes, hidden), nn.ReLU(), nn.Linear(hidden, 1))

    def forward(self, features: Tensor, probabilities: Tensor) -> Tensor:
        """``(b,)`` logits from ``(b, D)`` and ``(b, K)``."""
        guesses: Tensor = self.layers(torch.cat([features, probabilities], dim=1)).squeeze(1)
        return guesses


def make_critic(head: nn.Linear | nn.Conv2d, hidden: int, seed: int, runtime: Runtime) -> Critic:
    """A critic of the features that ``head`` is given, on the device; the process's own random state is left alone."""
    with drawn_from(seed):
        return Critic(width_of(head), head.weight.shape[0], hidden).to(runtime.device)


def features_of(tap: FeatureTap) -> Tensor:
    """``(b, D) float32``: the head's input in the forward pass that was just taken."""
    assert tap.features is not None
    return tap.features.flatten(1).float()


def critic_loss(critic: nn.Module, features: Tensor, outputs: Tensor, split: int, weight: float) -> Tensor:
    """The critic's cross-entropy; rows from ``split`` on are forget pictures, and both sets weigh the same.

    The critic descends on it. The features receive its gradient reversed and times ``weight``. Features are first
    scaled to a length that is the same for every net, so that the weight and the critic's learning rate mean the same
    for every net.

    :param features: ``(b, D)`` the head's input; ``outputs``: logits ``(b, K)``.
    """
    scaled = features * (_LENGTH / features.shape[1] ** 0.5 / (features.detach().std() + 1e-6))
    reversed_ = scaled.detach() * (1 + weight) - scaled * weight  # the same value; its gradient is times -weight
    guesses = critic(reversed_, F.softmax(outputs.detach(), dim=1))
    truth = torch.zeros_like(guesses)
    truth[split:] = 1
    counts = torch.where(truth > 0, split / max(1, len(guesses) - split), 1.0)
    return F.binary_cross_entropy_with_logits(guesses, truth, weight=counts)


def ramp(step: int, steps: int) -> float:
    """From 0 to nearly 1 within the first half of the steps: the reversed gradient's weight (Ganin et al., 2016).

    At first there is little weight on it, so that useful features form before they are made alike.
    """
    return 2 / (1 + math.exp(-10 * step / max(1, steps))) - 1


def clip_gradients(optimizer: torch.optim.Optimizer) -> torch.optim.Optimizer:
    """Make the optimiser clip each step's gradient to a length of 5: adversarial training can diverge otherwise."""

    def clip(*_arguments: object) -> None:
        weights = [weight for group in optimizer.param_groups for weight in group["params"]]
        nn.utils.clip_grad_norm_(weights, _LARGEST_GRADIENT)

    optimizer.register_step_pre_hook(clip)
    return optimizer
