"""Reading a pickle without running anything of it.

A pickle is a small program: it names things (classes, functions), makes objects of classes, and calls functions. Here
a name stands for the real thing only where that thing makes a tensor or a plain container; every other name stands for
an *inert* object that remembers what it was given and does nothing. So a whole pickled net becomes a tree whose tensors
can be taken out, while no class of its author's is ever built. A pickle that wants to *call* what is not known to be
harmless is refused all the same: its author meant something else than to hand over weights.

This module is what :func:`torch.load` takes as its ``pickle_module``: it has ``Unpickler`` and ``load``.
"""

from __future__ import annotations

import collections
import pickle
import sys
from collections.abc import Iterator
from typing import Any, ClassVar

import torch
import torch._utils
import torch.serialization
import torch.storage

MAKERS = {
    "torch._utils": (
        "_rebuild_tensor",
        "_rebuild_tensor_v2",
        "_rebuild_tensor_v3",
        "_rebuild_parameter",
        "_rebuild_parameter_with_state",
        "_rebuild_qtensor",
        "_rebuild_sparse_tensor",
    ),
    "torch": ("Size", "device", "per_tensor_affine", "per_channel_affine"),
    "torch.serialization": ("_get_layout",),
    "torch.storage": ("UntypedStorage", "TypedStorage"),
}
"""Names that mean the real thing: what makes tensors, and nothing else."""

CONTAINERS = {
    ("collections", "OrderedDict"): collections.OrderedDict,
    ("collections", "defaultdict"): lambda *_: {},  # its factory would be code
    ("collections", "Counter"): dict,
    ("collections", "deque"): list,
    ("builtins", "set"): list,
    ("builtins", "frozenset"): list,
    ("builtins", "list"): list,
    ("builtins", "dict"): dict,
    ("builtins", "tuple"): tuple,
    ("builtins", "complex"): complex,
    ("builtins", "bytearray"): bytes,
    ("_codecs", "encode"): lambda text, *_: text.encode("latin1") if isinstance(text, str) else b"",
}
"""Plain containers, by the simplest thing that holds the same."""

HARMLESS = (
    "argparse.Namespace",
    "pathlib.",
    "datetime.",
    "decimal.Decimal",
    "fractions.Fraction",
    "uuid.UUID",
    "types.SimpleNamespace",
    "functools.partial",
    "copyreg._reconstructor",
    "copyreg.__newobj__",
    "builtins.slice",
    "builtins.range",
    "builtins.object",
    "enum.",
    "numpy.",
    "omegaconf.",
    "yacs.",
    "box.",
    "addict.",
    "easydict.",
    "ml_collections.",
    "torch.jit._pickle.",
    "torch.nn.",
    "torch.optim.",
    "torch.ao.",
    "torch.torch_version.TorchVersion",
    "torch.distributed.",
    "torch.fx.",
    "torch.Generator",
    "torch.dtype",
    "torch._tensor._rebuild_from_type",
    "torch._utils._rebuild_device_tensor",
    "torch._utils._rebuild_wrapper_subclass",
    "torchvision.",
    "timm.",
    "transformers.",
    "pytorch_lightning.",
    "lightning.",
    "lightning_fabric.",
    "accelerate.",
    "fastai.",
    "fastcore.",
    "mmengine.",
    "mmcv.",
    "detectron2.",
)
"""What a pickle may call: how these names begin. They are not called either; a stand-in takes their place."""


class Inert:
    """What stands where the pickle's author had an object: it holds what it was given, and does nothing.

    :ivar what: the name, ``module.Class``.
    :ivar arguments: what it was to be made of.
    :ivar state: its attributes, or what else was to be set.
    :ivar items: what was put into it, as pairs; of a list, by position.
    """

    what = ""
    harmless = True

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        self._begin(arguments, keywords)

    def __new__(cls, *arguments: Any, **keywords: Any) -> Inert:
        made = object.__new__(cls)
        made._begin(arguments, keywords)  # pickles make objects without __init__
        return made

    def _begin(self, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> None:
        self.arguments: tuple[Any, ...] = arguments
        self.state: dict[str, Any] = {str(key): value for key, value in keywords.items()}
        self.items: list[tuple[Any, Any]] = []

    def __setstate__(self, state: Any) -> None:
        parts = state if isinstance(state, tuple) else (state,)
        for part in parts:
            if isinstance(part, dict):
                self.state.update((str(key), value) for key, value in part.items())
            elif part is not None:
                self.items.append((len(self.items), part))

    def __setitem__(self, key: Any, value: Any) -> None:
        self.items.append((key, value))

    def append(self, value: Any) -> None:
        """A list's next item."""
        self.items.append((len(self.items), value))

    def extend(self, values: Any) -> None:
        """A list's next items."""
        for value in values:
            self.append(value)

    def add(self, value: Any) -> None:
        """A set's next item."""
        self.append(value)

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other

    def children(self) -> Iterator[tuple[str, Any]]:
        """All that it holds, by name or position."""
        yield from self.state.items()
        for key, value in self.items:
            yield str(key), value
        for place, value in enumerate(self.arguments):
            yield str(place), value

    def __repr__(self) -> str:
        return f"<{self.what}>"


class RefusedCall(pickle.UnpicklingError):
    """A pickle wants to call what is not known to be harmless.

    :ivar what: its name.
    """

    def __init__(self, what: str) -> None:
        super().__init__(f"wants to call {what}")
        self.what = what


def stand_in(module: str, name: str) -> type[Inert]:
    """The class of what stands for ``module.name``."""
    what = f"{module}.{name}"
    return type("StandIn", (Inert,), {"what": what, "harmless": what.startswith(HARMLESS)})


MOST_OPERATIONS = 10_000_000
"""Of a pickle: a million names take three; one of a byte each can make objects of sixty."""


class _Counted(dict[int, Any]):
    """What is done at each code of a pickle, for so many codes."""

    left = MOST_OPERATIONS

    def __getitem__(self, code: int) -> Any:
        self.left -= 1
        if self.left < 0:
            raise pickle.UnpicklingError(f"more than {MOST_OPERATIONS:,} operations")
        return super().__getitem__(code)


_Base: Any = pickle._Unpickler  # the one in Python: what it does at each code can be replaced


class Unpickler(_Base):  # type: ignore[misc]
    """Gives stand-ins for all names but those that make tensors and plain containers.

    :raises RefusedCall: the pickle calls something that is not known to be harmless.
    :raises UnpicklingError: it has more operations than any table of weights, among other faults.
    """

    dispatch: ClassVar[dict[int, Any]] = dict(_Base.dispatch)

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.dispatch = _Counted(type(self).dispatch)  # type: ignore[misc]  # of this pickle alone

    def find_class(self, module: str, name: str) -> Any:
        """What a name in the pickle stands for."""
        if name in MAKERS.get(module, ()):
            found = getattr(sys.modules.get(module), name, None)
            if found is not None:
                return found
        if module == "torch" and isinstance(getattr(torch, name, None), torch.dtype):
            return getattr(torch, name)
        if module == "__builtin__":  # Python 2
            module = "builtins"
        plain = CONTAINERS.get((module, name))
        return plain if plain is not None else stand_in(module, name)

    def load_reduce(self) -> None:
        """A call: of a maker, of a container, or of a stand-in, which then only remembers it."""
        called = self.stack[-2]
        if isinstance(called, type) and issubclass(called, Inert):
            if not called.harmless:
                raise RefusedCall(called.what)
        elif isinstance(called, Inert) or not callable(called):
            raise RefusedCall(repr(called))
        super().load_reduce()

    dispatch[pickle.REDUCE[0]] = load_reduce

    def load_inst(self) -> None:
        """An object of Python 1's kind: made and called in one."""
        raise RefusedCall("an object of an old kind")

    dispatch[pickle.INST[0]] = load_inst

    def load_obj(self) -> None:
        """Likewise."""
        raise RefusedCall("an object of an old kind")

    dispatch[pickle.OBJ[0]] = load_obj

    def get_extension(self, code: int) -> None:
        """Extensions are names in a table of the process: nothing that weights need."""
        raise RefusedCall(f"extension {code}")


def load(file: Any, **keywords: Any) -> Any:
    """Like :func:`pickle.load`, inertly."""
    return Unpickler(file, **keywords).load()


def loads(data: bytes, **keywords: Any) -> Any:
    """Like :func:`pickle.loads`, inertly."""
    import io

    return Unpickler(io.BytesIO(data), **keywords).load()
