"""Cutting a net in two: a trunk that reads the picture and a tail that draws the conclusion.

The cut is found in the net's traced graph, at a place where a single tensor carries everything on; of a net that cannot
be traced, between two modules (:mod:`.cutting`). Both halves share their weights with the net: training the tail trains
the net.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.utils.flop_counter import FlopCounterMode

from maga_desk.domain.errors import MethodError
from maga_desk.models.cutting import cut_by_modules


@dataclass(frozen=True)
class Halves:
    """A net as ``tail(trunk(images))``.

    :param share: of the forward pass's multiplications that the tail does, 0 to 1.
    """

    trunk: nn.Module
    tail: nn.Module
    share: float


def halves(model: nn.Module, example: Tensor, least: float) -> Halves:
    """Cut a net so that the tail is as small as it can be while it does at least a share ``least`` of the work.

    :param example: pictures ``(n, 3, H, W) float32`` on the net's device; two are enough.
    :raises MethodError: the net has no such place.
    """
    was_training = model.training
    model.eval()
    try:
        traced = fx.GraphModule(model, _Tracer().trace(model, _defaults(model)))
        work = _Counter(traced).counted(example)
    except Exception as error:  # tracing runs the net's own code on stand-ins; whatever that raises means the same
        found_by_modules = cut_by_modules(model, example, least)
        if found_by_modules is None:
            raise MethodError("the model cannot be cut into a trunk and a tail") from error
        return Halves(*found_by_modules)
    finally:
        model.train(was_training)
    total = sum(work.values())
    nodes = list(traced.graph.nodes)
    done = 0.0
    found: tuple[int, float] | None = None
    for place, node in enumerate(nodes):
        done += work.get(node, 0)
        share = 1 - done / max(total, 1)
        if share < least:
            break
        if node.op not in ("placeholder", "get_attr", "output") and _carries_all(nodes, place):
            found = place, share
    if found is None:
        raise MethodError("the model cannot be cut into a trunk and a tail: no single tensor carries everything on")
    place, share = found
    return Halves(_first(traced, nodes, place), _second(traced, nodes, place), share)


def _defaults(model: nn.Module) -> dict[str, Any]:
    """What a net is given beside its pictures, where nothing is said: else such an argument would seem to carry
    something past every cut.
    """
    given = inspect.signature(model.forward).parameters
    return {name: each.default for name, each in given.items() if each.default is not inspect.Parameter.empty}


class _Tracer(fx.Tracer):
    """Leaves a library's own layers whole, so that what watches them (the head's input, pruned weights) still does."""

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return isinstance(m, nn.Linear | nn.Conv2d) or super().is_leaf_module(m, module_qualified_name)


class _Counter(fx.Interpreter):
    """Runs a traced net once and counts each node's floating-point operations."""

    def counted(self, example: Tensor) -> Mapping[fx.Node, int]:
        self.work: dict[fx.Node, int] = {}
        with torch.no_grad():
            self.run(example)
        return self.work

    def run_node(self, n: fx.Node) -> Any:
        with FlopCounterMode(display=False) as counter:
            result = super().run_node(n)
        self.work[n] = counter.get_total_flops()
        return result


def _carries_all(nodes: list[fx.Node], place: int) -> bool:
    """Whether what comes after ``place`` needs nothing from before but that node's own result."""
    before = {node for node in nodes[:place] if node.op != "get_attr"}
    return not any(used in before for node in nodes[place + 1 :] for used in node.all_input_nodes)


def _first(traced: fx.GraphModule, nodes: list[fx.Node], place: int) -> nn.Module:
    graph = fx.Graph()
    copies: dict[fx.Node, fx.Node] = {}
    for node in nodes[: place + 1]:
        copies[node] = graph.node_copy(node, copies.__getitem__)
    graph.output(copies[nodes[place]])
    return fx.GraphModule(traced, graph)


def _second(traced: fx.GraphModule, nodes: list[fx.Node], place: int) -> nn.Module:
    graph = fx.Graph()
    copies: dict[fx.Node, fx.Node] = {nodes[place]: graph.placeholder("features")}
    needed = {used for node in nodes[place + 1 :] for used in node.all_input_nodes if used.op == "get_attr"}
    for node in nodes[:place]:
        if node in needed:
            copies[node] = graph.node_copy(node, copies.__getitem__)
    for node in nodes[place + 1 :]:
        copies[node] = graph.node_copy(node, copies.__getitem__)
    return fx.GraphModule(traced, graph)
