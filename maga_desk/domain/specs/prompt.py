"""The question that a multimodal model is asked about a picture and a class."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from maga_desk.domain.errors import SpecError

PLACE = "{class}"
QUESTION = "Does what this image shows share visual features with a {class}? Answer True or False."
CAPTION = "a photo of a {class}"
LONGEST = 4000

_ARTICLE = re.compile(r"\b([Aa])n? (?=\{class\})")
_VOWEL = re.compile(r"(?!uni|use|eu|one\b)[aeiou]", re.IGNORECASE)


@dataclass(frozen=True)
class Prompt:
    """A template with ``{class}`` where a class's name goes.

    The name is put in as it is, never formatted: quotes and braces in it mean nothing. An English article right before
    it becomes "a" or "an" as the name needs.

    :raises SpecError: no place for the class, or far too long.
    """

    template: str = QUESTION

    def __post_init__(self) -> None:
        if PLACE not in self.template:
            raise SpecError(f"the prompt has no {PLACE} in it", where="[guidance] prompt", todo=f"e.g. {QUESTION}")
        if len(self.template) > LONGEST:
            raise SpecError(f"the prompt is longer than {LONGEST} characters", where="[guidance] prompt")

    def about(self, name: str) -> str:
        """The question about one class."""
        ending = "n " if _VOWEL.match(name) else " "
        return _ARTICLE.sub(lambda found: found[1] + ending, self.template).replace(PLACE, name)

    @property
    def version(self) -> str:
        """Eight hexadecimal digits that change whenever the wording does."""
        return hashlib.sha256(self.template.encode()).hexdigest()[:8]


def spoken(name: str, names: Mapping[str, str]) -> str:
    """What a class is called in a question: the given word, else its name with underscores read as spaces."""
    return names.get(name) or " ".join(name.replace("_", " ").split()) or name
