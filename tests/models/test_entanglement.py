"""Entanglement against closed forms, and on a net whose classes share what they must share."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from maga_desk.domain.control import Cancelled, RunControl
from maga_desk.models.entanglement import (
    centroid_cosines,
    entanglement,
    shared_channels,
    subspace_overlaps,
)


def cloud(centre: list[float], spread: list[float], seed: int) -> torch.Tensor:
    noise = torch.randn(300, len(centre), generator=torch.Generator().manual_seed(seed))
    return torch.tensor(centre) + noise * torch.tensor(spread)


def test_centroids_on_a_line_are_opposite_and_alike() -> None:
    features = [cloud([3, 0], [0.01, 0.01], 0), cloud([2.9, 0], [0.01, 0.01], 1), cloud([-6, 0], [0.01, 0.01], 2)]
    cosines = centroid_cosines(features)
    assert cosines[0, 1] == pytest.approx(1, abs=1e-3)
    assert cosines[0, 2] == pytest.approx(-1, abs=1e-3)
    np.testing.assert_allclose(cosines, cosines.T)


def test_subspaces_that_coincide_and_that_are_orthogonal() -> None:
    plane = [0.0] * 6
    one = cloud(plane, [1, 1, 0, 0, 0, 0], 0)
    same = cloud(plane, [2, 0.5, 0, 0, 0, 0], 1)
    other = cloud(plane, [0, 0, 1, 1, 0, 0], 2)
    half = cloud(plane, [1, 0, 0, 0, 0, 1], 3)
    overlaps = subspace_overlaps([one, same, other, half], directions=2)
    assert overlaps[0, 1] == pytest.approx(1, abs=0.02)
    assert overlaps[0, 2] == pytest.approx(0, abs=0.02)
    assert overlaps[0, 3] == pytest.approx(0.5, abs=0.05)
    # principal angles by scipy
    from scipy.linalg import subspace_angles

    a, b = (np.linalg.svd(x.double().numpy() - np.mean([y.double().numpy().mean(0) for y in (one, half)], 0))[2][:2].T
            for x in (one, half))  # fmt: skip
    two = subspace_overlaps([one, half], directions=2)
    assert two[0, 1] == pytest.approx(float((np.cos(subspace_angles(a, b)) ** 2).mean()), abs=1e-6)


def test_shared_channels_are_a_jaccard_index() -> None:
    means = torch.zeros(3, 10)
    means[0, [0, 1]], means[1, [1, 2]], means[2, [8, 9]] = 5.0, 5.0, 5.0
    index = shared_channels(means, strong=0.2)
    assert index[0, 1] == pytest.approx(1 / 3) and index[0, 2] == 0 and index[0, 0] == 1
    means[1] = torch.nan
    assert np.isnan(shared_channels(means)[1]).all() and np.isnan(shared_channels(means)[0, 1])


def test_a_net_is_measured_and_a_class_without_pictures_is_unknown(tiny_workspace: Any) -> None:
    work = tiny_workspace
    labels = torch.from_numpy(work.images.train.labels)
    found = entanglement(work.model, work.pictures.train, labels, 5, work.runtime, RunControl())
    for pairs in (found.centroids, found.subspaces, found.channels):
        assert pairs.shape == (5, 5)
        assert np.isfinite(pairs[:4, :4]).all() and np.isnan(pairs[4]).all()
        np.testing.assert_allclose(pairs[:4, :4], pairs[:4, :4].T, atol=1e-9)
    assert (found.subspaces[:4, :4] <= 1).all() and (found.channels[:4, :4] >= 0).all()
    assert next(iter(found.layers)) == "stem.0" and found.layers["head"].shape == (5, 5)
    control = RunControl()
    control.cancel()
    with pytest.raises(Cancelled):
        entanglement(work.model, work.pictures.train, labels, 4, work.runtime, control)
