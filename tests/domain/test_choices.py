"""A choice's own keys, and who is involved in a guidance."""

from __future__ import annotations

import pytest
from pydantic import Field

from maga_desk.domain.choices import Options, ProposerInfo, involved, read_options
from maga_desk.domain.errors import SpecError
from maga_desk.domain.specs.guidance import GuidanceSpec, MixturePart
from maga_desk.domain.specs.run import RunSpec, parse_spec


class Own(Options):
    depth: int = Field(3, ge=1, description="How deep")


ALONE = ProposerInfo("alone", "Alone", "", options=Own)
SENDS = ProposerInfo("sends", "Sends", "", fields=("endpoint",), sends=True)
MIXED = ProposerInfo("mixed", "Mixed", "", fields=("mixture",))
KNOWN = {info.name: info for info in (ALONE, SENDS, MIXED)}


def test_own_keys_are_checked_and_named() -> None:
    assert read_options(Own, {"depth": 5}, "[guidance] options") == Own(depth=5)
    with pytest.raises(SpecError, match=r"\[guidance\] options: 'depth' = 0"):
        read_options(Own, {"depth": 0}, "[guidance] options")
    with pytest.raises(SpecError, match="unknown key 'width'"):
        read_options(Own, {"width": 5}, "[guidance] options")


def test_a_mixture_involves_its_parts_and_another_proposer_does_not() -> None:
    parts = (MixturePart(proposer="sends"), MixturePart(proposer="gone"))
    assert involved(GuidanceSpec(proposer="mixed", mixture=parts), KNOWN) == [MIXED, SENDS]
    assert involved(GuidanceSpec(proposer="alone", mixture=parts), KNOWN) == [ALONE]
    assert involved(GuidanceSpec(proposer="gone"), KNOWN) == []


def test_without_own_keys_a_spec_is_written_as_before_there_were_any() -> None:
    spec = RunSpec().with_changes("guidance", proposer="mixture", mixture=({"proposer": "uniform"},))
    written = spec.model_dump(mode="json", include={"seed", "guidance"})["guidance"]
    assert "options" not in written and "options" not in written["mixture"][0]
    assert "options" not in spec.to_toml() and "options" not in spec.model_dump_json()


def test_own_keys_come_back_from_what_is_written() -> None:
    part = {"proposer": "alone", "options": {"depth": 2}}
    spec = RunSpec().with_changes("guidance", proposer="mixture", mixture=(part,), options={"a": 1})
    assert parse_spec(spec.model_dump()) == spec
    assert RunSpec.model_validate_json(spec.model_dump_json()) == spec
    assert spec.guidance.options == {"a": 1}
    assert spec.guidance.alone(spec.guidance.mixture[0]).options == {"depth": 2}, "each part has its own"
