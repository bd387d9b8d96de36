"""All methods by name."""

from __future__ import annotations

from maga_desk.domain.errors import MethodError
from maga_desk.domain.registry import Registry
from maga_desk.engine.methods import (
    amun,
    bad_teacher,
    boundary_expand,
    boundary_shrink,
    class_means,
    damp,
    delete,
    entanglement,
    fine_tune,
    fisher,
    gradient_ascent,
    kodge,
    last_layers,
    logit_mask,
    maga,
    maga_relearn,
    maga_unseen,
    masked_small_gradients,
    mu_mis,
    neggrad_plus,
    newton_head,
    random_labels,
    retrain,
    retrain_briefly,
    salun,
    scrub,
    sfr_on,
    ssd,
    transpose,
    trew,
    unsir,
)
from maga_desk.engine.routine import Method

_OURS = (
    maga.METHOD,
    maga_relearn.METHOD,
    maga_unseen.METHOD,
    # towards other labels
    trew.METHOD,
    delete.METHOD,
    amun.METHOD,
    boundary_shrink.METHOD,
    boundary_expand.METHOD,
    class_means.METHOD,
    random_labels.METHOD,
    salun.METHOD,
    # away from what was known
    scrub.METHOD,
    sfr_on.METHOD,
    entanglement.METHOD,
    neggrad_plus.METHOD,
    mu_mis.METHOD,
    bad_teacher.METHOD,
    unsir.METHOD,
    gradient_ascent.METHOD,
    # relearning what stays
    fine_tune.METHOD,
    last_layers.METHOD,
    last_layers.CF_METHOD,
    masked_small_gradients.METHOD,
    transpose.METHOD,
    retrain_briefly.METHOD,
    # without a step
    ssd.METHOD,
    ssd.LABEL_FREE_METHOD,
    kodge.METHOD,
    damp.METHOD,
    fisher.METHOD,
    newton_head.METHOD,
    logit_mask.METHOD,
    # the yardstick
    retrain.METHOD,
)

METHODS = Registry("method", "maga_desk.methods", _OURS, kind=Method, where="[method] name", error=MethodError)
"""In the order in which they are offered; those of installed packages come last."""
