"""Specs and cards as columns, and the few words of a spec that a list of sessions shows."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

from pydantic import TypeAdapter

from maga_desk.domain.accounting import Accounting
from maga_desk.domain.errors import SpecError, StoreError
from maga_desk.domain.events import WorkspaceCard
from maga_desk.domain.model_facts import ModelFacts
from maga_desk.domain.specs.run import RunSpec, parse_spec
from maga_desk.store.values import json_in

_ACCOUNTING = TypeAdapter(Accounting)
_FACTS: TypeAdapter[ModelFacts | None] = TypeAdapter(ModelFacts | None)


def spec_in(spec: RunSpec) -> str:
    # Keys that are None are written too: a parameter set to None must come back.
    return json_in(spec.model_dump())


def spec_out(text: str, what: str) -> RunSpec:
    """:raises StoreError: it was kept by a version whose specs this one cannot read."""
    try:
        return parse_spec(json.loads(text))
    except SpecError as error:
        raise StoreError(f"{what} holds a spec that this version cannot read: {error.what}") from error


def card_out(text: str, fingerprint: str | None, checkpoint_sha256: str | None) -> WorkspaceCard:
    """The inverse of :func:`card_columns`; the hashes are ``None`` where version 0.1.0 kept the card."""
    raw: dict[str, Any] = json.loads(text)
    for key in ("classes", "kinds", "size", "skipped", "notes"):
        raw[key] = tuple(raw[key])
    raw["own_without"] = tuple(raw.get("own_without", ()))
    raw["found"] = _ACCOUNTING.validate_python(raw.get("found", {}))  # later than version 0.1.0
    raw["model"] = _FACTS.validate_python(raw.get("model"))
    return WorkspaceCard(**raw, fingerprint=fingerprint or "", checkpoint_sha256=checkpoint_sha256 or "")


def spec_columns(spec: RunSpec) -> dict[str, str | None]:
    """What the list of sessions shows of a spec; listing must not read specs, which may hold 50,000 labels by hand."""
    return {
        "data": spec.data.path or spec.data.source,
        "checkpoint": spec.model.checkpoint,
        "forget": spec.forget.title(),
        "method": spec.method.name,
        "spec": spec_in(spec),
    }


def card_columns(card: WorkspaceCard) -> dict[str, str | int]:
    """A card as it is kept; what a list of sessions or a comparison needs stands in columns of its own."""
    rest = asdict(replace(card, found=card.found.brief()))
    hashes = {name: rest.pop(name) for name in ("fingerprint", "checkpoint_sha256")}
    return {
        "card": json_in(rest),
        "train_pictures": card.train_pictures,
        "test_pictures": card.test_pictures,
        **hashes,
    }
