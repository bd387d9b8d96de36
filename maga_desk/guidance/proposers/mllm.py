"""A multimodal model on this machine."""

from __future__ import annotations

from maga_desk.domain.choices import ProposerInfo
from maga_desk.domain.specs.guidance import DEMO_MODEL
from maga_desk.domain.specs.prompt import QUESTION
from maga_desk.guidance.askers.mllm import LocalModel
from maga_desk.guidance.proposer import Proposer, Proposing
from maga_desk.guidance.question import Question
from maga_desk.guidance.questioning import asked


def ask_mllm(question: Question) -> Proposing:
    """True/False questions to a local multimodal model."""
    return asked(question, LocalModel(question.guidance, question.runtime.device), PROPOSER.info)


PROPOSER = Proposer(
    ProposerInfo(
        name="mllm",
        title="MLLM on this machine",
        summary="A multimodal model on this machine is asked about exemplar pictures of each class, for every other "
        "class.",
        fields=("model", "revision", "prompt", "exemplars", "precision", "batch"),
        needs=("model",),
        models=(DEMO_MODEL,),
        model_help=f"“{DEMO_MODEL}” is the project's toy and knows only the demo's kinds; else a folder, or a hub name "
        "from the cache",
        asks=True,
        prompt=QUESTION,
    ),
    ask_mllm,
)
