"""All methods by name."""

from __future__ import annotations

from collections.abc import Mapping

from maga_desk.domain.errors import MethodError
from maga_desk.engine.methods import (
    bad_teacher,
    delete,
    fine_tune,
    gradient_ascent,
    logit_mask,
    maga,
    masked_small_gradients,
    neggrad_plus,
    random_labels,
    retrain,
    salun,
    scrub,
    ssd,
    transpose,
    unsir,
)
from maga_desk.engine.routine import Method

_ALL = (
    maga.METHOD,
    fine_tune.METHOD,
    random_labels.METHOD,
    salun.METHOD,
    neggrad_plus.METHOD,
    gradient_ascent.METHOD,
    scrub.METHOD,
    bad_teacher.METHOD,
    delete.METHOD,
    ssd.METHOD,
    ssd.LABEL_FREE_METHOD,
    unsir.METHOD,
    transpose.METHOD,
    masked_small_gradients.METHOD,
    logit_mask.METHOD,
    retrain.METHOD,
)

METHODS: Mapping[str, Method] = {method.info.name: method for method in _ALL}
"""In the order in which they are offered."""


def find_method(name: str) -> Method:
    """:raises MethodError: no method has this name."""
    if name not in METHODS:
        raise MethodError(f"no method is called '{name}'", where="[method] name", todo=f"known: {', '.join(METHODS)}")
    return METHODS[name]
