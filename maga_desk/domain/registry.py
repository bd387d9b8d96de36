"""Registries: named records in the order in which they are offered, ours first, then those of installed packages.

A package adds to one with a Python entry point whose object is the record itself::

    [project.entry-points."maga_desk.methods"]
    my-method = "my_package.my_method:METHOD"

A record that cannot be loaded, is of another type, or has a name that is taken is left out and named in
:attr:`Registry.problems`: somebody else's package must not keep the program from starting.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cached_property
from importlib import metadata
from typing import Generic, Protocol, TypeVar

from maga_desk.domain.errors import SpecError, UserError

log = logging.getLogger(__name__)

OURS = "MaGA Desk"
"""The origin of what comes with the program."""


class Info(Protocol):
    """What every choice says of itself without its code being run."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def summary(self) -> str: ...


class Record(Protocol):
    """A choice with its code."""

    @property
    def info(self) -> Info: ...


R = TypeVar("R", bound=Record)


class Registry(Mapping[str, R], Generic[R]):
    """Records by name. Entry points are read when the registry is first asked.

    :param noun: what a record is called in messages ("method").
    :param group: the entry points' group ("maga_desk.methods").
    :param own: the program's records, in order.
    :param kind: the records' type; what an entry point gives must be of it.
    :param where: the key of a spec that names a record, for messages.
    """

    def __init__(
        self, noun: str, group: str, own: Iterable[R], *, kind: type[R], where: str, error: type[UserError] = SpecError
    ) -> None:
        self.noun, self.group, self._where, self._error = noun, group, where, error
        self._own = {record.info.name: record for record in own}
        self._kind = kind

    def __getitem__(self, name: str) -> R:
        return self._all[0][name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all[0])

    def __len__(self) -> int:
        return len(self._all[0])

    @property
    def own(self) -> Mapping[str, R]:
        """The program's records alone, without a look at what is installed."""
        return self._own

    def find(self, name: str, where: str | None = None) -> R:
        """The record of this name.

        :param where: the key that names it, where that is not the registry's own.
        :raises UserError: of the registry's own kind: no record has this name.
        """
        if name not in self:
            raise self._error(
                f"no {self.noun} is called '{name}'", where=where or self._where, todo=f"known: {', '.join(self)}"
            )
        return self[name]

    def matching(self, pattern: str) -> list[R]:
        """The records whose names fit a shell pattern (``resnet*``)."""
        return [record for name, record in self.items() if fnmatchcase(name, pattern)]

    def origin(self, name: str) -> str:
        """Where a record comes from: :data:`OURS`, or a package with its version."""
        return self._all[1].get(name, OURS)

    def read_again(self) -> None:
        """Look for entry points anew, after the path or what is installed changed."""
        self.__dict__.pop("_all", None)

    @property
    def problems(self) -> tuple[str, ...]:
        """A line for each record of another package that could not be used."""
        return self._all[2]

    @cached_property
    def _all(self) -> tuple[dict[str, R], dict[str, str], tuple[str, ...]]:
        records, origins, problems = dict(self._own), dict[str, str](), []
        for point in sorted(metadata.entry_points(group=self.group), key=lambda each: each.name):
            origin = f"{point.dist.name} {point.dist.version}" if point.dist else point.value
            try:
                record = point.load()
            except Exception as error:  # of whatever kind: it is not our code
                log.warning("the %s %s of %s cannot be loaded", self.noun, point.name, origin, exc_info=True)
                problems.append(f"the {self.noun} '{point.name}' of {origin} cannot be loaded: {error}")
                continue
            if not isinstance(record, self._kind):
                problems.append(f"the {self.noun} '{point.name}' of {origin} is no {self._kind.__name__}")
            elif record.info.name in records:
                problems.append(f"the {self.noun} '{record.info.name}' of {origin} is left out: the name is taken")
            else:
                records[record.info.name], origins[record.info.name] = record, origin
        return records, origins, tuple(problems)
