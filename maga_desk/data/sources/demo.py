"""The demo world as a source, with the classifiers that come with it."""

from __future__ import annotations

from pathlib import Path

from maga_desk.data.sources.source import Contents, Listing, Source, SourceRequest
from maga_desk.domain import paths
from maga_desk.domain.choices import DEMO, SourceInfo
from maga_desk.domain.errors import DataError
from maga_desk.domain.specs.run import DataSpec


def read(request: SourceRequest) -> Contents:
    """Draw the world, or take it from the cache."""
    from maga_desk.data.demo_world.world import SIDE, demo_world  # not needed to list the sources when the window opens

    if request.size not in (None, (SIDE, SIDE)):
        height, width = request.size or (SIDE, SIDE)
        raise DataError(
            f"the demo world is drawn at {SIDE} x {SIDE} pixels, not {width} x {height}", where="[data] size"
        )

    def tell(done: int, total: int) -> None:
        request.control.checkpoint()
        request.report(done, total)

    images = demo_world(progress=tell)
    train, test = (Listing(index.names, index.kinds, pixels=index.backing) for index in (images.train, images.test))
    return Contents(images.kinds, train, test)


def checkpoint(spec: DataSpec) -> Path:
    """The classifier of kinds, or of families where these are asked for."""
    return paths.demo_dir() / ("families.safetensors" if spec.families else "kinds.safetensors")


SOURCE = Source(
    SourceInfo(
        name=DEMO,
        title="The demo world",
        summary="Drawn pictures of 20 kinds of things, and a small model that was trained on them.",
        checkpoint=checkpoint,
    ),
    read,
)
