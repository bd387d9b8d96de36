"""Yes and no beside the entries of a list: which of them are meant at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from maga_desk.domain.errors import ForgetError, name_some

_GOES = frozenset(
    ("forget", "forgotten", "unlearn", "erase", "delete", "remove", "mark", "marked", "mask", "select", "selected")
)
_STAYS = frozenset(("keep", "kept", "retain", "retained", "stay", "stays"))
_YES, _NO = frozenset(("true", "yes", "y", "1", "x")), frozenset(("false", "no", "n", "0", ""))
_WORDS = frozenset(("true", "false", "yes", "no"))  # what is no number


def flagged_rows(rows: Sequence[list[str]], column: int) -> tuple[list[list[str]], str]:
    """The rows of a table of which a column like ``forget`` does not say no, the titles first.

    :param column: that of the entries.
    :returns: these rows, and in words what was left out or not looked at; empty where nothing was.
    :raises ForgetError: a column says what stays, or several say what goes.
    """
    titles, below = rows[0], rows[1:]
    values = {
        place: [row[place].strip().lower() if len(row) > place else "" for row in below]
        for place in range(len(titles))
        if place != column
    }
    flags = {place: held for place, held in values.items() if _is_flag(titles[place], held)}
    asked = _asked({place: titles[place] for place in flags})
    if asked is None:
        return list(rows), _not_looked_at([titles[place] for place in flags])
    kept = [row for row, value in zip(below, flags[asked], strict=True) if value in _YES]
    return [titles, *kept], _left_out(titles[asked], len(below) - len(kept), len(below))


def flagged_json(held: Any) -> tuple[Any, str]:
    """JSON likewise: objects with a key like ``forget``, lists beside one of yes and no, and names that each have one.

    :raises ForgetError: a key says what stays, or several say what goes.
    """
    if isinstance(held, dict):
        return _of_object(held)
    if not isinstance(held, list) or not held:
        return held, ""
    if all(isinstance(each, dict) for each in held):
        keys = dict.fromkeys(key for each in held for key in each)
        flags = {key: key for key in keys if _is_flag(key, [_word(each.get(key)) for each in held])}
        asked = _asked(flags)
        if asked is not None:
            kept = [each for each in held if _word(each.get(asked)) in _YES]
            return kept, _left_out(asked, len(held) - len(kept), len(held))
        inner, said = _each(held)
        return inner, said or _not_looked_at(list(flags))
    if all(isinstance(each, list) and len(each) == len(held[0]) > 1 for each in held):
        masks = [place for place in range(len(held[0])) if all(isinstance(each[place], bool) for each in held)]
        if len(masks) == 1:
            kept = [each for each in held if each[masks[0]]]
            return kept, _left_out("", len(held) - len(kept), len(held))
    return _each(held)


def _of_object(held: Mapping[str, Any]) -> tuple[Any, str]:
    if held and all(isinstance(value, bool) for value in held.values()):
        kept = [key for key, value in held.items() if value]
        return kept, _left_out("", len(held) - len(kept), len(held))
    lists = {key: value for key, value in held.items() if isinstance(value, list)}
    flags = {key: key for key, value in lists.items() if value and all(isinstance(each, bool) for each in value)}
    asked = _asked(flags)
    if asked is None:
        inner, said = _each(list(held.values()))
        return dict(zip(held, inner, strict=True)), said or _not_looked_at(list(flags))
    mask = lists[asked]
    those = {
        key: [each for each, yes in zip(value, mask, strict=True) if yes] if len(value) == len(mask) else value
        for key, value in lists.items()
    }
    return {**held, **those}, _left_out(asked, mask.count(False), len(mask))


def _each(held: Sequence[Any]) -> tuple[list[Any], str]:
    found = [flagged_json(each) if isinstance(each, dict | list) else (each, "") for each in held]
    return [each for each, _ in found], " ".join(dict.fromkeys(said for _, said in found if said))


def _asked(titles: Mapping[Any, str]) -> Any:
    """Of columns of yes and no, the one that says what goes."""
    plain = {place: title.strip().strip('"').lower() for place, title in titles.items()}
    if stays := [titles[place] for place, title in plain.items() if title in _STAYS]:
        what = f"says by {stays[0]!r} of its entries whether they stay"
        raise ForgetError(what, todo="save a list of only those that are to be forgotten")
    goes = [place for place, title in plain.items() if title in _GOES]
    if len(goes) > 1:
        what = f"says more than once of its entries whether they go: {name_some([titles[each] for each in goes], 4)}"
        raise ForgetError(what, todo="keep one of these columns")
    return goes[0] if goes else None


def _is_flag(title: str, values: Sequence[str]) -> bool:
    """Numbers are yes and no only below a word that asks for that; every value must be one."""
    if title.strip().strip('"').lower() in _GOES | _STAYS:
        return set(values) <= _YES | _NO and any(values)
    return bool(values) and set(values) <= _WORDS


def _word(value: Any) -> str:
    return "" if value is None else str(value).strip().lower()


def _left_out(title: str, count: int, total: int) -> str:
    if not count:
        return ""
    of = f" by {title.strip()!r}" if title.strip() else ""
    return f"{count:,} of {total:,} entries are left out: the list says no of them{of}."


def _not_looked_at(titles: Sequence[str]) -> str:
    return f"Yes and no in {name_some([title.strip() for title in titles], 4)} was not looked at." if titles else ""
