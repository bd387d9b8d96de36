"""Specs and cards as columns, and the few words of a spec that a list of sessions shows."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from maga_desk.domain.errors import SpecError, StoreError, name_some
from maga_desk.domain.events import WorkspaceCard
from maga_desk.domain.specs.run import ForgetSpec, RunSpec, parse_spec
from maga_desk.store.values import json_in


def spec_in(spec: RunSpec) -> str:
    # Not RunSpec.to_json: that leaves out what is None, and a parameter set to None must come back.
    return json_in(spec.model_dump())


def spec_out(text: str, what: str) -> RunSpec:
    """:raises StoreError: it was kept by a version whose specs this one cannot read."""
    try:
        return parse_spec(json.loads(text))
    except SpecError as error:
        raise StoreError(f"{what} holds a spec that this version cannot read: {error.what}") from error


def card_in(card: WorkspaceCard) -> str:
    return json_in(asdict(card))


def card_out(text: str) -> WorkspaceCard:
    raw: dict[str, Any] = json.loads(text)
    for key in ("classes", "kinds", "size", "skipped", "notes"):
        raw[key] = tuple(raw[key])
    return WorkspaceCard(**raw)


def spec_columns(spec: RunSpec) -> dict[str, str | None]:
    """What the list of sessions shows of a spec; listing must not read specs, which may hold 50,000 labels by hand."""
    return {
        "data": spec.data.path or spec.data.source,
        "checkpoint": spec.model.checkpoint,
        "forget": forget_text(spec.forget),
        "method": spec.method.name,
        "spec": spec_in(spec),
    }


def card_columns(card: WorkspaceCard) -> dict[str, str | int]:
    return {"card": card_in(card), "train_pictures": card.train_pictures, "test_pictures": card.test_pictures}


def forget_text(forget: ForgetSpec) -> str:
    """``cat, truck; 12 pictures; 5 %``, or nothing."""
    parts = []
    if forget.classes or forget.kinds:
        parts.append(name_some((*forget.classes, *forget.kinds)))
    if forget.pictures:
        parts.append("1 picture" if len(forget.pictures) == 1 else f"{len(forget.pictures)} pictures")
    if forget.files:
        parts.append(f"pictures named in {forget.files}")
    if forget.fraction is not None:
        parts.append(f"{forget.fraction * 100:g} %")
    return "; ".join(parts)
