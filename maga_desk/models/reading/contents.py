"""All that a checkpoint says of itself: its nets, what wrote it, which architecture it names, what stands beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from maga_desk.domain.checkpoints import CheckpointInfo
from maga_desk.domain.errors import CheckpointError
from maga_desk.domain.said_recipe import SaidRecipe
from maga_desk.models.reading.config import Beside, read_beside, weights_in
from maga_desk.models.reading.files import Raw, read_file
from maga_desk.models.reading.inert import Inert
from maga_desk.models.reading.left_out import left_out
from maga_desk.models.reading.plain import check_plain
from maga_desk.models.reading.recipes import read_recipe
from maga_desk.models.reading.values import plain_values
from maga_desk.models.reading.weights import Weights, find_weights

METADATA_KEY = "maga_desk"
_ARCH_KEYS = ("arch", "model_name", "architecture", "model_arch", "net_type", "backbone", "model", "net", "name")
_LABEL_KEYS = ("classes", "class_names", "label_names", "labels", "CLASSES", "categories", "idx_to_class", "id2label")
_SCORES = re.compile(
    r"^(best_)?(acc|accuracy|prec1|metric|score|top1|sa|val_acc\w*|test_acc\w*)(\d*|uracy)$", re.IGNORECASE
)
_DEEPEST = 4


@dataclass(frozen=True)
class CheckpointContents:
    """What a checkpoint holds.

    :param path: the file of weights; in a folder, the one that was taken.
    :param kind: what wrote it: ``safetensors``, ``PyTorch``, ``TorchScript``, ...
    :param nets: all nets in it, the likeliest first; at least one.
    :param info: what this program wrote into it, else what stands beside it.
    :param ours: this program wrote it.
    :param named: architectures' names that it says, likeliest first.
    :param epoch: of the training that wrote it, where it says so.
    :param values: plain values in it, as its tree has them.
    :param left: for each net, what the file holds that is neither it nor one of the plain values.
    :param recipe: how the net was trained, as far as it or what lies beside it says so.
    :param score: an accuracy that it says of itself, with the key's name.
    """

    path: Path
    kind: str
    nets: tuple[Weights, ...]
    info: CheckpointInfo
    ours: bool
    beside: Beside
    named: tuple[str, ...] = ()
    epoch: int | None = None
    score: tuple[str, float] | None = None
    values: Any = None
    left: tuple[tuple[str, ...], ...] = ()
    recipe: SaidRecipe = field(default_factory=SaidRecipe)


def read_contents(path: Path | str) -> CheckpointContents:
    """Read a checkpoint: a file, or a folder that has one.

    :raises CheckpointError: missing, no weights in it, or a pickle that wants to run code.
    """
    path = Path(path).expanduser()
    if path.is_dir():
        path = weights_in(path)
    raw = read_file(path)
    info, ours = _own(raw)
    nets = tuple(find_weights(raw.tree))
    if not nets:
        raise CheckpointError("holds no weights", where=str(path), todo="save model.state_dict()")
    for net in nets:
        check_plain(net.state, path)
    beside = Beside() if ours else read_beside(path)
    if not ours:
        info = CheckpointInfo(classes=beside.classes or _classes(raw.tree))
    values = dict(_plain_values(raw.tree, 0))
    named = (*beside.named, *_named(values, nets[0], path))
    score = next(((key, float(value)) for key, value in values.items() if _is_score(key, value)), None)
    epoch = next((int(value) for key, value in values.items() if key == "epoch" and isinstance(value, int)), None)
    names, noted = tuple(dict.fromkeys(named)), plain_values(raw.tree)
    recipe = SaidRecipe.of_record(info.made) if ours else read_recipe(raw.tree, path)
    left = tuple(() if ours else left_out(raw.tree, noted, net) for net in nets)
    return CheckpointContents(path, raw.kind, nets, info, ours, beside, names, epoch, score, noted, left, recipe)


def _own(raw: Raw) -> tuple[CheckpointInfo, bool]:
    text: Any = raw.metadata.get(METADATA_KEY)
    if text is None and isinstance(raw.tree, Mapping):
        text = raw.tree.get(METADATA_KEY)
    return understood(text, raw.path), isinstance(text, str)


def understood(text: object, path: Path) -> CheckpointInfo:
    """What this program wrote into a file; of a file without it, nothing.

    :raises CheckpointError: it cannot be understood.
    """
    if not isinstance(text, str):
        return CheckpointInfo()
    try:
        return CheckpointInfo.from_text(text)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        why = error if type(error) is ValueError else "not as this program writes it"
        raise CheckpointError(f"its metadata cannot be understood ({why})", where=str(path)) from error


def _is_score(key: str, value: Any) -> bool:
    return bool(_SCORES.match(key)) and isinstance(value, int | float) and not isinstance(value, bool)


def _plain_values(node: Any, depth: int) -> Iterator[tuple[str, Any]]:
    """Numbers, texts and lists of texts near the top, by their own key: what a training program notes."""
    if depth > _DEEPEST:
        return
    items: Iterator[tuple[Any, Any]] = iter(())
    if isinstance(node, Inert):
        items = iter(node.state.items())
    elif isinstance(node, Mapping):
        items = iter(node.items())
    for key, value in items:
        if not isinstance(key, str):
            continue
        if isinstance(value, str | int | float) or key in _LABEL_KEYS:
            yield key, value
        elif isinstance(value, Inert | Mapping) and key not in ("optimizer", "state_dict", "state"):
            yield from _plain_values(value, depth + 1)


def _named(values: Mapping[str, Any], net: Weights, path: Path) -> Iterator[str]:
    """Architectures' names among the values, of a whole pickled net by its class, and in the file's name."""
    for key in _ARCH_KEYS:
        if isinstance(values.get(key), str):
            yield str(values[key])
    yield from (part for part in re.split(r"[^A-Za-z0-9_]+", path.name) if len(part) > 3)
    stem = re.sub(r"[-.]", "_", path.name.partition(".")[0])
    yield stem
    if net.whole:
        yield net.whole.rpartition(".")[2]


def _classes(tree: Any) -> tuple[str, ...] | None:
    """Class names that a training program wrote down, in the order of the outputs."""
    for key, value in _plain_values(tree, 0):
        if key not in _LABEL_KEYS:
            continue
        if isinstance(value, list | tuple) and value and all(isinstance(each, str) for each in value):
            if len(set(value)) == len(value):  # else they name nothing
                return tuple(value)
            continue
        if isinstance(value, Mapping) and value and all(isinstance(each, str) for each in value.values()):
            try:
                return tuple(str(value[place]) for place in sorted(value, key=int))
            except (TypeError, ValueError):
                continue
    return None
