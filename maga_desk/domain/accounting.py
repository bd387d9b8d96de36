"""What lies where the pictures are: what of it is used, what is not, and why. No file is passed over in silence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from maga_desk.domain.errors import name_some
from maga_desk.domain.tables import csv_text

_SHOWN = 3
_KEPT = 20  # names for each reason, in records that hold many other things


@dataclass(frozen=True)
class PassedOver:
    """Files that are not used, for one reason.

    :param reason: in words that follow a count: ``no class is known of them``.
    :param names: of them, as paths below the given one.
    :param more: how many further ones there are, where a record keeps some names only.
    """

    reason: str
    names: tuple[str, ...]
    more: int = 0

    @property
    def count(self) -> int:
        return len(self.names) + self.more

    def line(self) -> str:
        """``20 files: need pillow-heif (a.heic, b.heic and 18 more)``."""
        count = "1 file" if self.count == 1 else f"{self.count:,} files"
        shown = self.names[:_SHOWN]
        rest = self.count - len(shown)
        return f"{count}: {self.reason} ({', '.join(shown)}{f' and {rest:,} more' if rest else ''})"

    def brief(self) -> PassedOver:
        """The same with the first names alone."""
        return replace(self, names=self.names[:_KEPT], more=self.count - len(self.names[:_KEPT]))


@dataclass(frozen=True)
class Accounting:
    """Every file below a path is a used picture, or among ``skipped`` or ``others``, once.

    :param source: the source that read it.
    :param layout: how the pictures lie there, in words.
    :param guesses: what was taken for granted, a sentence each.
    :param used: of each split (``train``, ``test``) and class, how many pictures.
    :param skipped: pictures, or what may be pictures, that are not used.
    :param others: files that are no pictures.
    """

    source: str = ""
    layout: str = ""
    guesses: tuple[str, ...] = ()
    used: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    skipped: tuple[PassedOver, ...] = ()
    others: tuple[PassedOver, ...] = ()

    @property
    def used_pictures(self) -> int:
        return sum(sum(classes.values()) for classes in self.used.values())

    @property
    def skipped_files(self) -> int:
        return sum(each.count for each in self.skipped)

    @property
    def other_files(self) -> int:
        return sum(each.count for each in self.others)

    def guessed(self, *lines: str) -> Accounting:
        """The same with further guesses."""
        return replace(self, guesses=(*self.guesses, *lines))

    def skipping(self, reason: str, names: Iterable[str], less: Mapping[str, Mapping[str, int]]) -> Accounting:
        """The same where some pictures proved unusable.

        :param less: how many of each split and class these are.
        """
        names = tuple(names)
        if not names:
            return self
        used = {
            split: {kind: count - less.get(split, {}).get(kind, 0) for kind, count in classes.items()}
            for split, classes in self.used.items()
        }
        return replace(self, used=used, skipped=(*self.skipped, PassedOver(reason, names)))

    def brief(self) -> Accounting:
        """The same with all counts, and the first names alone."""
        skipped, others = (tuple(each.brief() for each in group) for group in (self.skipped, self.others))
        return replace(self, skipped=skipped, others=others)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    def short(self) -> str:
        """In a line: ``1,200 pictures used, 20 files skipped, 3 other files``."""
        parts = [f"{self.used_pictures:,} pictures used"]
        if self.skipped_files:
            parts.append(f"{self.skipped_files:,} {'file' if self.skipped_files == 1 else 'files'} skipped")
        if self.other_files:
            parts.append(f"{self.other_files:,} other {'file' if self.other_files == 1 else 'files'}")
        return ", ".join(parts)

    def lines(self) -> Iterator[str]:
        """All of it for a person, a line each; of long lists of names the first few."""
        if self.layout:
            yield self.layout
        yield from self.guesses
        for split, classes in self.used.items():
            counts = name_some([f"{kind} {count:,}" for kind, count in classes.items()], 20)
            yield f"{split}: {sum(classes.values()):,} pictures ({counts})"
        yield from (f"Skipped: {each.line()}" for each in self.skipped)
        yield from (f"No pictures: {each.line()}" for each in self.others)

    def table(self) -> str:
        """Every file that is not used, as CSV: ``file,what,reason``."""
        rows = [["file", "what", "reason"]]
        for what, groups in (("skipped", self.skipped), ("no picture", self.others)):
            rows += [[name, what, each.reason] for each in groups for name in each.names]
        return csv_text(rows)
