"""What asking cost, in words."""

from __future__ import annotations

from maga_desk.domain.opinion import Opinion

TOY = "The demo's own toy: it knows the demo's kinds and nothing else."


def cost_in_words(opinion: Opinion) -> str:
    """``mllm (demo): 152 questions about 8 pictures, 40 remembered; 1,592 tokens; 0.4 s.`` and what it is."""
    parts = [f"{_count(opinion.questions, 'question')} about {_count(len(opinion.pictures), 'picture')}"]
    if opinion.cached:
        parts[0] += ", all remembered" if opinion.cached == opinion.questions else f", {opinion.cached:,} remembered"
    if opinion.tokens:
        parts.append(_count(opinion.tokens, "token"))
    if opinion.cost is not None:
        parts.append(f"cost {opinion.cost:,.4f}")
    if opinion.cached < opinion.questions:
        parts.append(_seconds(opinion))
    text = f"{opinion.title}: {'; '.join(parts)}."
    return f"{text} {TOY}" if opinion.model == "demo" else text


def _seconds(opinion: Opinion) -> str:
    loading = f", loading {opinion.loading:,.1f} s" if opinion.loading >= 0.05 else ""
    return f"{opinion.seconds:,.1f} s{loading}"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
