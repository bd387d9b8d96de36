"""Small libraries in the place of large ones that are needed by name only.

The registry's torch for Linux names every CUDA library as needed, so that the loader wants them all at the start. Of
some it takes no function at all, or only functions for work over several GPUs or with sparse weights, which the program
has none of. In their place stands a library of the same name whose functions say "not supported".

The other way round a torch without CUDA has no ``libtorch_cuda.so``, which the registry's torchvision names as needed.
With a stand-in its functions for the processor load and work; nothing calls the others, as there is no CUDA device.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bundling import elf
from bundling.places import Build, BuildError, ran


@dataclass(frozen=True)
class StandIn:
    """A library to stand in for.

    :param soname: its name for the loader; ``*`` where it changes with each release.
    :param answer: what each function returns: the library's own word for "not supported" or a fault; ``None`` where
        no library may take a function of it.
    :param why: what is given up.
    :param words: parts of the names of its functions, where the library itself is not there to be asked.
    """

    soname: str
    answer: int | None
    why: str
    words: tuple[str, ...] = ()


# In this order: what needs the next comes before it.
BOTH = (
    StandIn("libarrow_substrait.so.*", None, "query plans of other programs; their module stays out"),
    StandIn("libarrow_dataset.so.*", None, "tables over many files; its modules stay out"),
    StandIn("libarrow_acero.so.*", None, "Arrow's query engine; its module stays out"),
    StandIn("libnvjpeg*.so.*", 9, "JPEG files read on the card; the program reads pictures by Pillow"),
)
GPU = (
    StandIn("libcurand.so.10", None, "nothing: no library takes a function of it"),
    StandIn("libnccl.so.2", 3, "training over several GPUs"),
    StandIn("libnvshmem_host.so.3", 1, "memory shared by several GPUs"),
    StandIn("libcusparseLt.so.0", 10, "weights of which half are zero (2:4 sparsity)"),
    # Nets that classify pictures take none on the card: `csatv2` of timm takes one as it is built, on the processor.
    StandIn("libcufft.so.*", 16, "Fourier transforms on the card; a net with one runs on the processor"),
    # cuSPARSE calls it from cusparseSpMMOp_* alone, which torch takes none of; cuSOLVER takes no function of it.
    StandIn("libnvJitLink.so.13", 6, "sparse products with operators of one's own (cusparseSpMMOp)"),
)
CPU = (
    StandIn("libtorch_cuda.so", 0, "CUDA, which this torch has not", ("cuda", "CUDA")),
    StandIn("libc10_cuda.so", 0, "CUDA, which this torch has not"),
    StandIn("libcudart.so.13", 0, "CUDA, which this torch has not"),
)


def lay_out(build: Build) -> Path:
    """What must be found while PyInstaller follows libraries: for a torch without CUDA, its stand-ins.

    :returns: the folder with them; empty for the GPU flavour.
    """
    folder = build.work / "stand-ins"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if build.flavour == "cpu" and not (build.packages / "torch" / "lib" / "libtorch_cuda.so").exists():
        users = [elf.read(path) for path in sorted((build.packages / "torchvision").glob("*.so"))]
        for each in CPU:
            if any(each.soname in user.needed for user in users):
                make(each, each.soname, asked_of(each, users), folder)
    return folder


def of_flavour(flavour: str) -> tuple[StandIn, ...]:
    """What is replaced in a bundle."""
    return (*BOTH, *(GPU if flavour == "gpu" else ()))


def put_in(build: Build, libraries: Mapping[Path, elf.Library]) -> int:
    """Replace libraries by their stand-ins; how many bytes that saved.

    :param libraries: those of the bundle; what is replaced is read anew.
    :raises BuildError: a function is taken of a library that is replaced because none is.
    """
    saved = 0
    folder = lay_out(build)
    there = dict(libraries)
    for each in of_flavour(build.flavour):
        for path in [path for path in there if path.match(each.soname)]:
            functions = taken_of(path, there)
            if functions and each.answer is None:
                raise BuildError(f"{path.name} has no stand-in: {functions[0][0]} of it is taken")
            soname = there[path].soname
            made = make(each, soname, functions, folder)
            saved += path.stat().st_size - made.stat().st_size
            shutil.copyfile(made, path)
            there[path] = elf.read(path)
    return saved


_exported = cache(elf.exported)


def taken_of(path: Path, libraries: Mapping[Path, elf.Library]) -> list[tuple[str, str]]:
    """The functions of one library that others take, with their versions; none that another of theirs has as well."""
    called = {libraries[path].soname, path.name}  # tools that repair wheels change the file's name alone
    own = elf.exported(path)
    by_name = {name: where for where, library in libraries.items() for name in (library.soname, where.name)}
    found: set[tuple[str, str]] = set()
    for user in libraries.values():
        if called.isdisjoint(user.needed):
            continue
        wanted = [(name, version) for name, version in user.undefined if name in own]
        versions = {version for name in called for version in user.versions.get(name, ())}
        found |= {(name, version) for name, version in wanted if version in versions}
        if loose := {name for name, version in wanted if not version}:
            others = [_exported(by_name[each]) for each in user.needed if each not in called and each in by_name]
            found |= {(name, "") for name in loose.difference(*others)}
    return sorted(found)


def asked_of(stand_in: StandIn, users: list[elf.Library]) -> list[tuple[str, str]]:
    """The functions that libraries take of one that is not there, with their versions, by the words in their names."""
    prefix = stand_in.soname[3:].split(".")[0].split("_")[0]
    words = stand_in.words or (prefix,)
    found: set[tuple[str, str]] = set()
    for user in users:
        if stand_in.soname in user.needed:
            versions = user.versions.get(stand_in.soname, ())
            for name, version in user.undefined:
                if (version in versions) if version else any(word in name for word in words):
                    found.add((name, version))
    return sorted(found)


def make(stand_in: StandIn, soname: str, functions: list[tuple[str, str]], folder: Path) -> Path:
    """Compile one.

    :param soname: its name for the loader, whole.
    :raises BuildError: there is no C compiler.
    """
    source, script = folder / f"{soname}.c", folder / f"{soname}.map"
    lines = [f"long {name}(void) {{ return {stand_in.answer}; }}\n" for name, _ in functions]
    source.write_text(f"/* In the place of {soname}; given up: {stand_in.why}. */\n" + "".join(lines))
    by_version: dict[str, list[str]] = {}
    for name, version in functions:
        by_version.setdefault(version, []).append(name)
    named = {version: names for version, names in by_version.items() if version}
    script.write_text("".join(f"{version} {{ {'; '.join(names)}; }};\n" for version, names in named.items()))
    target = folder / soname
    options = ["-shared", "-fPIC", "-nostdlib", "-O1", "-w", "-fno-builtin", f"-Wl,-soname,{soname}"]
    if named:
        options.append(f"-Wl,--version-script,{script}")
    if shutil.which("cc") is None:
        raise BuildError("stand-ins for libraries need a C compiler: install gcc or clang")
    ran(["cc", *options, "-o", target, source], why=f"making a stand-in for {soname}")
    return target
