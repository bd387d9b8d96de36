"""What a command gives to those who question models: remembered answers, keys, a person's agreement."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from maga_desk.domain import paths
from maga_desk.domain.choices import involved
from maga_desk.domain.errors import StoreError
from maga_desk.domain.opinion import NoBook
from maga_desk.domain.settings import SettingsFile
from maga_desk.domain.specs.guidance import GuidanceSpec
from maga_desk.guidance.means import Means
from maga_desk.services.installation import proposers
from maga_desk.services.keys import endpoint_key
from maga_desk.store.sessions import SessionStore

SEND_HELP = "Agree, once for each address, that pictures are sent to the spec's endpoint."


def agree(guidance: GuidanceSpec) -> None:
    """Remember that pictures may be sent to the endpoint that a spec names.

    :raises OutputError: the settings cannot be written.
    """
    if guidance.endpoint.url is None or not any(info.sends for info in involved(guidance, proposers())):
        return
    origin = guidance.endpoint.origin
    SettingsFile().change(lambda settings: settings.with_agreement(origin, agreed=True))
    click.echo(f"pictures are sent to {origin}, as you agreed", err=True)


@contextmanager
def means_for(*guidances: GuidanceSpec, fresh: bool = False) -> Iterator[Means]:
    """What any of these needs.

    :param fresh: ask everything anew instead of taking what is remembered.
    """
    agreed = frozenset(SettingsFile().values.endpoints.agreed)
    asks = any(info.asks for guidance in guidances for info in involved(guidance, proposers()))
    if fresh or not asks:
        yield Means(NoBook(), endpoint_key, agreed)
        return
    try:
        store = SessionStore.open(paths.sessions_file())
    except StoreError as error:
        click.echo(f"answers are not remembered: {error}", err=True)
        yield Means(NoBook(), endpoint_key, agreed)
        return
    with store:
        yield Means(store, endpoint_key, agreed)
