"""What a result may claim, and what its record does not show: sentences that follow from the facts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from maga_desk.domain.questions import ANSWER_WORDS, AuditQuestion
from maga_desk.domain.yardstick import FRESH

_AISVS = "OWASP AISVS"


def claim_text(exact: bool, made: Mapping[str, Any], questions: Sequence[AuditQuestion]) -> str:
    """What of OWASP's AI Security Verification Standard the result can claim.

    It asks for two different things: that a net is retrained, or unlearned by a certified algorithm; and that tests
    show less influence of the forgotten than a threshold allows. The first is claimed for retrained nets alone.

    :param made: the checkpoint's own record: for a retrained net it says from which weights training started.
    """
    if exact:
        retrained = made.get("retrained")
        start = retrained.get("start") if isinstance(retrained, Mapping) else None
        if start == FRESH:
            return (
                f"{_AISVS}: retrained from newly drawn weights without the forgotten pictures. For these pictures that "
                "is exact, so far as no other file that went into the training holds them."
            )
        return (
            f"{_AISVS}: retrained without the forgotten pictures, but not from newly drawn weights. That is exact only "
            "if the weights that training started from never saw them, which this record does not show."
        )
    tested = next(each for each in questions if each.key == "membership")
    never = "It does not claim the requirement that asks for retraining or for a certified algorithm."
    if tested.answer == "as":
        return (
            f"{_AISVS}: at most the requirement that membership-inference tests stay under a threshold that was set "
            f"beforehand; the tests that were run do. {never}"
        )
    words = ANSWER_WORDS[tested.answer]
    return (
        f"{_AISVS}: no requirement can be claimed. The membership-inference tests under a threshold that was set "
        f"beforehand say: {words}. {never}"
    )


def limits(
    *,
    exact: bool,
    title: str,
    before_known: bool,
    after_known: bool,
    code_known: bool,
    list_known: bool,
    guessed: bool,
) -> Iterator[str]:
    """What the record does not show, a sentence or two each.

    :param title: the method's.
    :param before_known: the original's hash was kept; likewise the result's, the code and packages, and the list of
        pictures.
    :param guessed: the retrained model was made by a guessed recipe.
    """
    if not exact:
        yield (
            f"{title} approximates retraining. No figure here proves that nothing of the pictures is left: they say "
            "what the attacks that were run could find, and another attack may find more."
        )
    yield (
        "Every figure was measured on the number of pictures that stands beside it. What lies within its interval "
        "cannot be told apart."
    )
    yield "Copies elsewhere are not reached: backups, exports, and other models that were trained on the same pictures."
    yield (
        "The signature shows that the record was not changed since it was signed. It does not show that what the "
        "record says is true, and its times are those of the machine's clock."
    )
    if guessed:
        yield "How the original was trained is not known: the retrained model that it is judged by was made by a guess."
    if not before_known:
        yield "The hash of the original was not kept."
    if not after_known:
        yield "The hash of the result was taken when the record was made, not when the result was judged."
    if not code_known:
        yield "The version that made the run kept neither the hash of its code nor the packages that it used."
    if not list_known:
        yield "The list of forgotten pictures is not there: the record has counts of them, and no Merkle root."
