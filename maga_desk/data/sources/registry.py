"""The registry of picture sources: a name in ``[data] source`` to a function that gives an image set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from maga_desk.data.demo_world import demo_world
from maga_desk.data.families import read_families
from maga_desk.data.sources.folder import Report, read_folder
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import DataError
from maga_desk.domain.pictures import ImageSet
from maga_desk.domain.specs.run import DataSpec

Source = Callable[[DataSpec, int | None, RunControl, Report], ImageSet]


def load_pictures(
    spec: DataSpec,
    *,
    size: int | None = None,
    control: RunControl | None = None,
    report: Report = lambda done, total: None,
) -> ImageSet:
    """The pictures that a spec names, labelled by family if it names families.

    :param size: the side that the model expects, when known; ``spec.size`` wins.
    :raises DataError: an unknown source, or pictures that cannot be used.
    """
    source = SOURCES.get(spec.source)
    if source is None:
        raise DataError(
            f"no source is called '{spec.source}'", where="[data] source", todo=f"known: {', '.join(SOURCES)}"
        )
    images = source(spec, spec.size or size, control or RunControl(), report).holding_out(spec.held_out)
    images = images.judged_on_held_out() if spec.judge_on == "held-out" else images
    return images.with_families(read_families(spec.families)) if spec.families else images


def _folder(spec: DataSpec, size: int | None, control: RunControl, report: Report) -> ImageSet:
    if not spec.path:
        raise DataError("no folder is given", where="[data] path")
    return read_folder(
        Path(spec.path),
        size=size,
        train_limit=spec.train_limit,
        subset_seed=spec.subset_seed,
        control=control,
        report=report,
    )


def _demo(spec: DataSpec, size: int | None, control: RunControl, report: Report) -> ImageSet:
    if size not in (None, 32):
        raise DataError(f"the demo world is drawn at 32 x 32 pixels, not {size}", where="[data] size")

    def tell(done: int, total: int) -> None:
        control.checkpoint()
        report(done, total)

    images = demo_world(progress=tell)
    if spec.train_limit is None or spec.train_limit >= len(images.train):
        return images
    rng = np.random.default_rng(spec.subset_seed)
    chosen = np.sort(rng.choice(len(images.train), size=spec.train_limit, replace=False))
    return ImageSet(images.train.take(chosen), images.test, images.classes, images.kinds)


SOURCES: Mapping[str, Source] = {"demo": _demo, "folder": _folder}
