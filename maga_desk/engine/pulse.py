"""What the live curves show beside accuracies: pictures a second, memory, and how keeping and forgetting get on."""

from __future__ import annotations

from collections.abc import Callable

from maga_desk.engine.agreement import Agreement
from maga_desk.engine.passes import Tally
from maga_desk.engine.routine import Routine
from maga_desk.models.peak import held
from maga_desk.models.runtime import Runtime


class Pulse:
    """Asked whenever the net is looked at; the device has done its steps by then.

    :param seconds: of work so far, without looks and pauses.
    """

    def __init__(
        self, routine: Routine, runtime: Runtime, tally: Tally | None, seconds: Callable[[], float], first: int
    ) -> None:
        self._runtime, self._tally, self._seconds = runtime, tally, seconds
        self._agreement = Agreement(routine, runtime)
        self._step, self._passed, self._spent = first, self._passes(), seconds()

    def at(self, step: int) -> dict[str, float]:
        """``throughput``: pictures that passed forward in a second since the last time, half a net counting as half a
        picture; ``memory`` in GB; ``agreement`` of the gradients, -1 to 1. What is not known is left out.
        """
        found = {"memory": held(self._runtime.device) / 1e9}
        passed, spent = self._passes(), self._seconds()
        if step > self._step and passed is not None and self._passed is not None and spent > self._spent:
            found["throughput"] = (passed - self._passed) / (spent - self._spent)
        self._step, self._passed, self._spent = step, passed, spent
        agreement = self._agreement.at(step)
        return found if agreement is None else {**found, "agreement": agreement}

    def _passes(self) -> int | None:
        passes = self._tally.passes if self._tally is not None else None
        return None if passes is None else passes.forward
