"""numpy arrays as fields of plain data: they survive a trip through JSON, with dtype, shape and every bit."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

_KINDS = "biuf"
"""Kinds of dtypes that are taken from JSON: booleans and numbers, never objects."""


class _Packed:
    """Tells pydantic how an array is written and read."""

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            unpacked, serialization=core_schema.plain_serializer_function_ser_schema(packed)
        )


Bools = Annotated[NDArray[np.bool_], _Packed]
Int64s = Annotated[NDArray[np.int64], _Packed]
Float32s = Annotated[NDArray[np.float32], _Packed]
Float64s = Annotated[NDArray[np.float64], _Packed]


def packed(array: NDArray[Any]) -> dict[str, Any]:
    """An array as JSON-able data: ``dtype``, ``shape``, and its bytes in ``base64``."""
    data = base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")
    return {"dtype": array.dtype.str, "shape": list(array.shape), "base64": data}


def unpacked(value: object) -> NDArray[Any]:
    """The inverse of :func:`packed`; an array is given back as it is.

    :raises ValueError: no packed array.
    """
    if isinstance(value, np.ndarray):
        return value
    if not isinstance(value, Mapping) or not {"dtype", "shape", "base64"} <= value.keys():
        raise ValueError("not an array")
    dtype = np.dtype(str(value["dtype"]))
    if dtype.kind not in _KINDS:
        raise ValueError(f"arrays of {dtype} are not read")
    array = np.frombuffer(base64.b64decode(value["base64"], validate=True), dtype=dtype)
    return array.reshape([int(side) for side in value["shape"]]).copy()
