"""What stays out of the bundle, what stands in, what is on the bill, and what desktops are told."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bundling import bill, environment, left_out, linux, stand_ins
from bundling.elf import Library
from bundling.places import CHECKOUT, PACKAGING, Build, project


@pytest.mark.parametrize(
    ("path", "stays_out"),
    [
        ("torch/include/ATen/ATen.h", True),
        ("torch/lib/libtorch_cpu.so", False),
        ("torch/testing/_comparison.py", False),
        ("scipy/stats/tests/data/x.npz", True),
        ("nvidia/cu13/lib/libcusolverMg.so.12", True),
        ("nvidia/cu13/lib/libcusolver.so.12", False),
        ("PySide6/Qt/plugins/platforms/libqxcb.so", False),
        ("PySide6/Qt/plugins/platforms/libqvnc.so", True),
        ("resources/demo/kinds.safetensors", False),
    ],
)
def test_what_stays_out_has_a_reason(path: str, stays_out: bool) -> None:
    assert (left_out.reason(path) is not None) == stays_out


def test_nothing_that_the_program_imports_stays_out() -> None:
    imported = set()
    for path in (CHECKOUT / "maga_desk").rglob("*.py"):
        imported |= set(re.findall(r"^\s*(?:from|import) ([\w.]+)", path.read_text(encoding="utf-8"), re.MULTILINE))
    out = set(left_out.excluded_modules()) - {"bitsandbytes", "accelerate"}
    assert not imported & out
    tops = {name.split(".")[0] for name in imported} - {"PySide6"}
    assert not tops & out


def test_the_program_takes_nothing_of_what_stand_ins_give_up() -> None:
    """No training over several GPUs, and no 2:4 sparse weights."""
    for path in (CHECKOUT / "maga_desk").rglob("*.py"):
        taken = r"(import|from) torch\.distributed|torch\.(distributed|sparse)\.\w+\(|_cslt|semi_structured"
        assert not re.search(taken, path.read_text(encoding="utf-8")), path


def test_a_stand_in_has_just_the_functions_that_are_taken() -> None:
    user = Library(
        soname="libuser.so",
        needed=("libnccl.so.2", "libcudart.so.13"),
        paths=(),
        undefined=(("ncclSend", ""), ("memcpy", "GLIBC_2.14"), ("cudaMalloc", "libcudart.so.13"), ("torch_list", "")),
        versions={"libcudart.so.13": ("libcudart.so.13",), "libc.so.6": ("GLIBC_2.14",)},
        symbols=False,
    )
    nccl, other = stand_ins.GPU[1], Library("", (), (), user.undefined, user.versions, symbols=False)
    cudart = next(each for each in stand_ins.CPU if each.soname == "libcudart.so.13")
    assert stand_ins.asked_of(nccl, [user, other]) == [("ncclSend", "")]
    assert stand_ins.asked_of(cudart, [user]) == [("cudaMalloc", "libcudart.so.13")]


@pytest.mark.skipif(
    not sys.platform.startswith("linux") or shutil.which("cc") is None, reason="needs Linux and a C compiler"
)
def test_a_stand_in_answers_with_its_word(tmp_path: Path) -> None:
    import ctypes

    one = stand_ins.StandIn("libcufft.so.12", 16, "a test")
    made = stand_ins.make(one, [("cufftCreate", "libcufft.so.12"), ("cufftPlain", "")], tmp_path)
    library = ctypes.CDLL(str(made))
    assert (library.cufftCreate(), library.cufftPlain()) == (16, 16)


def test_the_bill_has_what_is_in_the_bundle_only() -> None:
    whole = {
        "metadata": {"component": {"bom-ref": "root"}},
        "components": [{"name": "PyYAML", "bom-ref": "a"}, {"name": "pip", "bom-ref": "b"}],
        "dependencies": [{"ref": "root", "dependsOn": ["a", "b"]}, {"ref": "b", "dependsOn": ["a"]}, {"ref": "a"}],
    }
    cut = bill.limited(whole, {bill.plain("pyyaml")})
    assert [each["name"] for each in cut["components"]] == ["PyYAML"]
    assert cut["dependencies"] == [{"ref": "root", "dependsOn": ["a"]}, {"ref": "a", "dependsOn": []}]


def test_wheels_that_are_named_take_the_place_of_requirements() -> None:
    wanted = environment.requirements(Build("cpu"))
    assert {line.split(">")[0] for line in wanted} >= {"torch", "torchvision", "h5py", "pydicom", "pyinstaller"}
    left = environment.without(wanted, {"torch", "torchvision"})
    assert len(left) == len(wanted) - 2
    assert not any("heif" in line or "bitsandbytes" in line for line in wanted)


def test_desktops_are_told_what_the_program_is() -> None:
    entry = configparser.ConfigParser(interpolation=None)
    entry.optionxform = str  # type: ignore[assignment, method-assign]
    entry.read(PACKAGING / "linux" / "maga-desk.desktop", encoding="utf-8")
    assert entry["Desktop Entry"]["Exec"] == entry["Desktop Entry"]["Icon"] == "maga-desk"
    # the window's name for the desktop (app.setDesktopFileName) must be the entry's
    assert 'setDesktopFileName("maga-desk")' in (CHECKOUT / "maga_desk" / "app.py").read_text(encoding="utf-8")
    info = ElementTree.fromstring(linux.described())
    release = info.find("releases/release")
    assert release is not None and release.get("version") == project()["version"]
    assert info.findtext("launchable") == "maga-desk.desktop"
    assert info.findtext("project_license") == project()["license"]


@pytest.mark.parametrize(("tool", "words"), [("desktop-file-validate", []), ("appstreamcli", ["validate", "--no-net"])])
def test_validators_accept_it(tool: str, words: list[str], tmp_path: Path) -> None:
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")
    file = PACKAGING / "linux" / "maga-desk.desktop"
    if words:
        file = tmp_path / "maga-desk.metainfo.xml"
        file.write_text(linux.described(), encoding="utf-8")
    done = subprocess.run([tool, *words, file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
