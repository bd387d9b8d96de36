"""``RunSpec``: everything that says what a run is.

The window edits one, the command line reads one from TOML, the database stores one as JSON. There is no second way
to describe a run. Unknown keys and wrong values are refused with one line that names the key.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import tomli_w
from pydantic import Field, ValidationError, model_validator

from maga_desk.domain.errors import SpecError
from maga_desk.domain.outside import read_text, toml_of
from maga_desk.domain.own_code import own_code
from maga_desk.domain.preprocessing import (
    FILL,
    LARGEST,
    SMALLEST,
    SMALLEST_CROP,
    Interpolation,
    Order,
    Resize,
    in_units,
)
from maga_desk.domain.resolved import RESOLVED
from maga_desk.domain.specs.forget import ForgetSpec
from maga_desk.domain.specs.guidance import DEMO_MODEL, GuidanceSpec
from maga_desk.domain.specs.limits import LimitsSpec
from maga_desk.domain.specs.recipe import NamedRecipe
from maga_desk.domain.specs.section import Adjustable, Name, Place, Section

Intent = Literal["auto", "concept", "membership"]
"""What forgetting is for. ``concept``: the thing must no longer be recognised. ``membership``: the net must be as if
these pictures had never been trained on, whatever it then predicts for them."""

INTENT_WORDS: Mapping[str, str] = {"concept": "not recognised any more", "membership": "as if never trained on"}
"""As a person reads them."""

Precision = Literal["auto", "float32", "bfloat16"]

DEVICES = ("auto", "cpu", "cuda", "mps")
"""What ``device`` is chosen from; a number may follow cuda."""

OPENED = ("data", "model", "device", "precision")
"""The keys of a :class:`RunSpec` that say which model and pictures are open, and how passes are computed."""

Depth = Literal["quick", "full"]


Side = Annotated[int, Field(ge=SMALLEST, le=LARGEST)]


class DataSpec(Adjustable):
    """Where the pictures come from."""

    source: Name = Field(
        "auto",
        description="Where pictures are read from: one of `maga-desk sources`; auto: found by looking",
    )
    path: Place | None = Field(None, description="What the source reads: a folder or a file")
    train_limit: int | None = Field(None, ge=1, description="Use a seeded subset of this many training pictures")
    subset_seed: int = Field(0, ge=0, description="Seed of that subset; independent of the run's own seed")
    families: Place | None = Field(None, description="A file of kind = family, or 'demo' for the demo world's families")
    size: Side | tuple[Side, Side] | None = Field(
        None, description="Side in pixels, or [height, width]; default: what the checkpoint says"
    )
    resize: Resize | None = Field(
        None, description="How a picture is brought to that size: cover (scaled, the middle cut out), squash, or pad; "
        "default: what the checkpoint or its config says, else tried, else cover",
    )  # fmt: skip
    crop: float | None = Field(
        None,
        ge=SMALLEST_CROP,
        le=1,
        description="The share of the scaled side that is kept: 0.875 for 224 of 256; default: 1",
    )
    interpolation: Interpolation | None = Field(None, description="How it is scaled; default: bilinear")
    fill: str | None = Field(
        None, pattern=FILL, description="What stands around a picture that is padded: black, mean (ImageNet's mean "
        "colour), edge (its border drawn out) or #rrggbb; default: what the config says, else tried, else black",
    )  # fmt: skip
    held_out: float = Field(
        0.0, ge=0, lt=1, description="Share of the test pictures that audits leave alone: for tuning, and for methods "
        "that need unseen pictures",
    )  # fmt: skip
    judge_on: Literal["test", "held-out"] = Field("test", description="Pictures that an audit takes for test pictures")


class ModelSpec(Section):
    """The trained classifier."""

    arch: str | None = Field(
        None, description="An architecture's name, or a function of your own file that gives the net (model.py:build); "
        "default: what the checkpoint says, else what its tensors tell",
    )  # fmt: skip
    checkpoint: Place | None = Field(None, description="safetensors or a PyTorch state dict; the demo has its own")
    forgotten: Place | None = Field(
        None, description="A text file of pictures that it has forgotten before; default: forgotten.txt beside it"
    )
    weights: Literal["net", "average"] | None = Field(
        None, description="Which of a file's nets, where it holds the net itself and an average over its steps (EMA)"
    )
    classes: tuple[Name, ...] | Name = Field(
        (), description="The model's class names in the order of its outputs, where the checkpoint does not say them; "
        "or the file that lists them"
    )  # fmt: skip
    outputs: tuple[Annotated[int, Field(ge=0)], ...] = Field(
        (), description="Of a net with more outputs than the pictures have classes: which answer to these, in the "
        "order of the pictures' classes, the first being 0"
    )  # fmt: skip
    spare: Literal["masked", "kept"] | None = Field(
        None, description="What becomes of outputs that no class of the pictures has: masked, they never answer; kept, "
        "they count as classes without pictures. Default: kept where they have names, else masked",
    )  # fmt: skip
    mean: tuple[Annotated[float, Field(ge=0, le=255)], ...] | None = Field(
        None, min_length=1, description="Channel means used for normalising, of pixels in 0..1 or, above 1, in 0..255"
    )
    std: tuple[Annotated[float, Field(gt=0, le=255)], ...] | None = Field(
        None, min_length=1, description="Channel deviations, likewise"
    )
    order: Order | None = Field(
        None, description="The channels that the model reads: RGB, BGR, grey (L) or RGB with an opaque fourth"
    )

    allow_chance: bool = Field(
        False, description="Go on although the model is at chance on the pictures, so that no figure can be believed"
    )

    @model_validator(mode="after")
    def _normalises(self) -> Self:
        if (self.mean is None) != (self.std is None):
            given, missing = ("mean", "std") if self.std is None else ("std", "mean")
            raise ValueError(f"{given} without {missing}: give both")
        if self.mean is not None and self.std is not None:
            in_units(self.mean, self.std)
        return self


class MethodSpec(Section):
    """The unlearning method and the parameters that differ from its defaults."""

    name: Name = Field("maga", description="A registered method: `maga-desk methods` lists them")
    preset: Name = Field("auto", description="Settings by name; auto: by task, intent and size of the data")
    params: dict[str, bool | int | float | str | None] = Field(
        default_factory=dict, description="The method's own parameters, those that differ from the preset"
    )


class AuditSpec(Section):
    """What the result is judged against, and how thoroughly."""

    depth: Depth = Field(
        "full", description="quick: accuracies and plain attacks; full: what is left inside and what comes back as well"
    )
    shadows: int = Field(
        0, ge=0, le=64, description="Shadow models for RMIA and U-LiRA: so many trained with and so many without"
    )
    jobs: int = Field(1, ge=1, le=64, description="Shadow models that are trained at the same time")
    retrained: Place | None = Field(None, description="'make', a checkpoint's path, or absent")
    declared_by: str = Field(
        "", description="Who declares that the checkpoint is retrained, where its own record does not say it; the "
        "name is kept"
    )  # fmt: skip
    guesses: int = Field(
        1, ge=1, le=2, description="2: where the original's recipe has to be guessed, a second, different guess is "
        "retrained as well; figures and verdicts by both stand beside one another"
    )  # fmt: skip
    without_retraining: bool = Field(
        False, description="Judge by verification models as well: nets that are trained on 15 % of the pictures that "
        "stay, each for about 15 % of a retraining; what they find speaks against a result, what they do not find "
        "not for it"
    )  # fmt: skip
    verification_models: int = Field(
        3, ge=2, le=16, description="How many verification models `without_retraining` trains"
    )
    recipe: NamedRecipe | None = Field(
        None,
        description="Retraining's recipe; what is left out is as the checkpoint says, and guessed where it does not",
    )


class OutputSpec(Section):
    """Where the run's folder goes."""

    dir: Place = Field("out", description="The folder that the run writes: checkpoint, figures, labels, events")


class RunSpec(Section):
    """Everything about a run. Frozen; change it with :meth:`with_changes`."""

    seed: int = Field(0, ge=0, le=2**31 - 1, description="Of everything that is drawn at random in the run")
    intent: Intent = Field(
        "auto", description="concept: no longer recognised; membership: as if never trained on; auto: by task"
    )
    device: str = Field("auto", pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$", description="auto, cpu, cuda, cuda:1 or mps")
    precision: Precision = Field(
        "auto", description="What passes are computed in; auto measures once on each machine which is faster"
    )
    data: DataSpec = DataSpec()
    model: ModelSpec = ModelSpec()
    forget: ForgetSpec = ForgetSpec()
    guidance: GuidanceSpec = GuidanceSpec()
    method: MethodSpec = MethodSpec()
    limits: LimitsSpec = LimitsSpec()
    audit: AuditSpec = AuditSpec()
    output: OutputSpec = OutputSpec()

    def with_changes(self, section: str, **values: Any) -> RunSpec:
        """A copy with keys of one section (or, with ``section=''``, of the top level) replaced and validated.

        :raises SpecError: a wrong key or value.
        """
        raw = self.model_dump()
        (raw[section] if section else raw).update(values)
        return parse_spec(raw)

    def to_toml(self, resolved: Mapping[str, Any] | None = None) -> str:
        """The spec as TOML, without keys that are unset.

        :param resolved: what was really used, for a run's record; whoever reads the spec leaves it out.
        """
        record = {RESOLVED: dict(resolved)} if resolved else {}
        return tomli_w.dumps({**self.model_dump(mode="json", exclude_none=True), **record})


def parse_spec(raw: Mapping[str, Any], *, where: str | None = None) -> RunSpec:
    """Validate plain data as a :class:`RunSpec`.

    :raises SpecError: names the first wrong key and what was expected.
    """
    try:
        return RunSpec.model_validate(raw)
    except ValidationError as error:
        raise SpecError(describe(error), where=where) from error


def describe(error: ValidationError) -> str:
    """One line for a pydantic error: the first fault's key and message, and how many more there are."""
    faults = error.errors(include_url=False, include_context=False)
    first = faults[0]
    key = ".".join(str(part) for part in first["loc"]) or "the file"
    if first["type"] == "extra_forbidden":
        text = f"unknown key '{key}'"
        if first["loc"][-2:-1] == ("method",):
            text += "; a method's own settings stand in its params"
    elif first["type"] == "value_error":  # of several keys that do not go together
        text = f"'{key}': {first['msg'].removeprefix('Value error, ')}"
    elif "endpoint" in first["loc"] or "url" in first["loc"]:  # a key may stand there
        text = f"'{key}': {first['msg'][0].lower()}{first['msg'][1:]}"
    else:
        text = f"'{key}' = {first['input']!r}: {first['msg'][0].lower()}{first['msg'][1:]}"
    return text if len(faults) == 1 else f"{text} (and {len(faults) - 1} more)"


def read_spec(path: Path | str) -> RunSpec:
    """Read a TOML spec; relative paths in it are taken from the file's folder.

    An input that is not there but lies below the working folder is taken from there.

    :raises SpecError: the file is missing, is no TOML, or has a wrong key or value.
    """
    path = Path(path)
    return absolute(parse_spec(read_asked(path), where=str(path)), path.resolve().parent)


def read_asked(path: Path) -> dict[str, Any]:
    """What a TOML file asks for; a run's own record says beside it what was used.

    :raises SpecError: the file is missing or is no TOML.
    """
    raw = read_toml(path)
    if isinstance(raw.get(RESOLVED), dict):
        del raw[RESOLVED]
    return raw


def read_toml(path: Path) -> dict[str, Any]:
    """:raises SpecError: the file is missing or is no TOML."""
    try:
        return toml_of(read_text(path))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise SpecError(f"cannot read: {reason}", where=str(path)) from error
    except ValueError as error:
        raise SpecError(f"not valid TOML: {error}", where=str(path)) from error


def absolute(spec: RunSpec, base: Path) -> RunSpec:
    """The spec with its relative paths taken from ``base``, or from the working folder where only that has them.

    ``~`` at a path's beginning is the own folder.
    """

    def found(value: str | None) -> str | None:
        if value is None:
            return None
        value = os.path.expanduser(value)
        below_spec, below_here = base / value, Path.cwd() / value
        return str(below_here if not below_spec.exists() and below_here.exists() else below_spec)

    families, retrained = spec.data.families, spec.audit.retrained
    raw = spec.model_dump()
    raw["data"]["path"] = found(spec.data.path)
    raw["data"]["families"] = families if families == "demo" else found(families)
    raw["model"]["checkpoint"] = found(spec.model.checkpoint)
    if spec.model.arch is not None and (code := own_code(spec.model.arch)) is not None:
        raw["model"]["arch"] = code.at(found(str(code.file)) or "", spec.model.arch)
    raw["model"]["forgotten"] = found(spec.model.forgotten)
    if isinstance(spec.model.classes, str):
        raw["model"]["classes"] = found(spec.model.classes)
    raw["forget"]["files"] = found(spec.forget.files)
    guidance = raw["guidance"]
    guidance["file"] = found(spec.guidance.file)
    guidance["model"] = _model_folder(spec.guidance.model, found)
    for part in guidance["mixture"]:
        part["file"], part["model"] = found(part["file"]), _model_folder(part["model"], found)
    raw["audit"]["retrained"] = retrained if retrained == "make" else found(retrained)
    if raw["audit"]["recipe"] and raw["audit"]["recipe"].get("start"):
        raw["audit"]["recipe"]["start"] = found(raw["audit"]["recipe"]["start"])
    raw["output"]["dir"] = str(base / os.path.expanduser(spec.output.dir))
    return parse_spec(raw)


def _model_folder(model: str | None, found: Callable[[str | None], str | None]) -> str | None:
    """A model that is a folder, as an absolute path; a hub name or 'demo' stays as it is."""
    path = None if model == DEMO_MODEL else found(model)
    return path if path and Path(path).is_dir() else model
