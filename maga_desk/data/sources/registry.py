"""The sources of pictures, in the order in which they are offered; a new one is one more line, or an entry point."""

from __future__ import annotations

from maga_desk.data.sources import auto, demo, folder
from maga_desk.data.sources.source import Source
from maga_desk.domain.errors import DataError
from maga_desk.domain.registry import Registry

SOURCES: Registry[Source] = Registry(
    "source",
    "maga_desk.sources",
    (auto.asking(lambda: SOURCES), demo.SOURCE, folder.SOURCE),
    kind=Source,
    where="[data] source",
    error=DataError,
)
