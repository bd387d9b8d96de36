"""How a net from elsewhere was wrapped in its file, so that it can go back to its owner in the same form."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any

from maga_desk.domain.errors import name_some

FOLDER = "/"
"""What a wrapping says for its ending when it is a folder."""

_ENDINGS = (".pth.tar", ".pt.tar")


@dataclass(frozen=True)
class Wrapping:
    """The form that a net came in. What else a training program had stored (optimisers, averages) is no part of it:
    these have learned what is to be forgotten.

    :param kind: what wrote the file: ``safetensors``, ``PyTorch``, ``TorchScript``, ...
    :param file: the file's name.
    :param keys: that lead to the net's tensors in the file; none where they stand at the top.
    :param prefix: what all their names begin with there (``module.``).
    :param counters: numbers that stand among the tensors and belong to the wrapper (``n_averaged``).
    :param pruned: names of weights that stand there as ``_orig`` and ``_mask``.
    :param dtype: of its numbers where that is not float32: ``float16``, ``bfloat16``, ``float64``.
    :param names: from the net's names here to those in the file, where these are others.
    :param values: plain values beside the net, as the tree that the file has.
    :param files: JSON files beside it in its folder (``config.json``), by name.
    :param outputs: how many it has there, where it has another number here: one logit for two classes, or more than
        there are classes.
    :param kept: which of those answer to the classes, in their order.
    :param left: names of what its file holds beside the net and plain values; it does not go back.
    :param spare: further classifiers in the net's midst, which only training uses; they do not go back either.
    """

    kind: str
    file: str
    keys: tuple[str, ...] = ()
    prefix: str = ""
    counters: Mapping[str, int] = field(default_factory=dict)
    pruned: tuple[str, ...] = ()
    dtype: str | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    values: Any = None
    files: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    outputs: int | None = None
    kept: tuple[int, ...] = ()
    left: tuple[str, ...] = ()
    spare: tuple[str, ...] = ()

    @property
    def library(self) -> str | None:
        """Whose folder it was, ``transformers`` or ``timm``; ``None`` where it was a file."""
        config = self.files.get("config.json")
        if config is None:
            return None
        return "transformers" if "model_type" in config else "timm"

    @property
    def ending(self) -> str:
        """How its file's name ends; :data:`FOLDER` where it was a folder."""
        if self.library:
            return FOLDER
        name = self.file.lower()
        double = next((each for each in _ENDINGS if name.endswith(each)), None)
        if double or self.kind not in ("safetensors", "PyTorch"):
            return double or ".pt"
        return "." + name.rpartition(".")[2] if "." in name else ".pt"

    @property
    def numbers(self) -> str:
        """The format of its numbers there: ``float32``, ``bfloat16``."""
        return self.dtype or "float32"

    @property
    def binary(self) -> bool:
        """Two classes told apart by one logit."""
        return self.outputs == 1

    def title(self) -> str:
        """For people: ``a folder of transformers``, ``ckpt.pth, under 'net', names begin with 'module.'``."""
        if self.library:
            return f"a folder of {self.library}"
        words = [self.file]
        if self.keys:
            words.append(f"under '{'.'.join(self.keys)}'")
        if self.prefix:
            words.append(f"names begin with '{self.prefix}'")
        return ", ".join(words)

    def without(self, *, own: bool = True) -> list[str]:
        """What of the original does not go back, and why, in lines for people.

        :param own: in its own form; else only what is missing in the net itself.
        """
        lines = []
        if self.spare:
            lines.append(
                f"Left out: {name_some(self.spare, 4)}, further classifiers that only training uses. Unlearning "
                "does not reach them, and they would still know what was forgotten. Build the net without them "
                "(torchvision: aux_logits=False)."
            )
        if self.left and own:
            lines.append(
                "Left out, for it may still know what was forgotten: all in the original's file but the net and plain "
                f"values ({name_some(self.left, 6)})."
            )
        return lines

    def without_names(self, names: Collection[str]) -> tuple[Wrapping, int]:
        """The same without the texts among its values that name one of some pictures, by path or by file name; and how
        many these were.
        """
        known = {each for name in names for each in (name, PurePosixPath(name).name)}
        found: list[str] = []

        def clean(node: Any) -> Any:
            if isinstance(node, Mapping):
                return {key: clean(each) for key, each in node.items() if not named(each) and not named(key)}
            return [clean(each) for each in node if not named(each)] if isinstance(node, list) else node

        def named(each: Any) -> bool:
            one = isinstance(each, str) and (each in known or PurePosixPath(each.replace("\\", "/")).name in known)
            found.extend([each] if one else [])
            return one

        return replace(self, values=clean(self.values)), len(found)

    def to_record(self) -> dict[str, Any]:
        """All that is not empty, as JSON."""
        return {key: value for key, value in asdict(self).items() if value not in (None, "", (), {})}

    @classmethod
    def from_record(cls, raw: Mapping[str, Any]) -> Wrapping:
        """:raises KeyError, TypeError: not what :meth:`to_record` wrote."""
        lists = {key: tuple(raw[key]) for key in ("keys", "pruned", "kept", "left", "spare") if key in raw}
        return cls(**{**raw, **lists})
