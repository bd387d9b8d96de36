"""Cutting a net that cannot be traced, between two of its modules.

Such a net (Hugging Face's, whose code looks at what it is given) runs as it is. For the tail it runs on blank pictures,
and every module that was done before the cut gives what it gave to an example, but the last of them: that one gives
the features. Whether nothing else carries the picture past the cut is not believed, but tried on other pictures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from maga_desk.models.nested import put_module

_CLOSE = 1e-4  # outputs of the two halves, as a share of the largest
_MOST_TRIES = 40


@dataclass(frozen=True)
class Call:
    """A module that was run.

    :param output: what it gave.
    :param work: floating-point operations of the net up to its end.
    :param parents: names of the modules that it was run inside of.
    """

    name: str
    output: Any
    work: int
    parents: tuple[str, ...]


def cut_by_modules(model: nn.Module, example: Tensor, least: float) -> tuple[nn.Module, nn.Module, float] | None:
    """A trunk, a tail that does at least a share of the work, and that share; ``None`` where there is no such place.

    :param model: in evaluation mode.
    :param example: pictures ``(n, C, H, W)``, two or more.
    """
    with torch.no_grad():
        calls, total = _recorded(model, example)
        others = example.flip(0) * 0.5 + 0.1
        wanted = model(others)
        tries = 0
        for place in range(len(calls) - 1, -1, -1):
            share = 1 - calls[place].work / max(total, 1)
            if share < least or _carried(calls[place].output, len(example)) is None:
                continue
            tries += 1
            if tries > _MOST_TRIES:
                return None
            cut = _halves(model, calls, place, example)
            if cut is not None and _agree(*cut, others, wanted):
                return *cut, share
    return None


def _agree(trunk: nn.Module, tail: nn.Module, pictures: Tensor, wanted: Tensor) -> bool:
    try:
        found = tail(trunk(pictures))
    except (RuntimeError, ValueError, TypeError, AttributeError, IndexError, KeyError):
        return False  # what it computes in between does not go with blank pictures
    return found.shape == wanted.shape and torch.allclose(
        found, wanted, rtol=0, atol=_CLOSE * float(wanted.abs().max() + 1e-6)
    )


def _recorded(model: nn.Module, example: Tensor) -> tuple[list[Call], int]:
    """Every module's run in the order in which they ended, and the work of all."""
    calls: list[Call] = []
    open_: list[str] = []
    counter = FlopCounterMode(display=False)

    def begin(name: str) -> Callable[..., None]:
        return lambda *_: open_.append(name)

    def end(name: str) -> Callable[..., None]:
        def note(_module: nn.Module, _inputs: Any, output: Any) -> None:
            open_.pop()
            calls.append(Call(name, output, counter.get_total_flops(), tuple(open_)))

        return note

    named = [(name, module) for name, module in model.named_modules() if name]
    handles = [module.register_forward_pre_hook(begin(name), prepend=True) for name, module in named]
    handles += [module.register_forward_hook(end(name)) for name, module in named]
    try:
        with counter:
            model(example)
    finally:
        for handle in handles:
            handle.remove()
    return calls, counter.get_total_flops()


def _carried(output: Any, count: int) -> Tensor | None:
    """The tensor of a module's output that has a row for each picture."""
    parts = output if isinstance(output, tuple | list) else [output]
    rows = [part for part in parts if isinstance(part, Tensor) and part.is_floating_point() and len(part) == count]
    return rows[0] if len(rows) == 1 and rows[0].ndim > 1 else None


def _halves(model: nn.Module, calls: Sequence[Call], place: int, example: Tensor) -> tuple[nn.Module, nn.Module] | None:
    cut = calls[place]
    done = [call for call in calls[:place] if not _inside(call.name, cut.name)]
    outermost = {call.name: call for call in done if not any(_inside(call.name, other.name) for other in done)}
    later = {call.name for call in calls[place + 1 :] if call.name not in cut.parents}
    if cut.name in later or later & outermost.keys() or any(_has_own_weights(model, name) for name in cut.parents):
        return None
    after = [name for name in later if not any(_inside(name, other) for other in later)]
    given = {name: call.output for name, call in outermost.items()} | {cut.name: cut.output}
    order = [name for name, module in model.named_modules() if name in after and any(True for _ in module.children())]
    rest = [name for name, _ in model.named_modules() if name in after and name not in order]
    blank = torch.zeros_like(example[:1])
    trunk = Trunk(model, cut.name, [*outermost, cut.name])
    return trunk, Tail(model, cut.name, given, len(example), blank, [*order, *rest])


def _inside(name: str, module: str) -> bool:
    return name.startswith(f"{module}.")


def _has_own_weights(model: nn.Module, name: str) -> bool:
    return any(True for _ in model.get_submodule(name).parameters(recurse=False))


class _Reached(Exception):
    """The trunk's last module has run."""

    def __init__(self, output: Any) -> None:
        super().__init__()
        self.output = output


class Trunk(nn.Module):
    """A net up to the end of one of its modules; its other modules do not belong to it."""

    def __init__(self, net: nn.Module, last: str, modules: Sequence[str]) -> None:
        super().__init__()
        self._net, self._last = [net], last
        for name in modules:
            put_module(self, name, net.get_submodule(name))

    def forward(self, x: Tensor) -> Tensor:
        def stop(_module: nn.Module, _inputs: Any, output: Any) -> None:
            raise _Reached(output)

        net = self._net[0]
        handle = net.get_submodule(self._last).register_forward_hook(stop)
        try:
            net(x)
        except _Reached as reached:
            features = _carried(reached.output, len(x))
            assert features is not None
            return features
        finally:
            handle.remove()
        raise AssertionError("the net did not run its own module")


class Tail(nn.Module):
    """A net from the end of one of its modules on; the modules that run there are its own.

    :param given: what each module before gave to the example of ``count`` pictures.
    """

    def __init__(
        self, net: nn.Module, last: str, given: dict[str, Any], count: int, blank: Tensor, modules: Sequence[str]
    ) -> None:
        super().__init__()
        self._net, self._last, self._given, self._count, self._blank = [net], last, given, count, blank
        for name in modules:
            put_module(self, name, net.get_submodule(name))

    def forward(self, features: Tensor) -> Tensor:
        net, rows = self._net[0], len(features)
        with self._standing_in(features):
            outputs: Tensor = net(self._blank.to(features.device).expand(rows, *self._blank.shape[1:]))
        return outputs

    @contextmanager
    def _standing_in(self, features: Tensor) -> Iterator[None]:
        """While open, the modules before the cut give what they gave, for as many pictures."""
        stood: list[nn.Module] = []
        try:
            for name, output in self._given.items():
                module = self._net[0].get_submodule(name)
                answer = self._answer(output, features, last=name == self._last)
                object.__setattr__(module, "forward", lambda *_, answer=answer, **__: answer)
                stood.append(module)
            yield
        finally:
            for module in stood:
                del module.__dict__["forward"]

    def _answer(self, output: Any, features: Tensor, *, last: bool) -> Any:
        if isinstance(output, tuple | list):
            return type(output)(self._answer(part, features, last=last) for part in output)
        if not isinstance(output, Tensor) or output.ndim == 0 or len(output) != self._count:
            return output
        if last and output.is_floating_point():
            return features
        return output[:1].to(features.device).expand(len(features), *output.shape[1:])
