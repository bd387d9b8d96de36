"""What a net's passes take of memory, told without computing them, and how many pictures that lets pass at once.

The passes are run on torch's ``meta`` device, where tensors have a shape and no values, and the bytes that live at the
same time are counted.
"""

from __future__ import annotations

import copy
import math
import weakref
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from maga_desk.domain import memory
from maga_desk.models.families.registry import ARCHITECTURE

_SPARE = 2.0
"""What was counted is taken so many times: libraries hold copies in memory orders of their own (measured up to 1.8)."""

AT_ONCE = {False: 512 * 2**20, True: 2**30}
"""Bytes that passes may take on a processor, without gradients and with them. What is free now does not count, so that
the same pictures pass together each time, and their outputs are the same to the last bit."""

_ELSEWHERE = 4 * 2**30
_UNKNOWN = 1024  # bytes for each value of a picture, of nets that cannot be looked at


@dataclass(frozen=True)
class Footprint:
    """Bytes that a pass takes beside the weights themselves: ``fixed``, and for ``each`` picture."""

    fixed: float
    each: float

    def of(self, pictures: int) -> int:
        """Bytes of a pass of so many."""
        return int(_SPARE * (self.fixed + pictures * self.each))

    def fitting(self, nbytes: int) -> int:
        """How many pictures at once fit into so many bytes; 0: not one."""
        return max(0, int((nbytes / _SPARE - self.fixed) / max(1.0, self.each)))


def free_memory(device: torch.device) -> int:
    """Bytes that are free on a device."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return memory.free_memory()


def footprint(model: nn.Module, shape: tuple[int, ...], *, training: bool = False) -> Footprint | None:
    """Of a net for pictures of a shape, (C, H, W).

    :param training: with the way back; in the net's present mode in any case.
    :returns: ``None`` where the net looks at values on its way, so that it cannot be told.
    """
    key = shape, training, model.training
    known = _known_of(model)
    if key not in known:
        try:
            two, four = (_most(model, (count, *shape), training) for count in (2, 4))
            each = (four - two) / 2
            known[key] = Footprint(max(0.0, two - 2 * each), each)
        except Exception:  # whatever a stranger's net does where tensors have no values
            known[key] = None
    return known[key]


def at_once(
    model: nn.Module, shape: tuple[int, ...], device: torch.device, most: int, *, training: bool = False
) -> int:
    """How many pictures pass at once where nothing depends on that: ``most``, fewer where they are large; at least 1.

    Call it outside of what hooks listen to.
    """
    found = footprint(model, shape, training=training) or Footprint(0, _UNKNOWN * math.prod(shape))
    return max(1, min(most, found.fitting(AT_ONCE[training] if device.type == "cpu" else _ELSEWHERE)))


def share_footprint(made: nn.Module, model: nn.Module, how: str) -> None:
    """What is known of one net holds for all that were made in the same way (``how``) of a net of the same name."""
    arch = getattr(model, ARCHITECTURE, None)
    if arch is not None:
        _made[made] = f"{arch}, {how}"


_Known = dict[Any, Footprint | None]
_known: weakref.WeakKeyDictionary[nn.Module, _Known] = weakref.WeakKeyDictionary()
_made: weakref.WeakKeyDictionary[nn.Module, str] = weakref.WeakKeyDictionary()
_known_forms: dict[Any, _Known] = {}
_MOST_FORMS = 256


def _known_of(model: nn.Module) -> _Known:
    """What is known of a net; copies of one that was built by its architecture's name share it."""
    arch = _made.get(model) or getattr(model, ARCHITECTURE, None)
    if arch is None:
        return _known.setdefault(model, {})
    weights = tuple((name, tuple(each.shape), each.requires_grad) for name, each in model.named_parameters())
    if len(_known_forms) >= _MOST_FORMS:
        _known_forms.clear()
    return _known_forms.setdefault((arch, weights), {})


def _most(model: nn.Module, shape: tuple[int, ...], training: bool) -> int:
    """Bytes that live at the same time in a pass, at most."""
    shadow = _shadow_of(model, training)
    images: Tensor = torch.empty(shape, device="meta")
    with torch.set_grad_enabled(training), _Living() as living:
        outputs = shadow(images)
        if training:
            outputs.sum().backward()
    nbytes: int = living.most + images.nbytes
    return nbytes


def _shadow_of(model: nn.Module, training: bool) -> nn.Module:
    """A copy whose weights have no values. What the net or its hooks keep from pass to pass is kept by the copy: it
    would be of no use to the net itself.
    """
    shadows: dict[int, Any] = {}
    for tensor in (*model.parameters(), *model.buffers()):
        shadow = torch.empty_like(tensor, device="meta", requires_grad=False)
        wanted = training and tensor.requires_grad
        shadows[id(tensor)] = nn.Parameter(shadow, wanted) if isinstance(tensor, nn.Parameter) else shadow
    return copy.deepcopy(model, shadows)


def _normalised(images: Tensor, *_: Any) -> tuple[Tensor, Tensor, Tensor]:
    """What batch normalisation gives, without values. Torch has it in Python, through several hundred
    operations and imports: a third of a second for a small net's first pass.
    """
    saved = images.shape[1]
    return torch.empty_like(images), images.new_empty(saved), images.new_empty(saved)


class _Living(TorchDispatchMode):
    """Counts the bytes of the storages that operations make, for as long as these live."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._now: int = 0
        self.most: int = 0
        self._held: dict[int, tuple[weakref.ref[Any], int]] = {}

    def __torch_dispatch__(self, function: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        plain = _normalised if function is torch.ops.aten.native_batch_norm.default else function
        found = plain(*args, **(kwargs or {}))
        for tensor in tree_leaves(found):
            if isinstance(tensor, Tensor):
                self._hold(tensor.untyped_storage())
        return found

    def _hold(self, storage: Any) -> None:
        key = id(storage)
        if key in self._held and self._held[key][0]() is storage:
            return
        self._held[key] = weakref.ref(storage, partial(self._let_go, key)), storage.nbytes()
        self._now += storage.nbytes()
        self.most = max(self.most, self._now)

    def _let_go(self, key: int, _gone: object) -> None:
        self._now -= self._held.pop(key)[1]
