"""Whether a person agreed that pictures may be sent to an endpoint."""

from __future__ import annotations

from maga_desk.domain.settings import load_settings, save_settings
from maga_desk.domain.specs.guidance import GuidanceSpec


def lacks_consent(guidance: GuidanceSpec) -> bool:
    """Whether asking with this guidance would send pictures to an address that nobody agreed to."""
    if not guidance.uses("endpoint") or guidance.endpoint.url is None:
        return False
    return guidance.endpoint.origin not in load_settings()[0].agreed_endpoints


def set_consent(origin: str, *, agreed: bool) -> tuple[str, ...]:
    """Remember an agreement or its end; the origins that are agreed to now.

    :raises OutputError: the settings cannot be written.
    """
    settings = load_settings()[0]
    kept = tuple(each for each in settings.agreed_endpoints if each != origin)
    settings = settings.model_copy(update={"agreed_endpoints": (*kept, origin) if agreed else kept})
    save_settings(settings)
    return settings.agreed_endpoints
