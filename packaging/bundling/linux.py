"""What Linux is given: a compressed folder, and a package for Debian and Ubuntu with a menu entry."""

from __future__ import annotations

import hashlib
import os
import shutil
import textwrap
from datetime import UTC, datetime
from pathlib import Path

from bundling.freezing import least_glibc
from bundling.places import CHECKOUT, NAME, PACKAGING, Build, BuildError, Words, project, ran, version

FILES = PACKAGING / "linux"
SVG = CHECKOUT / "resources" / "icons" / "maga-desk.svg"
# What the window needs: of some the bundle has its own, but graphics drivers and their loaders are the system's.
DEPENDS = (
    "libdbus-1-3 libegl1 libfontconfig1 libfreetype6 libgl1 libx11-6 libx11-xcb1 libxcb1 libxcb-cursor0 libxcb-icccm4 "
    "libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render0 libxcb-render-util0 libxcb-shape0 libxcb-shm0 "
    "libxcb-sync1 libxcb-util1 libxcb-xfixes0 libxcb-xkb1 libxkbcommon0 libxkbcommon-x11-0"
).split()
RENAMED = "libglib2.0-0 | libglib2.0-0t64"  # by the change to 64-bit times


def stem(build: Build) -> str:
    return f"{NAME}-{version()}-{build.flavour}-{os.uname().machine}"


def archive(build: Build) -> None:
    """``tar.zst`` of the folder, with the menu entry beside it.

    :raises BuildError: tar or zstd is missing.
    """
    share = build.folder / "share"
    shutil.rmtree(share, ignore_errors=True)
    lay_out_share(build, share)
    target = build.products / f"{stem(build)}.tar.zst"
    options = ["--sort=name", "--owner=0", "--group=0", "--numeric-owner", f"--mtime=@{made_at()}"]
    words: Words = ["tar", *options, "-C", build.products, "-I", "zstd -T0 -10", "-cf", target, NAME]
    ran(words, why="packing the folder")
    told(target)


def debian(build: Build) -> None:
    """A ``.deb`` that puts the folder below ``/opt`` and a link and a menu entry where the system looks for them.

    :raises BuildError: dpkg-deb is missing.
    """
    root = build.work / "deb"
    shutil.rmtree(root, ignore_errors=True)
    place = root / "opt" / NAME
    place.parent.mkdir(parents=True)
    ran(["cp", "-al", build.folder, place], why="laying out the package")  # hard links: no second copy
    shutil.rmtree(place / "share", ignore_errors=True)
    lay_out_share(build, root / "usr" / "share")
    (root / "usr" / "bin").mkdir(parents=True)
    (root / "usr" / "bin" / NAME).symlink_to(f"/opt/{NAME}/{NAME}")
    papers = root / "usr" / "share" / "doc" / NAME
    papers.mkdir(parents=True)
    shutil.copyfile(CHECKOUT / "LICENSE", papers / "copyright")
    (root / "DEBIAN").mkdir()
    (root / "DEBIAN" / "control").write_text(control(build), encoding="utf-8")
    target = build.products / f"{stem(build)}.deb"
    words: Words = ["dpkg-deb", "--root-owner-group", "-Zzstd", "-z10", "--build", root, target]
    ran(words, why="making the Debian package", env={**os.environ, "SOURCE_DATE_EPOCH": str(made_at())})
    shutil.rmtree(root)
    told(target)


def control(build: Build) -> str:
    """What dpkg is told of the package."""
    size = sum(path.stat().st_size for path in build.folder.rglob("*") if path.is_file() and not path.is_symlink())
    about = {
        "Package": NAME,
        "Version": version(),
        "Architecture": {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine, os.uname().machine),
        "Maintainer": "The MaGA Desk developers <maintainers@localhost>",
        "Installed-Size": str(size // 1024),
        "Depends": f"libc6 (>= {'.'.join(map(str, least_glibc(build.folder)))}), {RENAMED}, {', '.join(DEPENDS)}",
        "Recommends": "fonts-dejavu-core | fonts-noto-core",
        "Section": "science",
        "Priority": "optional",
        "Description": str(project()["description"]),
    }
    long = (
        "A trained image classifier is made to forget a class, a sub-class or any set of pictures, and the result is "
        f"compared with a model retrained without them. This is the {build.flavour.upper()} flavour; it holds its own "
        "Python."
    )
    text = "".join(f"{name}: {value}\n" for name, value in about.items())
    return text + textwrap.indent(textwrap.fill(long, 78), " ") + "\n"


def lay_out_share(build: Build, share: Path) -> None:
    """Menu entry, icons and AppStream's description, as the freedesktop standards place them.

    :raises BuildError: a validator that is installed refuses one of them.
    """
    entry = share / "applications" / f"{NAME}.desktop"
    info = share / "metainfo" / f"{NAME}.metainfo.xml"
    for target in (entry, info):
        target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(FILES / entry.name, entry)
    info.write_text(described(), encoding="utf-8")
    drawn = build.work / "icons"
    drawn.mkdir(exist_ok=True)
    ran([build.python, FILES / "icons.py", SVG, drawn], why="drawing the icons")
    for path in sorted(drawn.glob("*.png")):
        target = share / "icons" / "hicolor" / f"{path.stem}x{path.stem}" / "apps" / f"{NAME}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    scalable = share / "icons" / "hicolor" / "scalable" / "apps"
    scalable.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(SVG, scalable / f"{NAME}.svg")
    validate(entry, info)


def described() -> str:
    """AppStream's description with this version's number and day."""
    day = datetime.fromtimestamp(made_at(), UTC).date().isoformat()
    text = (FILES / f"{NAME}.metainfo.xml").read_text(encoding="utf-8")
    return text.replace("@VERSION@", version()).replace("@DATE@", day)


def validate(entry: Path, info: Path) -> None:
    """Ask the two validators, where they are installed.

    :raises BuildError: one of them refuses.
    """
    tools: dict[str, Words] = {
        "desktop-file-validate": [entry],
        "appstreamcli": ["validate", "--no-net", info],
    }
    for tool, words in tools.items():
        if shutil.which(tool) is None:
            print(f"{tool} is not installed: not validated")
        else:
            ran([tool, *words], why=f"validating {words[-1]}")


def made_at() -> int:
    """The commit's time, so that the same commit gives the same packages; else now."""
    if shutil.which("git") and (CHECKOUT / ".git").exists():
        return int(ran(["git", "log", "-1", "--format=%ct"], why="asking git"))
    return int(datetime.now(UTC).timestamp())


def told(target: Path) -> None:
    """Write the checksum beside a product and say its size."""
    if not target.exists():
        raise BuildError(f"{target} was not made")
    with target.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    target.with_name(target.name + ".sha256").write_text(f"{digest}  {target.name}\n")
    print(f"{target.name}: {target.stat().st_size / 1e6:,.0f} MB")
