"""Write into the demo's classifiers what ``maga-desk train`` records now: how they started, and on which pictures.

For nets that an earlier version trained, so that a retrained one proves what it is. Weights stay as they are, bit for
bit; nothing is written unless the record fits the demo's pictures. Run from the project's folder::

    python -m tests.nets.record_demo_nets
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np

from maga_desk.data.sources.reading import load_pictures
from maga_desk.domain.cost import Passes
from maga_desk.domain.paths import resources_dir
from maga_desk.domain.pictures import ImageSet
from maga_desk.domain.specs.run import DataSpec
from maga_desk.domain.yardstick import FRESH
from maga_desk.models.checkpoint import read_state, write_state

NETS = {
    "kinds": (None, ""),
    "kinds-without-fox": (None, "fox"),
    "families": ("demo", ""),
    "families-without-fox": ("demo", "fox"),
}
"""From a net's file to the families that it learned and the kind that it did not see."""


def record(path: Path, images: ImageSet, without: str) -> None:
    """Complete the record of a net that was trained on all pictures but those of one kind."""
    state, info = read_state(path)
    assert info.made["data"] == images.fingerprint, f"{path} was trained on other pictures"
    train = images.train
    left_out = np.array([images.kinds[kind] == without for kind in train.kinds])
    assert info.made["excluded"] == left_out.sum(), f"{path} was trained without others"
    kept = np.flatnonzero(~left_out)
    seen = int(info.made["recipe"]["epochs"]) * len(kept)  # each picture once an epoch, there and back
    more = {
        "start": FRESH,
        "trained_on": images.list_digest(kept),
        "train_pictures": len(kept),
        "passes": asdict(Passes(seen, seen)),
    }
    write_state(path, state, info.with_made(**more))
    print(f"{path.name}: {len(kept):,} pictures, {more['trained_on'][:12]}")


if __name__ == "__main__":
    for name, (families, without) in NETS.items():
        pictures = load_pictures(DataSpec(source="demo", families=families))
        record(resources_dir() / "demo" / f"{name}.safetensors", pictures, without)
