"""What a training did that no recipe here can say: noticed, so that a retraining can say that it does not follow it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

AVERAGED = "an average of weights (EMA)"

_USED: Mapping[str, Sequence[str]] = {
    "random erasing": ("reprob", "random_erase", "random_erasing"),
    "colour jitter": ("color_jitter", "colour_jitter"),
    "vertical flips": ("vflip",),
    "stochastic depth": ("drop_path", "drop_path_rate", "stochastic_depth", "stochastic_depth_prob"),
    "dropout": ("drop", "dropout", "drop_rate"),
    AVERAGED: ("model_ema", "use_ema", "ema"),
    "an average of weights (SWA)": ("swa", "use_swa"),
    "sharpness-aware steps (SAM)": ("sam", "use_sam"),
    "binary cross-entropy": ("bce_loss",),
    "AMSGrad": ("amsgrad",),
    "repeated augmentation": ("aug_repeats", "ra_sampler"),
    "distillation": ("distillation_type", "teacher_model", "teacher"),
    "weights of classes": ("class_weights", "class_weight"),
    "a sampler of its own": ("sampler", "weighted_sampler", "balanced"),
    "weight decay of its own for normalisation": ("norm_weight_decay",),
    "weight decay of its own for biases": ("bias_weight_decay",),
}
"""In words, and the keys that say so where their value is neither false, zero nor "none"."""

_USUAL: Mapping[str, tuple[Sequence[str], float]] = {
    "gradients gathered over {:g} steps": (
        ("gradient_accumulation_steps", "grad_accum_steps", "accumulate_grad_batches", "accum_steps", "accum_iter"), 1
    ),
    "learning rates by layer (decay {:g})": (("layer_decay", "layerwise_decay"), 1),
    "epsilon {:g} of its optimiser": (("opt_eps", "adam_epsilon", "eps"), 1e-8),
}  # fmt: skip
"""Amounts, with what they usually are."""

_POLICIES = {"rand": "RandAugment", "ra": "RandAugment", "augmix": "AugMix", "ta": "TrivialAugment", "3a": "3-Augment"}
_BETAS = (0.9, 0.999)
_NO = (None, False, 0, "", "none", "None", "null", "no", "False", "hard-none")


def beyond_arguments(said: Mapping[str, Any]) -> Iterator[str]:
    """What the arguments of a training script say of this kind, in words."""
    for key in ("aa", "auto_augment"):
        if isinstance(said.get(key), str) and said[key] not in _NO:
            yield f"{_policy(said[key])} ({said[key]})"
            break
    for words, keys in _USED.items():
        if any(_is_used(said.get(key)) for key in keys):
            yield words
    for words, (keys, usual) in _USUAL.items():
        value = next((n for key in keys if (n := number_of(said.get(key))) is not None), None)
        if value is not None and value not in (usual, 0):
            yield words.format(value)
    betas = said.get("opt_betas") or said.get("betas") or _two(said.get("adam_beta1"), said.get("adam_beta2"))
    yield from _of_betas(betas)
    loss = said.get("loss", said.get("criterion"))
    if isinstance(loss, str) and "cross" not in loss.lower() and loss.lower() not in ("ce", "xent", "nll", *_NO):
        yield f"loss {loss}"


def beyond_group(groups: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The same of an optimiser's state.

    :param groups: its groups of parameters.
    """
    first = groups[0]
    yield from _of_betas(first.get("betas"))
    if first.get("amsgrad"):
        yield "AMSGrad"
    if first.get("dampening"):
        yield f"dampening {first['dampening']:g}"
    for key, words in (("lr", "learning rates"), ("weight_decay", "weight decay")):
        if len({each.get("initial_lr", each.get("lr")) if key == "lr" else each.get(key) for each in groups}) > 1:
            yield f"{words} by groups of parameters"


def beyond_file(tree: Any) -> Iterator[str]:
    """The same of a checkpoint as a whole."""
    if isinstance(tree, Mapping) and any(
        isinstance(key, str) and key.lower() in ("state_dict_ema", "model_ema", "ema", "ema_state_dict") for key in tree
    ):
        yield AVERAGED


def _policy(name: str) -> str:
    start = name.lower().partition("-")[0].partition("_")[0]
    return _POLICIES.get(start, "auto-augmentation")


def _is_used(value: Any) -> bool:
    if isinstance(value, list | tuple | Mapping):
        return len(value) > 0
    return value not in _NO


def _two(first: Any, second: Any) -> tuple[Any, Any] | None:
    return None if first is None or second is None else (first, second)


def _of_betas(betas: Any) -> Iterator[str]:
    if not isinstance(betas, list | tuple) or len(betas) < 2:
        return
    numbers = [number_of(each) for each in betas[:2]]
    if None not in numbers and tuple(numbers) != _BETAS:
        yield f"Adam's betas {numbers[0]:g} and {numbers[1]:g}"


def number_of(value: Any) -> float | None:
    """What stands in a file as a number; ``None`` for all else."""
    if isinstance(value, bool):
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
