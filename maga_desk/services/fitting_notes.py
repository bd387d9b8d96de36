"""What is said of a net that was found and tried, a line each, for people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from maga_desk.domain import architecture
from maga_desk.domain.errors import name_some
from maga_desk.services.fitting import FoundNet

if TYPE_CHECKING:
    from maga_desk.models.trying import Attempt


def said(found: FoundNet) -> tuple[str, ...]:
    """What the file says and how the net was found; nothing of what this program wrote itself."""
    if found.contents.ours:
        return _of_zeros(found)
    first = next(iter(found.forms))
    lines = [f"The model: {architecture.title(first)} with {found.classes} outputs ({found.forms[first]})."]
    place, net = found.net.place, found.net
    if place or net.prefix:
        under = f"under '{place}'" if place else "at the top"
        without = f", without the prefix '{net.prefix}'" if net.prefix else ""
        lines.append(f"Its weights were found {under}{without}.")
    if found.info.came is not None and found.info.came.spare:
        lines.append(
            f"Further classifiers in its midst, which only training uses, are left out: "
            f"{name_some(found.info.came.spare, 4)}. Unlearning would not reach them."
        )
    if net.left:
        lines.append(f"Left aside: {name_some(net.left, 3)}.")
    lines += _of_zeros(found)
    if found.contents.score:
        key, value = found.contents.score
        lines.append(f"The file says of itself: {key} {value:g}.")
    if found.contents.beside.code:
        lines.append(f"Code beside it was not run: {name_some(found.contents.beside.code, 3)}.")
    return tuple(lines)


def _of_zeros(found: FoundNet) -> tuple[str, ...]:
    """That a net was pruned."""
    from maga_desk.models.pruning import pruned_share

    if not found.zeros:
        return ()
    share, count = pruned_share(found.zeros), len(found.zeros)
    layers = "1 layer" if count == 1 else f"{count} layers"
    return (f"{share:.0%} of the weights of {layers} were pruned away; they stay zero.",)


def averages(found: FoundNet) -> tuple[str, ...]:
    """What a person should know where a file holds an average of the net alone."""
    if found.net.averaged and not found.facts.both:
        return ("The file holds an average of the net over its training steps (EMA), and that one is open.",)
    return ()


def order_unsought(found: FoundNet) -> tuple[str, ...]:
    """That classes in another order would not be noticed, where there are too many of them."""
    from maga_desk.models.trying import MOST_MATCHED

    if found.info.classes or found.classes <= MOST_MATCHED:
        return ()
    return (
        f"Of {found.classes:,} outputs it was not looked for whether the classes stand in another order than the "
        f"folders: that is done for up to {MOST_MATCHED:,}. [model] classes says the order.",
    )


def _best_of(tried: Sequence[Attempt], key: Callable[[Attempt], Any]) -> dict[Any, float]:
    """The highest accuracy of each."""
    best: dict[Any, float] = {}
    for each in tried:
        best[key(each)] = max(best.get(key(each), 0.0), each.right)
    return best


def forms_tried(tried: Sequence[Attempt], chosen: Attempt, forms: Sequence[str]) -> tuple[str, ...]:
    """How well other forms with the same tensors read."""
    if len(forms) < 2:
        return ()
    best = _best_of(tried, lambda each: each.form)
    told = [f"{architecture.title(form)}: {best[form]:.0f} %" for form in best if form != chosen.form]
    if not told:  # the others take no pictures of this size
        return ()
    return (
        f"Tried on some pictures, {architecture.title(chosen.form)} reads {best[chosen.form]:.0f} %; "
        f"other forms with the same tensors: {name_some(told, 4)}.",
    )


def ways_tried(tried: Sequence[Attempt], chosen: Attempt) -> tuple[str, ...]:
    """How well other ways of reading pixels do: the chosen one is a guess, and stays in sight."""
    ways = _best_of([each for each in tried if each.form == chosen.form], lambda each: each.way.title)
    told = [f"{title}: {value:.0f} %" for title, value in ways.items() if title != chosen.way.title]
    return (
        f"The file does not say how pixels were normalised. Tried: {chosen.way.title}, {ways[chosen.way.title]:.0f} % "
        f"right; {name_some(told, 4)}. The best is used; [model] mean and std say another.",
    )


def frames_tried(tried: Sequence[Attempt], chosen: Attempt) -> tuple[str, ...]:
    """How well other ways of bringing pictures to a size do."""
    frames = _best_of([each for each in tried if each.form == chosen.form], lambda each: each.frame)
    if len(frames) < 2:
        return ()
    told = [f"{frame.title}: {value:.0f} %" for frame, value in frames.items() if frame != chosen.frame]
    frame: Any = chosen.frame
    return (
        f"The file does not say how pictures were brought to a size. Tried: {frame.title}, {frames[frame]:.0f} % "
        f"right; {name_some(told, 3)}. [data] size, resize, crop, interpolation and fill say another.",
    )
