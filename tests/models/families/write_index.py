"""Write ``resources/architectures.json``: the bodies of all nets that torchvision and timm build.

Takes some minutes; run from the project's folder when one of the libraries has new nets::

    python -m tests.models.families.write_index
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator

import timm
import torchvision
from torch import nn

from maga_desk.domain.errors import CheckpointError
from maga_desk.domain.paths import resources_dir
from maga_desk.models.families import libraries
from maga_desk.models.families.family import Shapes
from maga_desk.models.families.index import FILE
from maga_desk.models.families.renaming import body_and_head, order_digest
from maga_desk.models.families.timm import LIBRARY as TIMM
from maga_desk.models.families.torchvision import LIBRARY as TORCHVISION
from maga_desk.models.families.variants import Ends, body_digest, ends_of


def bodies(model: nn.Module, shapes: Shapes) -> Iterator[tuple[Ends, str]]:
    """A net's digests: without its head, and without each module around its head."""
    parts = ends_of(model)
    head = parts.head
    while head:
        each = Ends(parts.stem, head)
        yield each, body_digest(shapes, each)
        head = head.rpartition(".")[0]


def main() -> None:
    warnings.simplefilter("ignore")
    found: dict[str, list[str]] = {}
    orders: dict[str, list[str]] = {}
    pairs: dict[Ends, None] = {}
    names = [(TORCHVISION, name) for name in torchvision.models.list_models(module=torchvision.models)]
    names += [(TIMM, name) for name in timm.list_models()]
    for library, name in names:
        try:
            model = libraries.meta(lambda: library.create(name, libraries._TRIED))  # noqa: B023 - called at once
            shapes = library.without_spare({key: tuple(each.shape) for key, each in model.state_dict().items()})
            if (whole := body_and_head(shapes)) is not None and whole[1] == libraries._TRIED:
                orders.setdefault(order_digest(whole[0]), []).append(f"{library.prefix}{name}")
            for parts, digest in bodies(model, shapes):
                pairs[parts] = None
                archs = found.setdefault(digest, [])
                if f"{library.prefix}{name}" not in archs:
                    archs.append(f"{library.prefix}{name}")
        except (CheckpointError, RuntimeError, NotImplementedError, ValueError, ImportError) as error:
            print(f"{library.prefix}{name}: left out ({type(error).__name__}: {str(error)[:80]})")
    text = {
        "made with": {"timm": timm.__version__, "torchvision": torchvision.__version__.partition("+")[0]},
        "parts": [[parts.stem, parts.head] for parts in pairs],
        "bodies": dict(sorted(found.items())),
        "orders": dict(sorted(orders.items())),
    }
    path = resources_dir() / FILE
    path.write_text(json.dumps(text, indent=0, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"{path.name}: {len(names):,} nets, {len(found):,} bodies, {len(pairs)} stems and heads")


if __name__ == "__main__":
    main()
