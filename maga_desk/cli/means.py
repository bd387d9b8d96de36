"""What a command gives to those who question models: remembered answers, keys, a person's agreement."""

from __future__ import annotations

from maga_desk.cli.terminal import echo
from maga_desk.domain.choices import involved
from maga_desk.domain.opinion import AnswerBook, NoBook
from maga_desk.domain.settings import SettingsFile
from maga_desk.domain.specs.guidance import GuidanceSpec
from maga_desk.guidance.means import Means
from maga_desk.services.installation import proposers
from maga_desk.services.keys import endpoint_key

SEND_HELP = "Agree, once for each address, that pictures are sent to the spec's endpoint."


def agree(guidance: GuidanceSpec) -> None:
    """Remember that pictures may be sent to the endpoint that a spec names.

    :raises OutputError: the settings cannot be written.
    """
    if guidance.endpoint.url is None or not any(info.sends for info in involved(guidance, proposers())):
        return
    origin = guidance.endpoint.origin
    SettingsFile().change(lambda settings: settings.with_agreement(origin, agreed=True))
    echo(f"pictures are sent to {origin}, as you agreed", err=True)


def asks(guidance: GuidanceSpec) -> bool:
    """Whether any proposer that a spec names puts questions to a model."""
    return any(info.asks for info in involved(guidance, proposers()))


def means_of(book: AnswerBook | None) -> Means:
    """What those who question models are given.

    :param book: where answers are remembered; ``None``: every question is asked anew.
    """
    return Means(NoBook() if book is None else book, endpoint_key, frozenset(SettingsFile().values.endpoints.agreed))
