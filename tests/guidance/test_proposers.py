"""The classifier's own views, each against plain arithmetic."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from maga_desk.domain.control import RunControl
from maga_desk.domain.specs.run import RunSpec
from maga_desk.guidance.proposers.centroids import centroid_likeness
from maga_desk.guidance.proposers.channels import channel_view
from maga_desk.guidance.proposers.classifier import classifier_view
from maga_desk.guidance.proposers.subspaces import subspace_view
from maga_desk.guidance.proposers.uniform import uniform
from maga_desk.guidance.proposers.weights import weight_view
from maga_desk.guidance.question import Question
from maga_desk.models.heads import head_of
from maga_desk.models.inference import features, logits
from maga_desk.services.guidance import NO_MEANS


@pytest.fixture
def question(tiny_workspace: Any, tiny_spec: RunSpec) -> Question:
    forget = tiny_workspace.forget_set(tiny_spec)
    return Question(
        model=tiny_workspace.model,
        pictures=tiny_workspace.pictures,
        images=tiny_workspace.images,
        forget=forget.indices,
        runtime=tiny_workspace.runtime,
        rows=(2,),
        guidance=tiny_spec.guidance,
        control=RunControl(),
        means=NO_MEANS,
    )


def of_class(question: Question, label: int) -> torch.Tensor:
    return (question.pictures.train.labels == label).nonzero().squeeze(1)


def test_the_classifiers_view_is_its_softened_mean_answer(question: Question) -> None:
    found = classifier_view(question)
    outputs = logits(question.model, question.pictures.train, question.runtime, of_class(question, 2), RunControl())
    np.testing.assert_allclose(found[2], torch.softmax(outputs / 2.0, dim=1).mean(dim=0).numpy(), atol=1e-6)
    assert not found[[0, 1, 3]].any(), "only the rows that are needed are asked"


def test_centroids_are_compared_after_their_common_mean_was_taken_away(question: Question) -> None:
    means = torch.stack(
        [
            features(question.model, question.pictures.train, question.runtime, of_class(question, label)).mean(dim=0)
            for label in range(4)
        ]
    ).numpy()
    centred = means - means.mean(axis=0)
    centred /= np.linalg.norm(centred, axis=1, keepdims=True)
    powers = np.exp((centred @ centred.T) / 0.1)
    np.fill_diagonal(powers, 0)
    np.testing.assert_allclose(centroid_likeness(question), powers / powers.sum(axis=1, keepdims=True), rtol=1e-3)


def test_weights_are_compared_row_by_row(question: Question) -> None:
    rows = head_of(question.model).weight.detach().double().cpu().numpy()
    centred = rows - rows.mean(axis=0)
    sizes, axes = np.linalg.eigh(centred.T @ centred)  # ascending
    shares = sizes[::-1].cumsum() / sizes.sum()
    places = centred @ axes[:, ::-1][:, : int(np.argmax(shares >= 0.95)) + 1]
    places /= np.linalg.norm(places, axis=1, keepdims=True)
    powers = np.exp(places @ places.T / 0.1) * (1 - np.eye(4))
    np.testing.assert_allclose(weight_view(question), powers / powers.sum(axis=1, keepdims=True), rtol=1e-4, atol=1e-6)


def test_what_is_shared_inside_is_symmetric_and_bounded(question: Question) -> None:
    for view in (subspace_view, channel_view):
        found = view(question)
        np.testing.assert_allclose(found, found.T, atol=1e-6)
        assert (found >= 0).all() and (found <= 1 + 1e-6).all()
        off = found[~np.eye(4, dtype=bool)]
        assert off.max() > off.min(), "it tells the pairs apart"


def test_the_control_tells_nothing_apart(question: Question) -> None:
    assert (uniform(question) == 1).all()
