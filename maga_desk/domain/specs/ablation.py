"""Taking the method apart: every combination of guidance, combination, noise and form, as a comparison.

Written as a comparison whose ``methods`` are replaced by::

    [ablate]
    source = ["classifier", "weights", "uniform", { proposer = "mllm", model = "demo" }]
    combine = ["product", "soft"]
    noise = ["none", "positive", "negative", "both"]
    form = ["bank", "conditioned"]
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from maga_desk.domain.errors import SpecError
from maga_desk.domain.specs.comparison import Comparison, Contender, parse_comparison
from maga_desk.domain.specs.guidance import Combine
from maga_desk.domain.specs.run import MethodSpec, describe, read_toml
from maga_desk.domain.specs.section import Name, Section

Noise = Literal["none", "positive", "negative", "both"]
Form = Literal["bank", "conditioned"]


class AblationSpec(Section):
    """What is varied; each list is one factor."""

    method: Name = Field("maga", description="The method that is taken apart")
    source: tuple[Name | dict[str, Any], ...] = Field(
        ("classifier", "weights", "uniform"), min_length=1, description="Proposers, or tables of keys of [guidance]"
    )
    combine: tuple[Combine, ...] = Field(
        ("product", "soft"), min_length=1, description="How matrix and prediction give a label"
    )
    noise: tuple[Noise, ...] = Field(
        ("none", "positive", "negative", "both"), min_length=1, description="Which noise is mixed in"
    )
    form: tuple[Form, ...] = Field(("bank",), min_length=1, description="How the noise is made")
    positive: float = Field(0.3, gt=0, le=4, description="Weight of the positive noise, where a row has it")
    negative: float = Field(0.3, gt=0, le=4, description="Weight of the negative noise, where a row has it")
    params: dict[str, bool | int | float | str | None] = Field(
        default_factory=dict, description="The method's parameters in every row"
    )


def read_ablation(path: Path | str) -> Comparison:
    """Read an ablation from a TOML file.

    :raises SpecError: the file is missing, is no TOML, or has a wrong key or value.
    """
    path = Path(path)
    raw = read_toml(path)
    if "methods" in raw:
        raise SpecError("an ablation has no methods", where=str(path), todo="write [ablate]")
    try:
        ablation = AblationSpec.model_validate(raw.pop("ablate", {}))
    except ValidationError as error:
        raise SpecError(describe(error), where=str(path)) from error
    raw["methods"] = [contender.model_dump() for contender in contenders(ablation)]
    return parse_comparison(raw, path.resolve().parent, where=str(path))


def contenders(ablation: AblationSpec) -> list[Contender]:
    """One for every combination; without noise its form does not matter, so that comes once."""
    found = []
    for source, combine, noise, form in itertools.product(
        ablation.source, ablation.combine, ablation.noise, ablation.form
    ):
        if noise == "none" and form != ablation.form[0]:
            continue
        guidance = {"proposer": source} if isinstance(source, str) else dict(source)
        params = {
            "noise": "none" if noise == "none" else form,
            "positive": ablation.positive if noise in ("positive", "both") else 0.0,
            "negative": ablation.negative if noise in ("negative", "both") else 0.0,
            **ablation.params,
        }
        parts = [_title(guidance), combine, "no noise" if noise == "none" else f"{noise} noise"]
        if noise != "none" and len(ablation.form) > 1:
            parts.append(form)
        found.append(
            Contender(
                name=", ".join(parts),
                method=MethodSpec(name=ablation.method, params=params),
                guidance={**guidance, "combine": combine},
            )
        )
    return found


def _title(guidance: dict[str, Any]) -> str:
    which = guidance.get("model") or guidance.get("file")
    name = str(guidance.get("proposer", "classifier"))
    return f"{name} ({Path(str(which)).name})" if which else name
