"""Small libraries in the place of large ones that are needed by name only.

The registry's torch for Linux names every CUDA library as needed, so that the loader wants them all at the start. Of
some it takes no function at all, or only functions for work over several GPUs or with sparse weights, which the program
has none of. In their place stands a library of the same name whose functions say "not supported".

The other way round a torch without CUDA has no ``libtorch_cuda.so``, which the registry's torchvision names as needed.
With a stand-in its functions for the processor load and work; nothing calls the others, as there is no CUDA device.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from bundling import elf
from bundling.places import Build, BuildError, ran


@dataclass(frozen=True)
class StandIn:
    """A library to stand in for.

    :param soname: its name for the loader.
    :param answer: what each function returns: the library's own word for "not supported" or a fault.
    :param why: what is given up.
    :param words: parts of the names of its functions, where the library itself is not there to be asked.
    """

    soname: str
    answer: int
    why: str
    words: tuple[str, ...] = ()


GPU = (
    StandIn("libcurand.so.10", 203, "nothing: no library takes a function of it"),
    StandIn("libnccl.so.2", 3, "training over several GPUs"),
    StandIn("libnvshmem_host.so.3", 1, "memory shared by several GPUs"),
    StandIn("libcusparseLt.so.0", 10, "weights of which half are zero (2:4 sparsity)"),
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
                make(each, asked_of(each, users), folder)
    return folder


def put_in(build: Build) -> int:
    """Replace the libraries of the GPU flavour by their stand-ins; how many bytes that saved."""
    if build.flavour != "gpu":
        return 0
    saved = 0
    folder = lay_out(build)
    users = [elf.read(path) for path in sorted(build.inside.rglob("libtorch*.so"))]
    for each in GPU:
        for path in sorted(build.inside.rglob(each.soname)):
            if path.is_symlink():
                continue
            made = make(each, asked_of(each, users), folder)
            saved += path.stat().st_size - made.stat().st_size
            shutil.copyfile(made, path)
    return saved


def asked_of(stand_in: StandIn, users: list[elf.Library]) -> list[tuple[str, str]]:
    """The functions that libraries take of it, with their versions."""
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


def make(stand_in: StandIn, functions: list[tuple[str, str]], folder: Path) -> Path:
    """Compile one.

    :raises BuildError: there is no C compiler.
    """
    source, script = folder / f"{stand_in.soname}.c", folder / f"{stand_in.soname}.map"
    lines = [f"long {name}(void) {{ return {stand_in.answer}; }}\n" for name, _ in functions]
    source.write_text(f"/* In the place of {stand_in.soname}; given up: {stand_in.why}. */\n" + "".join(lines))
    by_version: dict[str, list[str]] = {}
    for name, version in functions:
        by_version.setdefault(version, []).append(name)
    named = {version: names for version, names in by_version.items() if version}
    script.write_text("".join(f"{version} {{ {'; '.join(names)}; }};\n" for version, names in named.items()))
    target = folder / stand_in.soname
    options = ["-shared", "-fPIC", "-nostdlib", "-O1", "-w", "-fno-builtin", f"-Wl,-soname,{stand_in.soname}"]
    if named:
        options.append(f"-Wl,--version-script,{script}")
    if shutil.which("cc") is None:
        raise BuildError("stand-ins for libraries need a C compiler: install gcc or clang")
    ran(["cc", *options, "-o", target, source], why=f"making a stand-in for {stand_in.soname}")
    return target
