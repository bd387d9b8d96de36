"""A person is told when other programs take the processor, with clocks that the test moves."""

from __future__ import annotations

from maga_desk.engine.crowding import SECONDS, Crowding


class Machine:
    """A wall clock and the CPU seconds of a process."""

    def __init__(self) -> None:
        self.now = self.used = 0.0
        self.crowding = Crowding(lambda: self.now, lambda: self.used)

    def steps(self, share: float, seconds: float = SECONDS) -> list[str]:
        """What is said while steps get a share of a core."""
        said: list[str] = []
        for _ in range(10):
            self.now += seconds / 10 + 1e-6
            self.used += share * seconds / 10
            said += [message.text for message in self.crowding.news()]
        return said


def test_it_is_said_once_and_again_when_it_has_passed() -> None:
    machine = Machine()
    assert machine.steps(1.8) == []
    (text,) = machine.steps(0.3)
    assert "gets 30% of a core" in text and "thread" in text
    assert machine.steps(0.3) == [] and machine.steps(0.7) == [], "said once; neither busy nor free"
    (text,) = machine.steps(1.9)
    assert "free again" in text
    assert machine.steps(1.9) == []


def test_a_short_run_and_a_short_burst_are_no_news() -> None:
    machine = Machine()
    assert machine.steps(0.1, SECONDS / 2) == []
    machine = Machine()
    assert machine.steps(0.2, SECONDS / 3) == machine.steps(1.9, SECONDS) == []


def test_a_run_on_an_accelerator_leaves_the_processor_alone() -> None:
    machine = Machine()
    machine.crowding = Crowding(lambda: machine.now, lambda: machine.used, on_cpu=False)
    assert machine.steps(0.1) == machine.steps(0.1) == []
