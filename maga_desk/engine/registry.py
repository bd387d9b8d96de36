"""All methods by name."""

from __future__ import annotations

from collections.abc import Mapping

from maga_desk.domain.errors import MethodError
from maga_desk.engine.methods import fine_tune, maga, random_labels, retrain
from maga_desk.engine.routine import Method

METHODS: Mapping[str, Method] = {
    method.info.name: method for method in (maga.METHOD, fine_tune.METHOD, random_labels.METHOD, retrain.METHOD)
}


def find_method(name: str) -> Method:
    """:raises MethodError: no method has this name."""
    if name not in METHODS:
        raise MethodError(f"no method is called '{name}'", where="[method] name", todo=f"known: {', '.join(METHODS)}")
    return METHODS[name]
