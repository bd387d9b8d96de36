"""What a shared library says of itself, read without loading it."""

from __future__ import annotations

import importlib.util
import struct
import sys
from pathlib import Path

import pytest

from bundling import elf

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads libraries of Linux")


def library_of(package: str, *parts: str) -> Path:
    spec = importlib.util.find_spec(package)
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent.joinpath(*parts)


def test_what_a_library_needs_is_read_with_its_versions() -> None:
    found = elf.read(library_of("torch", "lib", "libc10.so"))
    assert found.soname == "libc10.so"
    assert {"libstdc++.so.6", "libc.so.6"} <= set(found.needed)
    assert (2, 17) <= found.glibc < (3,)
    assert any(version.startswith("GLIBC_") for _, version in found.undefined)


def test_torch_says_where_it_looks_and_what_torchvision_takes_of_it() -> None:
    assert any("$ORIGIN" in path for path in elf.read(library_of("torch", "lib", "libtorch_python.so")).paths)
    extensions = sorted(library_of("torchvision").glob("_C*.so"))
    assert extensions and all("libtorch_cpu.so" in elf.read(path).needed for path in extensions)


def test_what_a_library_has_for_others_is_read_without_what_it_takes() -> None:
    path = library_of("torch", "lib", "libc10.so")
    has, takes = elf.exported(path), {name for name, _ in elf.read(path).undefined}
    assert any("c10" in name for name in has)
    assert not has & takes


def test_what_is_no_library_is_refused(tmp_path: Path) -> None:
    text, short = tmp_path / "text.so", tmp_path / "32bit.so"
    text.write_bytes(b"INPUT ( libm.so )\n" * 9)
    short.write_bytes(b"\x7fELF\x01\x01" + struct.pack("<60x"))
    for path in (text, short):
        assert not elf.is_library(path)
        with pytest.raises(ValueError, match="no 64-bit ELF file"):
            elf.read(path)
