"""A model's outputs that answer to the pictures' classes in another order than is assumed."""

from __future__ import annotations

from dataclasses import dataclass

from maga_desk.domain.errors import CheckpointError, name_some
from maga_desk.domain.pixels import Bytes


@dataclass(frozen=True, eq=False)
class MovedClass:
    """A class of the pictures to which another output answers than that in its place.

    :param output: that answers to it, from 0; ``name`` is the class.
    :param taken_for: what that output would be called in the assumed order; empty where it has no name.
    :param right: percent of its pictures that are read rightly in the assumed order; ``answered``: in the other.
    :param example: one of its pictures, ``(3, H, W) uint8`` RGB.
    """

    name: str
    output: int
    taken_for: str
    right: float
    answered: float
    example: Bytes | None = None


@dataclass(frozen=True, eq=False)
class ClassOrder:
    """The order that fits.

    :param classes: names in the order of the outputs; ``outputs``: of each class, in the assumed order, its output.
    :param accuracy: percent of the pictures that are read rightly in the assumed order; ``matched``: in this one.
    """

    classes: tuple[str, ...]
    accuracy: float
    matched: float
    moved: tuple[MovedClass, ...]
    outputs: tuple[int, ...] = ()

    def line(self) -> str:
        """What was noticed, for people."""
        moved = [f"{each.name} is output {each.output}" for each in self.moved]
        return (
            "its outputs stand in another order than the classes: in the folders' order it reads "
            f"{self.accuracy:.0f} % of the pictures, in another {self.matched:.0f} % ({name_some(moved, 4)})"
        )


class OrderError(CheckpointError):
    """The outputs answer to the classes in another order; one may say that order and go on."""

    def __init__(self, order: ClassOrder, *, where: str) -> None:
        self.order = order
        spare = len(order.classes) > len(order.outputs)  # the net has more outputs than the pictures have classes
        said = [str(output) for output in order.outputs] if spare else [f'"{name}"' for name in order.classes]
        text = ", ".join(said[:_SHOWN]) + (", …" if len(said) > _SHOWN else "")
        key = "outputs" if spare else "classes"
        super().__init__(order.line(), where=where, todo=f"look at it, then say the order: [model] {key} = [{text}]")

    @property
    def said(self) -> dict[str, tuple[str, ...] | tuple[int, ...]]:
        """The key of ``[model]`` that says this order, with its value."""
        spare = len(self.order.classes) > len(self.order.outputs)
        return {"outputs": self.order.outputs} if spare else {"classes": self.order.classes}


_SHOWN = 100  # names in a line
