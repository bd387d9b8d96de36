"""Fields of parameter classes that several methods share: bounds and description; each method sets its own default."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from maga_desk.domain.methods import FollowsNet

RetainBatch = Annotated[int, Field(ge=2, le=4096, description="Retain pictures per step")]
ForgetBatch = Annotated[int, Field(ge=1, le=4096, description="Forget pictures per step")]
BatchSize = Annotated[int, Field(ge=2, le=4096, description="Pictures per step")]

FallingRate = Annotated[
    float,
    Field(gt=0, le=1, description="Learning rate at the start; falls to zero along a cosine"),
    FollowsNet(),
]
ConstantRate = Annotated[float, Field(gt=0, le=1, description="Learning rate, constant"), FollowsNet()]
PeakRate = Annotated[float, Field(gt=0, le=10, description="Peak learning rate of a one-cycle schedule")]

ForgetWeight = Annotated[float, Field(ge=0, le=20, description="Weight of the forget pictures' loss")]
StageShare = Annotated[
    float,
    Field(
        gt=0, lt=1, title="Trainable stage", description="Least share of the net's work that the trainable stage does"
    ),
]
FeaturePasses = Annotated[float, Field(gt=0, le=100, description="Passes over the retain pictures' frozen features")]
LeastSteps = Annotated[int, Field(ge=1, le=100_000, description="Fewest steps; more passes are made over a small set")]
Distil = Annotated[
    float, Field(ge=0, le=20, title="Distillation", description="Weight of the distillation on retain pictures")
]
DistilTemperature = Annotated[float, Field(gt=0, le=20, description="Softmax temperature of the distillation")]
TargetWeight = Annotated[float, Field(ge=0, le=20, description="Weight of the forget pictures' targets")]
CriticUnits = Annotated[int, Field(ge=1, le=4096, description="Hidden units of the critic")]
