"""The independent encoder as a proposer, and the probe in closed form that it answers with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from maga_desk.domain.control import Cancelled, RunControl
from maga_desk.domain.errors import GuidanceError, SpecError
from maga_desk.domain.events import Message, Progress
from maga_desk.domain.specs.run import RunSpec
from maga_desk.guidance.probe import fit_probe, halves_accuracy
from maga_desk.guidance.proposers.encoder import READ_AS
from maga_desk.guidance.proposing import propose_matrix
from maga_desk.guidance.question import Question
from maga_desk.services.guidance import NO_MEANS

RNG = np.random.default_rng(0)
CENTRES = np.array([[0.0, 0.0, 0.0], [2.0, 0.0, 1.0], [0.0, 3.0, 0.0]])


def points(count: int = 40) -> tuple[Any, Any]:
    labels = np.repeat([0, 1, 3], count)
    noise = RNG.standard_normal((3 * count, 3)) @ np.array([[1.0, 0.5, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.2]])
    return (CENTRES[np.repeat([0, 1, 2], count)] + noise).astype(np.float32), labels


def test_the_probes_shares_are_those_of_gaussians_around_the_class_means() -> None:
    """Against the densities themselves, with the covariance as another call of the library has it."""
    from sklearn.covariance import LedoitWolf

    features, labels = points()
    means = [features[labels == label].mean(axis=0) for label in (0, 1, 3)]
    within = np.concatenate([features[labels == label] - mean for label, mean in zip((0, 1, 3), means, strict=True)])
    covariance = LedoitWolf(assume_centered=True).fit(within).covariance_
    inverse = np.linalg.inv(covariance)
    apart = [features[:5] - mean for mean in means]
    densities = np.stack([np.exp(-0.5 * ((each @ inverse) * each).sum(axis=1)) for each in apart], axis=1)
    rows = np.array([2, 2, 0, 1, 3])
    wanted = np.zeros((5, 4))
    wanted[:, [0, 1, 3]] = densities
    wanted[np.arange(5), rows] = 0
    wanted /= wanted.sum(axis=1, keepdims=True)
    found = fit_probe(features, labels).shares(features[:5], rows, 4, 1.0)
    np.testing.assert_allclose(found, wanted, atol=1e-5)
    softer = fit_probe(features, labels).shares(features[:5], rows, 4, 4.0)
    assert (softer.max(axis=1) < found.max(axis=1)).all(), "a higher temperature spreads the answer"


def test_how_well_the_features_know_the_classes() -> None:
    features, labels = points()
    assert 70 < halves_accuracy(features, labels) <= 100  # type: ignore[operator]
    shuffled = RNG.permutation(labels)
    assert halves_accuracy(features, shuffled) < 55  # type: ignore[operator]
    assert halves_accuracy(features[:1], labels[:1]) is None


def test_features_that_say_nothing_are_refused() -> None:
    with pytest.raises(GuidanceError, match="the same for every picture"):
        fit_probe(np.zeros((6, 4), dtype=np.float32), np.array([0, 0, 1, 1, 2, 2]))


@pytest.fixture
def question(tiny_workspace: Any, tiny_spec: RunSpec, tiny_model: Path) -> Question:
    """The net of the shapes itself plays the encoder: it knows what it sees."""
    spec = tiny_spec.with_changes(
        "guidance", proposer="encoder", model=str(tiny_model), batch=16, options={"pictures": 20}
    )
    forget = tiny_workspace.forget_set(spec)
    return Question(
        model=tiny_workspace.model,
        pictures=tiny_workspace.pictures,
        images=tiny_workspace.images,
        forget=forget.indices,
        runtime=tiny_workspace.runtime,
        rows=(2,),
        guidance=spec.guidance,
        control=RunControl(),
        means=NO_MEANS,
    )


def asked(question: Question) -> tuple[list[Any], Any]:
    events, asking = [], propose_matrix(question)
    try:
        while True:
            events.append(next(asking))
    except StopIteration as end:
        return events, end.value


def test_the_encoder_answers_for_forgotten_pictures_and_says_who_it_is(question: Question) -> None:
    events, (matrix, likeness) = asked(question)
    assert matrix.values[2].sum() == pytest.approx(1) and matrix.values[2, 2] == 0
    assert not matrix.values[[0, 1, 3]].any(), "only the rows that are needed are asked"
    (opinion,) = likeness.opinions
    assert opinion.p_true.shape == (20, 4) and np.isnan(opinion.p_true[:, 2]).all()
    np.testing.assert_allclose(np.nansum(opinion.p_true, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(matrix.values[2], np.nan_to_num(opinion.of_class(2)), atol=1e-6)
    assert (opinion.proposer, opinion.prompt, len(opinion.revision)) == ("encoder", READ_AS, 12)
    counts = [(each.done, each.total) for each in events if isinstance(each, Progress) and each.total]
    assert counts[0] == (0, 80) and counts[-1] == (80, 80), "60 retained and 20 forgotten pictures"
    said = [each.text for each in events if isinstance(each, Message)]
    assert any("tells the 3 retained classes apart in" in text for text in said)


def test_where_a_part_of_a_class_is_forgotten_the_rest_of_it_belongs_to_the_probe(question: Question) -> None:
    rings = np.flatnonzero(question.images.train.labels == 2)
    events, (matrix, likeness) = asked(replace(question, forget=rings[:30]))
    assert matrix.values[2, 2] == 0 and matrix.values[2].sum() == pytest.approx(1)
    assert set(likeness.opinions[0].pictures) <= {question.images.train.names[i] for i in rings[:30]}
    assert any("tells the 4 retained classes apart" in each.text for each in events if isinstance(each, Message))


def test_it_stops_between_batches(question: Question) -> None:
    asking = propose_matrix(question)
    for event in asking:
        if isinstance(event, Progress) and event.done:
            question.control.cancel()
            break
    with pytest.raises(Cancelled):
        list(asking)


def test_too_little_stays(question: Question) -> None:
    most = np.flatnonzero(question.images.train.labels > 0)
    with pytest.raises(GuidanceError, match="fewer than two classes are retained"):
        asked(replace(question, forget=most, rows=(1, 2, 3)))


def test_a_wrong_key_of_its_own_is_said(question: Question) -> None:
    guidance = question.guidance.model_copy(update={"options": {"pictures": 0}})
    with pytest.raises(SpecError, match=r"\[guidance\] options.*pictures"):
        asked(replace(question, guidance=guidance))


def test_features_that_hardly_know_the_classes_are_warned_of(
    question: Question, tmp_path: Path, tiny_model: Path
) -> None:
    from safetensors.torch import load_file

    state = load_file(tiny_model)
    with torch.random.fork_rng():
        torch.manual_seed(1)
        state = {
            name: torch.randn_like(each) if each.is_floating_point() and each.ndim > 1 else each
            for name, each in state.items()
        }
    torch.save(state, tmp_path / "noise.pth")
    guidance = question.guidance.model_copy(update={"model": str(tmp_path / "noise.pth"), "options": {"size": 16}})
    events, _ = asked(replace(question, guidance=guidance))
    assert any(
        each.level == "warning" and "nothing says how" in each.text for each in events if isinstance(each, Message)
    )
