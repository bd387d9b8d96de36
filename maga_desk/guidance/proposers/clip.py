"""An encoder of pictures and texts."""

from __future__ import annotations

from maga_desk.domain.choices import ProposerInfo
from maga_desk.domain.specs.prompt import CAPTION
from maga_desk.guidance.askers.clip import Encoder, over_others
from maga_desk.guidance.proposer import Proposer, Proposing
from maga_desk.guidance.question import Question
from maga_desk.guidance.questioning import asked


def ask_encoder(question: Question) -> Proposing:
    """Softmax over the other classes of the similarity between an exemplar and the classes' captions."""
    encoder = Encoder(question.guidance, question.runtime.device)
    return asked(question, encoder, PROPOSER.info, read=over_others)


PROPOSER = Proposer(
    ProposerInfo(
        name="clip",
        title="CLIP-class encoder",
        summary="An image and text encoder says which other class's caption fits the exemplar pictures best.",
        fields=("model", "revision", "prompt", "exemplars", "precision", "batch"),
        needs=("model",),
        model_help="A folder, or a hub name from the cache",
        asks=True,
        prompt=CAPTION,
        shares=True,
    ),
    ask_encoder,
)
