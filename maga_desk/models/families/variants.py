"""What people change in a library's net before they train it: another head or stem, no first pooling, grey pictures.

The rest of the net, its *body*, stays what the library builds; so a checkpoint is compared with the libraries' nets by
its body, and what differs is told by options.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import nn

from maga_desk.models.families.family import Shapes
from maga_desk.models.families.structure.layers import Layer, Named, layers_of, natural

COUNTER = "num_batches_tracked"
POSITIONS = ("pos_embed", "pos_embedding", "position_embeddings", "absolute_pos_embed")
"""How tensors end that have one row for each patch of the picture, so that they say for which size the net is."""


@dataclass(frozen=True)
class Ends:
    """Which of a net's modules people change.

    :param stem: the name of the first convolution; empty where there is none.
    :param head: the name of the layer that gives the logits.
    """

    stem: str
    head: str


def body_digest(shapes: Shapes, parts: Ends) -> str:
    """A digest of a net's names and shapes but those of its head, its stem's weight, and one row for each patch.

    :returns: 16 hexadecimal digits.
    """
    kept = sorted(
        f"{name}{list(shape)}"
        for name, shape in shapes.items()
        if not name.endswith((COUNTER, *POSITIONS))
        and not within(name, parts.head)
        and not (parts.stem and name == f"{parts.stem}.weight")
    )
    return hashlib.blake2b("\n".join(kept).encode(), digest_size=8).hexdigest()


def within(name: str, module: str) -> bool:
    """Whether a tensor is a module's own or of one inside it."""
    return name.startswith(f"{module}.")


def ends_of(model: nn.Module) -> Ends:
    """A freshly built net's stem and head, by the order of its modules."""
    stem = next((name for name, module in model.named_modules() if isinstance(module, nn.Conv2d)), "")
    linears = [name for name, module in model.named_modules() if isinstance(module, nn.Linear)]
    convs = [name for name, module in model.named_modules() if isinstance(module, nn.Conv2d)]
    return Ends(stem, (linears or convs)[-1])


class Head(Named):
    """Layers in a chain that stand where a library's net has one: ``fc.1`` behind a dropout, ``fc.0`` and ``fc.3``.

    ReLU between linear layers; normalisation behind a linear layer comes before the ReLU.

    :param layers: by their names inside the head.
    """

    def __init__(self, layers: Iterable[Layer], classes: int) -> None:
        super().__init__()
        self._layers = tuple(layers)
        for layer in self._layers:
            last = layer is self._layers[-1]
            width = classes if last else layer.width
            linear = layer.kind == "linear"
            self.put(layer.name, nn.Linear(layer.shape[1], width, layer.bias) if linear else nn.BatchNorm1d(width))

    def forward(self, x: Any) -> Any:
        waiting = False
        for layer in self._layers:
            if waiting and layer.kind == "linear":
                x, waiting = nn.functional.relu(x), False
            x = self.get_submodule(layer.name)(x)
            waiting = waiting or layer.kind == "linear"
        return x


def head_text(shapes: Shapes, head: str, width: int) -> str | None:
    """The layers of a head that is no longer a single one, as an option's text: ``1``, or ``0=256, 3``.

    :param width: of the features that it reads.
    :returns: ``None`` where these tensors are no such head; empty where it is a single layer.
    """
    inside = {name.removeprefix(f"{head}."): shape for name, shape in shapes.items() if within(name, head)}
    if set(inside) <= {"weight", "bias"} and len(inside.get("weight", ())) == 2 and inside["weight"][1] == width:
        return ""
    layers = sorted(layers_of(inside), key=lambda layer: natural(layer.name))
    if not layers or layers[-1].kind != "linear":
        return None
    told = []
    for layer in layers:
        if layer.kind not in ("linear", "norm") or layer.shape[-1] != width:
            return None
        width = layer.width
        bias = "" if layer.bias else " without bias"
        if layer is layers[-1]:
            told.append(f"{layer.name}{bias}")
        else:
            told.append(f"{layer.name}={'norm' if layer.kind == 'norm' else width}{bias}")
    return ", ".join(told)


def head_of_text(text: str, width: int, classes: int) -> nn.Module:
    """The head that :func:`head_text` told of.

    :raises ValueError: the text is none of its own.
    """
    layers = []
    for part in text.split(", "):
        words = part.removesuffix(" without bias")
        bias = words == part
        name, _, out = words.partition("=")
        if out == "norm":
            layers.append(Layer(name, "norm", (width,), bias))
            continue
        after = int(out) if out else classes
        layers.append(Layer(name, "linear", (after, width), bias))
        width = after
    return Head(layers, classes)


def altered(model: nn.Module, parts: Ends, classes: int, options: Mapping[str, Any]) -> nn.Module:
    """Make a library's net what the options say; the net itself is changed.

    ``channels`` of the pictures, ``stem`` the first convolution's kernel and ``stride`` its stride, ``pooling`` false
    takes the first pooling out, ``head`` other layers in the head's place.
    """
    stem = model.get_submodule(parts.stem) if parts.stem else None
    channels, kernel, stride = options.get("channels"), options.get("stem"), options.get("stride")
    if isinstance(stem, nn.Conv2d) and (channels or kernel or stride):
        size = int(kernel or stem.kernel_size[0])
        step = int(stride or (1 if kernel else stem.stride[0]))
        padding: Any = size // 2 if kernel else stem.padding
        bias = stem.bias is not None
        fresh = nn.Conv2d(int(channels or stem.in_channels), stem.out_channels, size, step, padding, bias=bias)
        if not bias:  # as residual nets do
            nn.init.kaiming_normal_(fresh.weight, mode="fan_out", nonlinearity="relu")
        replace(model, parts.stem, fresh)
    if options.get("pooling") is False:
        pool = first_pooling(model)
        if pool:
            replace(model, pool, nn.Identity())
    if text := options.get("head"):
        head = model.get_submodule(parts.head)
        replace(model, parts.head, head_of_text(str(text), int(head.in_features), classes))  # type: ignore[arg-type]
    return model


def first_pooling(model: nn.Module) -> str:
    """The name of a max pooling that comes before the second convolution; empty where there is none."""
    convs = 0
    for name, module in model.named_modules():
        convs += isinstance(module, nn.Conv2d)
        if convs > 1:
            return ""
        if isinstance(module, nn.MaxPool2d):
            return str(name)
    return ""


def replace(model: nn.Module, name: str, module: nn.Module) -> None:
    """Put another module in the place of one."""
    parent, _, own = name.rpartition(".")
    setattr(model.get_submodule(parent), own, module)
