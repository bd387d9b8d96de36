"""``TrainRecipe``: how a classifier is trained."""

from __future__ import annotations

from pydantic import Field

from maga_desk.domain.specs.section import Section


class TrainRecipe(Section):
    """How a classifier is trained from a fresh initialisation: SGD with Nesterov momentum and a one-cycle schedule."""

    epochs: int = Field(15, ge=1, le=10_000, description="Passes over the training pictures")
    lr: float = Field(0.3, gt=0, le=10, description="Peak learning rate of the one-cycle schedule")
    batch_size: int = Field(128, ge=2, le=65_536, description="Pictures per step")
    momentum: float = Field(0.9, ge=0, lt=1, description="Of SGD, in Nesterov's form")
    weight_decay: float = Field(5e-4, ge=0, le=1, description="Of SGD, on all weights")
    augment: bool = Field(True, description="Random horizontal flip and shift by up to an eighth of the picture")

    def text(self) -> str:
        """``SGD, learning rate 0.3, one-cycle, 15 epochs, batch 128, weight decay 0.0005, flips and shifts``."""
        return ", ".join(
            (
                "SGD",
                f"learning rate {self.lr:g}",
                "one-cycle",
                f"{self.epochs:,} epoch{'' if self.epochs == 1 else 's'}",
                f"batch {self.batch_size:,}",
                f"weight decay {self.weight_decay:g}",
                "flips and shifts" if self.augment else "no augmentation",
            )
        )
