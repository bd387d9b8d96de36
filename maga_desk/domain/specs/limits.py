"""``[limits]``: what a run may cost those who stay."""

from __future__ import annotations

from pydantic import Field

from maga_desk.domain.specs.section import Section


class LimitsSpec(Section):
    """A budget of collateral damage. A run that breaks a limit stops and goes back to the best net within all of them.

    Of the nets that were measured on the way, the best is the one that recognises the least of the forget set, or the
    latest where forgetting is for *membership*. A retraining is not stopped for its accuracy: it begins with none.
    """

    class_loss: float | None = Field(
        None, gt=0, le=100, description="Points of accuracy that no class that stays may lose"
    )
    retain_accuracy: float | None = Field(
        None, gt=0, le=100, description="Percent below which the accuracy on what stays may not fall"
    )
    minutes: float | None = Field(None, gt=0, le=10_000, description="Minutes that the unlearning may take")

    @property
    def any(self) -> bool:
        """Whether there is one."""
        return any(value is not None for value in (self.class_loss, self.retain_accuracy, self.minutes))
