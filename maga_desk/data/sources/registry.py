"""The sources of pictures, in the order in which they are offered; a new one is one more line, or an entry point."""

from __future__ import annotations

from maga_desk.data.sources import (
    auto,
    cifar,
    coco,
    demo,
    folder,
    hdf5,
    idx,
    manifest,
    numpy_files,
    parquet,
    tensors,
    webdataset,
)
from maga_desk.data.sources.source import Source
from maga_desk.domain.errors import DataError
from maga_desk.domain.registry import Registry

SOURCES: Registry[Source] = Registry(
    "source",
    "maga_desk.sources",
    (
        auto.asking(lambda: SOURCES),
        demo.SOURCE,
        folder.SOURCE,
        cifar.SOURCE,
        idx.SOURCE,
        numpy_files.SOURCE,
        tensors.SOURCE,
        parquet.SOURCE,
        webdataset.SOURCE,
        hdf5.SOURCE,
        coco.SOURCE,
        manifest.SOURCE,
    ),
    kind=Source,
    where="[data] source",
    error=DataError,
)
