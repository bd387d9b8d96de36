"""Nets without a head: what a library calls a backbone, or a training without labels has left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

from maga_desk.domain.errors import CheckpointError
from maga_desk.domain.preprocessing import Size
from maga_desk.models.families import timm, torchvision
from maga_desk.models.families.family import Shapes
from maga_desk.models.families.index import index
from maga_desk.models.families.libraries import NetLibrary, meta
from maga_desk.models.families.variants import COUNTER, ends_of, within

_CLASSES = 2  # outputs of the head that is not there
_LIBRARIES = (torchvision.LIBRARY, timm.LIBRARY)


def headless(
    state: dict[str, Tensor], named: Sequence[str] = (), size: Size | None = None
) -> tuple[nn.Module, str] | None:
    """A library's net filled with a body's tensors; its head is as it was initialised, and nobody may read it.

    :param named: architectures' names that the file says, likeliest first.
    :param size: of the pictures that it reads, where that is known: some nets are built for one.
    :returns: the net and its architecture's name; ``None`` where no net has just these tensors and a head.
    """
    shapes = {name: tuple(tensor.shape) for name, tensor in state.items()}
    for library, name in _candidates(shapes, named):
        for own in ({}, {"size": size[0]}) if size else ({},):
            try:
                if not _is_body(meta(lambda: library.build(name, _CLASSES, **own)), shapes):  # noqa: B023 (called here)
                    continue
                with torch.random.fork_rng(devices=[]):
                    net = library.build(name, _CLASSES, **own)
            except CheckpointError:
                continue
            net.load_state_dict(state, strict=False)
            return net, library.prefix + name
    return None


def _candidates(shapes: Shapes, named: Sequence[str]) -> Iterator[tuple[NetLibrary, str]]:
    """Libraries' nets by the names that are said, then by their bodies; each once."""
    said = [(library, name) for library in _LIBRARIES for each in named for name in library.names(each)]
    known = [
        (library, arch.removeprefix(library.prefix))
        for arch in index().find(shapes, headless=True)
        for library in _LIBRARIES
        if arch.startswith(library.prefix)
    ]
    seen: set[str] = set()
    for library, name in (*said, *known):
        if library.prefix + name not in seen:
            seen.add(library.prefix + name)
            yield library, name


def _is_body(net: nn.Module, shapes: Shapes) -> bool:
    """Whether these tensors are all of a net's but its head's; counters of batch normalisation may be missing."""
    head = ends_of(net).head
    own = {name: tuple(each.shape) for name, each in net.state_dict().items() if not within(name, head)}
    return all(own.get(name) == shape for name, shape in shapes.items()) and all(
        name in shapes or name.endswith(COUNTER) for name in own
    )
