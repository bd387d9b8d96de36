"""``TrainRecipe``: how a classifier is trained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Field,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
    model_validator,
)

from maga_desk.domain.specs.section import Name, Section, Titles, at_home

Optimizer = Annotated[
    Literal["sgd", "adam", "adamw", "rmsprop"],
    Titles({"sgd": "SGD", "adam": "Adam", "adamw": "AdamW", "rmsprop": "RMSprop"}),
]
RateSchedule = Annotated[
    Literal["one-cycle", "cosine", "step", "linear", "constant"],
    Titles({"cosine": "cosine down to zero", "step": "steps down at milestones", "linear": "linear down to zero"}),
]
Augmentation = Annotated[
    Literal["shift", "flip", "crop", "none"],
    Titles({"shift": "flips and shifts", "flip": "flips", "crop": "random resized crops and flips"}),
]

_FIRST = ("epochs", "lr", "batch_size", "momentum", "weight_decay", "augment")
"""Fields that are always written. Later ones are left out at their defaults: files and digests stay as they were."""

_AUGMENTATIONS: Mapping[object, object] = {True: "shift", False: "none"}
_ADAPTIVE_RATE = 1e-3
_MOMENTUM = 0.9


class TrainRecipe(Section):
    """How a classifier is trained. The defaults are this program's own: SGD with Nesterov momentum, one-cycle."""

    optimizer: Optimizer = Field("sgd", title="Optimiser", description="As torch has it")
    epochs: int = Field(15, ge=1, le=10_000, description="Passes over the training pictures")
    lr: float = Field(
        0.3, gt=0, le=10, description="Peak learning rate; where it is left out, 0.001 for optimisers other than SGD"
    )
    schedule: RateSchedule = Field("one-cycle", description="How the learning rate goes on from there")
    milestones: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        (), description="Epochs after which a schedule of steps multiplies the learning rate by gamma"
    )
    gamma: float = Field(0.1, gt=0, le=1, description="Of a schedule of steps")
    warm_up: float = Field(
        0,
        ge=0,
        le=10_000,
        title="Warm-up epochs",
        description="Epochs in which the learning rate rises linearly before its schedule begins",
    )
    batch_size: int = Field(128, ge=2, le=65_536, description="Pictures per step")
    momentum: float = Field(_MOMENTUM, ge=0, lt=1, description="Of SGD and RMSprop; Adam's own are torch's defaults")
    nesterov: bool = Field(True, description="SGD's momentum in Nesterov's form")
    weight_decay: float = Field(5e-4, ge=0, le=1, description="On all weights")
    clip: float = Field(0, ge=0, le=1e6, description="The longest gradient, to which longer ones are cut; 0: none is")
    label_smoothing: float = Field(0, ge=0, lt=1, description="Share of a label that is spread over all classes")
    mixup: float = Field(0, ge=0, le=100, description="Alpha of mixup; 0: none")
    cutmix: float = Field(0, ge=0, le=100, description="Alpha of CutMix; 0: none. With both, each step draws one")
    augment: Augmentation = Field(
        "shift", title="Augmentation", description="Random flips and shifts by up to an eighth of the picture (or "
        "true), flips alone, resized crops with flips, or none (or false)",
    )  # fmt: skip
    start: Annotated[Name, BeforeValidator(at_home)] | None = Field(
        None,
        title="Starts from",
        description="A checkpoint of the weights that training started from; default: newly drawn ones",
    )
    frozen: tuple[Name, ...] = Field(
        (), description="How the names of parameters begin that were not trained, layer1. for instance"
    )

    @field_validator("augment", mode="before")
    @classmethod
    def _named(cls, given: object) -> object:
        return _AUGMENTATIONS.get(given, given) if isinstance(given, bool) else given

    @model_validator(mode="before")
    @classmethod
    def _rated(cls, raw: Any) -> Any:
        if isinstance(raw, Mapping) and "lr" not in raw and raw.get("optimizer", "sgd") != "sgd":
            return {**raw, "lr": _ADAPTIVE_RATE}
        return raw

    @model_validator(mode="after")
    def _consistent(self) -> TrainRecipe:
        if self.schedule == "step" and not self.milestones:
            raise ValueError("a schedule of steps needs milestones")
        return self

    @model_serializer(mode="wrap")
    def _as_before(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        written: dict[str, Any] = write(self)
        fields = type(self).model_fields
        later = [name for name in fields if name not in _FIRST and getattr(self, name) != fields[name].default]
        kept = {name: written[name] for name in (*_FIRST, *later)}
        kept["augment"] = {"shift": True, "none": False}.get(self.augment, self.augment)
        return kept

    def full(self) -> dict[str, Any]:
        """Every key with its value."""
        return {name: getattr(self, name) for name in type(self).model_fields}

    def recorded(self) -> dict[str, Any]:
        """For a record, which says by a hash of its own what training started from."""
        return self.model_copy(update={"start": None}).model_dump(mode="json")

    def text(self) -> str:
        """``SGD, learning rate 0.3, one-cycle, 15 epochs, batch 128, weight decay 0.0005, flips and shifts``."""
        plain = self.optimizer == "sgd" and self.momentum > 0 and not self.nesterov
        step = f"steps by {self.gamma:g} after {', '.join(map(str, self.milestones))}"
        parts = (
            _title(Optimizer, self.optimizer) + (" without Nesterov" if plain else ""),
            f"learning rate {self.lr:g}",
            step if self.schedule == "step" else self.schedule,
            self.warm_up and f"warm-up {self.warm_up:g}",
            f"{self.epochs:,} epoch{'' if self.epochs == 1 else 's'}",
            f"batch {self.batch_size:,}",
            self.optimizer in ("sgd", "rmsprop") and self.momentum != _MOMENTUM and f"momentum {self.momentum:g}",
            f"weight decay {self.weight_decay:g}",
            self.clip and f"gradients up to {self.clip:g}",
            self.label_smoothing and f"label smoothing {self.label_smoothing:g}",
            self.mixup and f"mixup {self.mixup:g}",
            self.cutmix and f"CutMix {self.cutmix:g}",
            "no augmentation" if self.augment == "none" else _title(Augmentation, self.augment),
            self.start and "from weights of its own",
            self.frozen and f"without training {', '.join(self.frozen)}",
        )
        return ", ".join(str(part) for part in parts if part)


class NamedRecipe(TrainRecipe):
    """What a person names of a recipe. Keys that are not there follow from what the original says of itself, so that
    only :meth:`given` is of use here.
    """

    @model_validator(mode="before")
    @classmethod
    def _rated(cls, raw: Any) -> Any:
        return raw.full() if type(raw) is TrainRecipe else raw  # a whole one names all keys

    @model_validator(mode="after")
    def _consistent(self) -> NamedRecipe:
        return self  # what is missing may be known of the original

    @model_serializer(mode="wrap")
    def _as_before(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        written: dict[str, Any] = write(self)
        return {name: written[name] for name in self.given() if name in written}

    def given(self) -> dict[str, Any]:
        """The keys that are named, with their values; in the order of a recipe."""
        return {name: getattr(self, name) for name in type(self).model_fields if name in self.model_fields_set}


def _title(kind: Any, value: str) -> str:
    titles: Mapping[str, str] = next(each.titles for each in kind.__metadata__ if isinstance(each, Titles))
    return titles.get(value, value)
