"""How large each part of the bundle is, compared with what was recorded in ``sizes.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

from bundling.places import PACKAGING, Build, BuildError

RECORD = PACKAGING / "sizes.toml"
GROWTH = 1.1
_HEAD = """# Sizes of the bundle by part, in MB (millions of bytes) unpacked; the step `sizes` of build.py writes them.
# A flavour that has grown by a tenth fails the build; `--accept-sizes` records the new sizes.
"""


def check(build: Build) -> None:
    """Print the table, and compare the whole with what was recorded; a flavour without a record is recorded.

    :raises BuildError: it has grown by more than a tenth.
    """
    now = parts(build.folder)
    print(table(now))
    recorded = read()
    known = recorded.get(build.flavour)
    fault = None if build.accept_sizes or known is None else growth(known, now)
    if fault:
        raise BuildError(f"the {build.flavour} flavour has grown: {fault}; find out why, or say --accept-sizes")
    if build.accept_sizes or known is None:
        write({**recorded, build.flavour: now})


def parts(folder: Path) -> dict[str, int]:
    """MB by part, the largest first, what is below one MB together as ``rest``; links count nothing."""
    found: dict[str, int] = {}
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            name = part_of(path.relative_to(folder).as_posix())
            found[name] = found.get(name, 0) + path.stat().st_size
    small = sum(size for size in found.values() if size < 1_000_000)
    large = {name: round(size / 1e6) for name, size in found.items() if size >= 1_000_000}
    ordered = dict(sorted(large.items(), key=lambda item: -item[1]))
    return {"total": round(sum(found.values()) / 1e6), **ordered, "rest": round(small / 1e6)}


def part_of(path: str) -> str:
    """Which part a file belongs to: its package, with the large ones by folder."""
    words = path.removeprefix("_internal/").split("/")
    if len(words) == 1:
        return "libraries of the system" if ".so" in words[0] and not words[0].startswith("libpython") else "Python"
    if words[0].endswith(".dist-info"):
        return "metadata"
    if words[0] in {"lib-dynload", "python3"}:
        return "Python"
    if words[0] == "torch":
        return "torch, libraries" if words[1] == "lib" else "torch, Python"
    if words[0] == "nvidia":
        return f"nvidia/{words[1]}"
    return words[0].removesuffix(".libs")


def growth(known: Mapping[str, int], now: Mapping[str, int]) -> str | None:
    """What has grown when the whole has grown by more than a tenth, else ``None``."""
    if now["total"] <= GROWTH * known["total"]:
        return None
    more = {name: size - known.get(name, 0) for name, size in now.items() if name != "total"}
    most = sorted(more.items(), key=lambda item: -item[1])[:5]
    told = ", ".join(f"{name} +{size} MB" for name, size in most if size > 0)
    return f"{known['total']} MB became {now['total']} MB ({told})"


def table(now: Mapping[str, int]) -> str:
    return "\n".join(f"{size:7,} MB  {name}" for name, size in now.items())


def read(path: Path = RECORD) -> dict[str, dict[str, int]]:
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def write(sizes: Mapping[str, Mapping[str, int]], path: Path = RECORD) -> None:
    """Record the sizes of all flavours."""
    blocks = [
        f"\n[{flavour}]\n" + "".join(f'"{name}" = {size}\n' for name, size in rows.items())
        for flavour, rows in sorted(sizes.items())
    ]
    path.write_text(_HEAD + "".join(blocks), encoding="utf-8")
