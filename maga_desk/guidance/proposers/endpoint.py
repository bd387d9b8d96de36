"""A multimodal model behind an OpenAI-compatible address."""

from __future__ import annotations

from maga_desk.domain.choices import ProposerInfo
from maga_desk.domain.specs.prompt import QUESTION
from maga_desk.guidance.askers.endpoint import Endpoint
from maga_desk.guidance.proposer import Proposer, Proposing
from maga_desk.guidance.question import Question
from maga_desk.guidance.questioning import asked


def ask_endpoint(question: Question) -> Proposing:
    """True/False questions to an OpenAI-compatible endpoint; only after a person agreed to send pictures."""
    endpoint, means = question.guidance.endpoint, question.means
    asker = Endpoint(endpoint, question.guidance.model, means.key(endpoint.origin), loop=means.loop)
    return asked(question, asker, PROPOSER.info, prices=endpoint)


PROPOSER = Proposer(
    ProposerInfo(
        name="endpoint",
        title="MLLM at an endpoint",
        summary="A multimodal model behind an OpenAI-compatible address is asked; exemplar pictures are sent there.",
        fields=("endpoint", "model", "prompt", "exemplars"),
        needs=("endpoint", "model"),
        model_help="The model's name at the endpoint",
        asks=True,
        sends=True,
        prompt=QUESTION,
    ),
    ask_endpoint,
)
