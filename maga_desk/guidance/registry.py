"""The proposers, in the order in which they are offered; a new one is one more line, or a package's entry point."""

from __future__ import annotations

from maga_desk.domain.registry import Registry
from maga_desk.guidance.proposer import Proposer
from maga_desk.guidance.proposers import (
    centroids,
    channels,
    classifier,
    clip,
    encoder,
    endpoint,
    file,
    mixture,
    mllm,
    subspaces,
    uniform,
    weights,
)

PROPOSERS: Registry[Proposer] = Registry(
    "proposer",
    "maga_desk.proposers",
    (
        mllm.PROPOSER,
        endpoint.PROPOSER,
        clip.PROPOSER,
        encoder.PROPOSER,
        classifier.PROPOSER,
        centroids.PROPOSER,
        subspaces.PROPOSER,
        channels.PROPOSER,
        weights.PROPOSER,
        uniform.PROPOSER,
        file.PROPOSER,
        mixture.PROPOSER,
    ),
    kind=Proposer,
    where="[guidance] proposer",
)
