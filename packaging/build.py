"""Make the bundle for machines without Python, and start it as a stranger would. README.md beside this file tells more.

    python packaging/build.py                                     all steps, GPU flavour
    python packaging/build.py --flavour cpu --torch T.whl --torchvision V.whl
    python packaging/build.py --list                              the steps, in their order
    python packaging/build.py --only trial:run                    one step, on what is there

Standard library only; what else is needed goes into an environment below ``packaging/build``.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from bundling import bill, environment, freezing, licences, linux, sizes
from bundling.places import Build, BuildError
from trial import commands, mishaps, package, window

Step = Callable[[Build], None]
STEPS: dict[str, Step] = {
    "environment": environment.make,
    "freeze": freezing.freeze,
    "slim": freezing.slim,
    "complete": freezing.complete,
    "licences": licences.collect,
    "bill": bill.write,
    "sizes": sizes.check,
    "trial:version": commands.tells_its_version,
    "trial:methods": commands.lists_methods,
    "trial:demo": commands.does_the_demo,
    "trial:train": commands.trains,
    "trial:sources": commands.reads_sources,
    "trial:run": commands.runs,
    "trial:compare": commands.compares,
    "trial:torchvision": commands.opens_torchvisions,
    "trial:export": commands.exports,
    "trial:window": window.is_driven,
    "trial:start": window.comes_soon,
    "mishap:copy": mishaps.copy_lacks_a_file,
    "mishap:home": mishaps.home_cannot_be_written,
    "mishap:display": mishaps.there_is_no_display,
    "mishap:graphics": mishaps.system_lacks_graphics,
    "mishap:glibc": mishaps.glibc_is_old,
    "mishap:versions": mishaps.versions_share_a_database,
    "mishap:copies": mishaps.two_copies_at_once,
    "mishap:path": mishaps.path_is_unusual,
    "mishap:disk": mishaps.disk_is_full,
    "archive": linux.archive,
    "debian": linux.debian,
    "trial:debian": package.is_installed,
}
ON_LINUX = ("trial:", "mishap:", "archive", "debian")


def main(argv: list[str]) -> int:
    options = read_options(argv)
    if options.list:
        print("\n".join(STEPS))
        return 0
    wheels = tuple(path.resolve() for path in (options.torch, options.torchvision) if path)
    build = Build(options.flavour, wheels, options.accept_sizes)
    chosen = [name for name in STEPS if wanted(name, options.only, options.skip)]
    if not sys.platform.startswith("linux"):
        chosen = [name for name in chosen if not name.startswith(ON_LINUX)]
    if not chosen:
        print("build: no step has such a name; --list names them", file=sys.stderr)
        return 2
    return 0 if all(performed(name, build) for name in chosen) else 1


def read_options(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--flavour", choices=("gpu", "cpu"), default="gpu")
    parser.add_argument("--torch", type=Path, help="wheel of torch, e.g. one without CUDA")
    parser.add_argument("--torchvision", type=Path, help="wheel of torchvision")
    parser.add_argument("--only", action="append", default=[], metavar="STEP", help="only this one; trial:* takes many")
    parser.add_argument("--skip", action="append", default=[], metavar="STEP", help="all but this one")
    parser.add_argument("--accept-sizes", action="store_true", help="record the sizes instead of comparing them")
    parser.add_argument("--list", action="store_true", help="name the steps")
    return parser.parse_args(argv)


def wanted(name: str, only: list[str], skip: list[str]) -> bool:
    """Whether a step was asked for."""
    asked = not only or any(fnmatchcase(name, pattern) for pattern in only)
    return asked and not any(fnmatchcase(name, pattern) for pattern in skip)


def performed(name: str, build: Build) -> bool:
    """Take one step and say how long it took; whether it went well."""
    print(f"== {name}", flush=True)
    start = time.monotonic()
    try:
        STEPS[name](build)
    except BuildError as error:
        print(f"build: {name} failed: {error}", file=sys.stderr, flush=True)
        return False
    print(f"== {name}: {time.monotonic() - start:.1f} s", flush=True)
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
