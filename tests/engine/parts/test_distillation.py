"""Distillation against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from maga_desk.engine.parts.distillation import distillation, kl_to


def test_kl_against_a_closed_form() -> None:
    rng = np.random.default_rng(0)
    student, teacher = (torch.from_numpy(rng.normal(size=(5, 4))) for _ in range(2))
    for temperature in (1.0, 4.0):
        p, q = (np.exp(each.numpy() / temperature) for each in (teacher, student))
        p, q = (each / each.sum(axis=1, keepdims=True) for each in (p, q))
        expected = (p * np.log(p / q)).sum(axis=1).mean()
        assert float(kl_to(student, teacher, temperature)) == pytest.approx(expected)
    assert float(kl_to(student, student)) == pytest.approx(0, abs=1e-12)


def test_distillation_is_kl_without_what_is_gone() -> None:
    rng = np.random.default_rng(0)
    outputs, teacher = (torch.from_numpy(rng.normal(size=(6, 4))) for _ in range(2))
    masked = teacher.clone()
    masked[:, 2] = -torch.inf
    p = np.exp(teacher.numpy()[:, [0, 1, 3]] / 2)
    p /= p.sum(axis=1, keepdims=True)
    logs = torch.log_softmax(outputs / 2, dim=1).numpy()[:, [0, 1, 3]]
    expected = 4 * (p * (np.log(p) - logs)).sum(axis=1).mean()
    assert float(distillation(outputs, masked, 2.0)) == pytest.approx(expected)
