"""The ``[guidance]`` section: who proposes perturbing labels, how they are asked, and what a person changed."""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from maga_desk.domain.specs.prompt import QUESTION, Prompt
from maga_desk.domain.specs.section import Adjustable, Name, Place, Section

Combine = Literal["auto", "product", "transition", "classifier", "sample", "soft"]
DEMO_MODEL = "demo"
"""The multimodal model that comes with the program; it is no folder, even where one of this name lies there."""

_PRINTABLE = re.compile(r"[!-~]+")
_KEY_LIKE = re.compile(r"(sk|pk|rk|hf|gsk|ghp|xai|key|token)[-_].*[0-9].*", re.IGNORECASE)
"""A part of a path that is a key by its beginning. Long numbers of accounts are none: some services have them there."""

NumberFormat = Literal["auto", "float32", "bfloat16", "float16", "8bit", "4bit"]


class MatrixEdit(Section):
    """A cell of the transition matrix that a person set; the rest of its row is rescaled to sum to one.

    A locked cell can be neither edited nor rescaled until it is unlocked.
    """

    row: Name = Field(description="The class that is forgotten")
    column: Name = Field(description="The class that it is likened to")
    value: float = Field(ge=0, le=1, description="The probability of that class")
    locked: bool = Field(False, description="Keep the value when other cells of the row are edited")


def plain_address(url: str) -> str:
    """An address without a slash at its end.

    :raises ValueError: it is none, or holds what may be a key; the text never repeats it.
    """
    url = url.strip()
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # its own text repeats the address
        known = False
    if not known or not _PRINTABLE.fullmatch(url):
        raise ValueError("an address starts with http:// or https:// and names a machine")
    if "@" in parts.netloc or parts.query or parts.fragment or "?" in url or "#" in url:
        raise ValueError("an address holds no password, query or fragment: keys belong into the keyring")
    if any(_KEY_LIKE.fullmatch(part) for part in parts.path.split("/")):
        raise ValueError("a part of the address looks like a key: keys belong into the keyring")
    return url.rstrip("/")


class EndpointSpec(Section):
    """An OpenAI-compatible endpoint. Its key is no part of a spec: it lives in the system's keyring."""

    url: str | None = Field(None, description="Base address, e.g. http://localhost:8000/v1")
    concurrency: int = Field(4, ge=1, le=64, description="Questions under way at the same time")
    timeout: float = Field(60.0, gt=0, le=3600, description="Seconds to wait for one answer")
    retries: int = Field(5, ge=0, le=20, description="Further tries after a transient error, with growing pauses")
    input_price: float | None = Field(None, ge=0, description="Price of a million input tokens, to reckon the cost")
    output_price: float | None = Field(None, ge=0, description="Price of a million output tokens")

    @field_validator("url")
    @classmethod
    def _plain_address(cls, url: str | None) -> str | None:
        if url is None:
            return None
        return plain_address(url)

    @property
    def origin(self) -> str:
        """``https://host:port``: what a person agrees to send pictures to, and what a key belongs to."""
        parts = urlsplit(self.url or "")
        return f"{parts.scheme}://{parts.netloc.lower()}"


class MixturePart(Adjustable):
    """One source of a mixture; what it does not say itself is taken from ``[guidance]``."""

    proposer: Name = Field(description="A registered proposer")
    weight: float = Field(1.0, gt=0, le=1e6, description="Its share, relative to the other parts")
    model: Place | None = Field(None, description="As in [guidance]")
    file: Place | None = Field(None, description="As in [guidance]")


class GuidanceSpec(Adjustable):
    """How perturbing labels are proposed, and what a person changed."""

    proposer: Name = Field("classifier", description="A registered proposer: `maga-desk proposers` lists them")
    combine: Combine = Field(
        "auto", description="How the matrix and the classifier's prediction give a label; auto: by task"
    )
    gamma: float = Field(1.0, ge=0, le=16, description="Exponent of the matrix in the combination")
    temperature: float = Field(
        2.0,
        gt=0,
        le=100,
        title="Temperature",
        description="Of the softmax of the classifier, or of the encoder's probe: higher spreads its view over more "
        "classes",
    )
    model: Place | None = Field(
        None,
        title="Model",
        description="The model that is asked; `maga-desk proposers NAME` tells what a proposer takes",
    )
    revision: str | None = Field(
        None, title="Revision", description="Which commit of a hub model; default: the one in the cache"
    )
    prompt: str | None = Field(
        None, title="Question", max_length=4000, description="The question, with {class} in it; default: the standard"
    )
    exemplars: int = Field(
        8,
        ge=1,
        le=4096,
        title="Exemplars per class",
        description="Pictures of each class that are asked about; more give a steadier answer and take longer",
    )
    precision: NumberFormat = Field(
        "auto",
        title="Number format",
        description="Number format of a local model; auto takes what this machine does well",
    )
    batch: int = Field(
        32,
        ge=1,
        le=4096,
        title="Questions per pass",
        description="Questions, or an encoder's pictures, in one forward pass of a local model; more are faster while "
        "they fit into memory",
    )
    endpoint: EndpointSpec = Field(EndpointSpec(), title="Address")
    file: Place | None = Field(
        None, title="Matrix file", description="A matrix as CSV or JSON, rows and columns named by class"
    )
    mixture: tuple[MixturePart, ...] = Field((), title="Parts", description="The parts of a mixture")
    names: dict[str, str] = Field(default_factory=dict, description="Class name -> what it is called in questions")
    matrix_edits: tuple[MatrixEdit, ...] = Field((), description="Cells of the matrix that a person set")
    label_edits: dict[str, str] = Field(default_factory=dict, description="Picture name -> class name, set by hand")
    accepted: tuple[str, ...] = Field((), description="Names of pictures whose proposed label a person agreed to")

    def question(self, standard: str = QUESTION) -> Prompt:
        """The prompt in force.

        :param standard: the wording where none is given.
        :raises SpecError: it has no place for a class.
        """
        return Prompt(self.prompt if self.prompt is not None else standard)

    def alone(self, part: MixturePart) -> GuidanceSpec:
        """The same settings with one part of the mixture as the proposer."""
        return self.model_copy(
            update={
                "proposer": part.proposer,
                "model": part.model if part.model is not None else self.model,
                "file": part.file if part.file is not None else self.file,
                "options": part.options,
                "mixture": (),
            }
        )
