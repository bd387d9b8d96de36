"""The demo's tasks are ready to start: the recommended method, and a retrained model to compare with."""

from __future__ import annotations

from pathlib import Path

import pytest

from maga_desk.domain.demo import DEMO_TASKS, DemoTask
from maga_desk.domain.methods import TASKS
from maga_desk.engine.registry import METHODS


def test_every_task_is_shown() -> None:
    assert tuple(each.task for each in DEMO_TASKS) == TASKS


@pytest.mark.parametrize("demo", DEMO_TASKS, ids=lambda demo: demo.task)
def test_a_task_starts_with_the_recommended_method_and_a_shipped_yardstick(demo: DemoTask) -> None:
    spec = demo.spec()
    assert demo.task in METHODS.find(spec.method.name).info.recommended
    assert spec.audit.retrained is not None and Path(spec.audit.retrained).is_file()
    assert not spec.forget.is_empty and spec.data.source == "demo"
