"""Nets that a library builds by name, with what people change in them before training."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from maga_desk.domain.errors import CheckpointError
from maga_desk.models.families.family import Evidence, Fit, Shapes
from maga_desk.models.families.index import index
from maga_desk.models.families.variants import (
    COUNTER,
    POSITIONS,
    Ends,
    altered,
    ends_of,
    first_pooling,
    head_text,
    within,
)

Named = TypeVar("Named")
_TRIED = 7  # classes: a number that no architecture has in another place
_CHANGES = ("channels", "stem", "stride", "pooling", "head", "at")


@dataclass(frozen=True)
class NetLibrary:
    """A library of nets.

    :param prefix: of its architectures' names.
    :param title: for people.
    :param create: ``(name, K, **own)`` builds a net; ``own`` may have ``size``, and what :attr:`extras` gives.
    :param spare: how the names of tensors begin that only the library's own training uses (further classifiers in a
        net's midst). They are left out: unlearning does not reach them, and they would keep what is to be forgotten.
    :param names: what the library calls a net that others call so (``resnet50`` for ``ResNet50``), likeliest first.
    """

    prefix: str
    title: str
    create: Callable[..., nn.Module]
    names: Callable[[str], list[str]]
    spare: tuple[str, ...] = ()

    def build(self, name: str, classes: int, **options: Any) -> nn.Module:
        """The net with its options.

        :raises CheckpointError: the library has no such net, or the options do not fit it.
        """
        own = {key: value for key, value in options.items() if key not in _CHANGES}
        model = self.create(name, classes, **own)
        changes = {key: value for key, value in options.items() if key in _CHANGES}
        if not changes:
            return model
        parts = ends_of(model)
        try:
            return altered(model, Ends(parts.stem, str(changes.get("at", parts.head))), classes, changes)
        except (ValueError, TypeError, AttributeError) as error:
            raise CheckpointError(
                f"{self.prefix}{name} cannot be built with {changes}", where="[model] arch"
            ) from error

    def recognise(self, evidence: Evidence) -> Iterator[Fit]:
        """The library's nets that have just these tensors."""
        evidence = replace(evidence, shapes=self.without_spare(evidence.shapes))
        named = [name for said in evidence.named for name in self.names(said)]
        found = [
            arch.removeprefix(self.prefix) for arch in index().find(evidence.shapes) if arch.startswith(self.prefix)
        ]
        seen: set[str] = set()
        for name in [*named, *found]:
            if name not in seen:
                seen.add(name)
                yield from self._compared(name, evidence, said=name in named)

    def without_spare(self, named: Mapping[str, Named]) -> dict[str, Named]:
        """What is known of a net's tensors by name, without those that only training uses."""
        return {name: each for name, each in named.items() if not self.spare or not name.startswith(self.spare)}

    def translated(self, _net: nn.Module, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """A file's tensors without those that only training uses."""
        return self.without_spare(state)

    def _compared(self, name: str, evidence: Evidence, *, said: bool) -> Iterator[Fit]:
        shapes = evidence.shapes
        try:
            plain = meta(lambda: self.create(name, _TRIED))
        except CheckpointError:
            return
        options = _changes(plain, shapes)
        classes = _classes(plain, shapes, options)
        if classes is None:
            return
        why = f"{self.title}'s {name} by its names and shapes" if not said else f"the file says {name}, and it fits"
        for doubt, more in enumerate(_forms(plain, options)):
            full = {key: value for key, value in {**options, **more}.items() if value is not None}
            try:
                built = meta(lambda full=full: self.build(name, classes, **full))  # type: ignore[misc]
            except CheckpointError:
                continue
            if same(built, shapes):
                yield Fit(name, full, classes, why + _told(full), doubt + (0.0 if said else 0.1))


def meta(build: Callable[[], nn.Module]) -> nn.Module:
    """Build without memory or, where a net computes its widths with tensors, without touching torch's random state."""
    try:
        with torch.device("meta"):
            return build()
    except NotImplementedError:
        with torch.random.fork_rng(devices=[]):
            return build()


def same(model: nn.Module, shapes: Shapes) -> bool:
    """Whether a net has exactly these tensors; counters of batch normalisation may be missing."""
    own = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    return all(own.get(name) == shape for name, shape in shapes.items()) and all(
        name in shapes or name.endswith(COUNTER) for name in own
    )


def _changes(plain: nn.Module, shapes: Shapes) -> dict[str, Any]:
    """What of the stem, the head and the size differs from the library's net."""
    parts = ends_of(plain)
    own = {name: tuple(tensor.shape) for name, tensor in plain.state_dict().items()}
    options: dict[str, Any] = {}
    before, after = own.get(f"{parts.stem}.weight"), shapes.get(f"{parts.stem}.weight")
    if before and after and len(before) == len(after) == 4 and before != after:
        if after[1] != before[1]:
            options["channels"] = after[1]
        if after[2] != before[2]:
            options["stem"] = after[2]
    for name, shape in own.items():
        given = shapes.get(name)
        if name.endswith(POSITIONS) and given and given != shape and len(shape) == len(given) == 3:
            options["size"] = _size(plain, shape, given)
    return options | _head(plain, shapes, parts)


def _head(plain: nn.Module, shapes: Shapes, parts: Ends) -> dict[str, Any]:
    tops = [parts.head]
    while "." in tops[-1]:
        tops.append(tops[-1].rpartition(".")[0])
    for top in tops:
        width = _width(plain.get_submodule(top))
        if width is None:
            continue
        text = head_text(shapes, top, width)
        if text:
            return {"head": text} if top == parts.head else {"at": top, "head": text}
        if text == "":
            return {} if top == parts.head else {"at": top, "head": ""}
        if same_below(plain, shapes, top):
            return {}
    return {}


def same_below(plain: nn.Module, shapes: Shapes, top: str) -> bool:
    """Whether a module's tensors have the names of the file's."""
    own = {name for name in plain.state_dict() if within(name, top) and not name.endswith(COUNTER)}
    given = {name for name in shapes if within(name, top) and not name.endswith(COUNTER)}
    return own == given


def _width(module: nn.Module) -> int | None:
    """Features that a head reads."""
    first = next((each for each in module.modules() if isinstance(each, nn.Linear)), None)
    return None if first is None else int(first.in_features)


def _classes(plain: nn.Module, shapes: Shapes, options: Mapping[str, Any]) -> int | None:
    """K: the rows of the last layer."""
    parts = ends_of(plain)
    top = str(options.get("at", parts.head))
    if options.get("head"):
        last = str(options["head"]).split(", ")[-1].removesuffix(" without bias")
        shape = shapes.get(f"{top}.{last}.weight")
    else:
        shape = shapes.get(f"{parts.head}.weight")
    return int(shape[0]) if shape else None


def _size(plain: nn.Module, before: tuple[int, ...], after: tuple[int, ...]) -> int | None:
    """The pictures' size from the number of patches that have a position."""
    size = getattr(plain, "image_size", None) or (getattr(plain, "default_cfg", {}).get("input_size") or (0, 0))[1]
    for tokens in (1, 0, 2):
        grid, wanted = math.isqrt(before[1] - tokens), math.isqrt(after[1] - tokens)
        if size and grid and grid**2 == before[1] - tokens and wanted**2 == after[1] - tokens:
            return int(size) // grid * wanted
    return None


def _forms(plain: nn.Module, options: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What shapes do not say: a small stem's stride, and whether the first pooling is there; the likeliest first."""
    pools = bool(first_pooling(plain))
    if "stem" in options:
        strided = {"stride": 2}
        return [{"pooling": False}, {}, strided, {**strided, "pooling": False}] if pools else [{}, strided]
    return [{}, {"pooling": False}, {"pooling": False, "stride": 1}] if pools else [{}]


def _told(options: Mapping[str, Any]) -> str:
    words = []
    if "channels" in options:
        words.append(f"{options['channels']} channel{'s' if options['channels'] != 1 else ''}")
    if "stem" in options or "stride" in options:
        words.append(f"a {options.get('stem', 'usual')}{'x' + str(options['stem']) if 'stem' in options else ''} stem")
    if options.get("pooling") is False:
        words.append("no first pooling")
    if options.get("head"):
        words.append("a head of its own")
    if options.get("size"):
        words.append(f"pictures of {options['size']} px")
    return f", with {', '.join(words)}" if words else ""
