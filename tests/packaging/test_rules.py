"""What stays out of the bundle, what stands in, what is on the bill, and what desktops are told."""

from __future__ import annotations

import configparser
import importlib.util
import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bundling import bill, elf, environment, freezing, languages, left_out, linux, stand_ins
from bundling.elf import Library
from bundling.places import CHECKOUT, PACKAGING, Build, BuildError, project
from tests.packaging.test_elf import library_of


@dataclass(frozen=True)
class Made(Build):
    """A build whose folders are elsewhere."""

    work_below: Path = Path()

    @property
    def work(self) -> Path:
        return self.work_below

    @property
    def environment(self) -> Path:
        return self.work_below / "environment"


@pytest.mark.parametrize(
    ("path", "stays_out"),
    [
        ("torch/include/ATen/ATen.h", True),
        ("torch/lib/libtorch_cpu.so", False),
        ("torch/testing/_comparison.py", False),
        ("scipy/stats/tests/data/x.npz", True),
        ("scipy/stats/_stats.so", False),
        ("sklearn/tree/_tree.so", True),
        ("nvidia/cu13/lib/libcusolverMg.so.12", True),
        ("nvidia/cu13/lib/libcusolver.so.12", False),
        ("PySide6/Qt/plugins/platforms/libqxcb.so", False),
        ("PySide6/Qt/plugins/platforms/libqvnc.so", True),
        ("torch/_dynamo/eval_frame.py", True),
        ("torch/_dynamo/config.py", False),
        ("torch/nn/functional.py", False),
        ("transformers/models/vit/modeling_vit.py", False),
        ("transformers/models/dinov3_vit/modular_dinov3_vit.py", True),
        ("torch-2.14.1.dist-info/METADATA", False),
        ("torch-2.14.1.dist-info/RECORD", True),
        ("resources/demo/kinds.safetensors", False),
    ],
)
def test_what_stays_out_has_a_reason(path: str, stays_out: bool) -> None:
    assert (left_out.reason(path) is not None) == stays_out


@pytest.mark.parametrize(
    ("module", "stays_out"),
    [
        ("torch.testing._internal.common_utils", True),
        ("torch.testing._internal.logging_tensor", False),
        ("torch.testing._comparison", False),
        ("sklearn.ensemble", True),
        ("sklearn.linear_model._logistic", False),
        ("torch._inductor.config", False),
        ("transformers.models.vit.modeling_vit", False),
    ],
)
def test_modules_that_stay_out_of_the_archive_have_a_reason(module: str, stays_out: bool) -> None:
    assert (left_out.module_reason(module) is not None) == stays_out


def test_nothing_that_the_program_imports_stays_out() -> None:
    imported = set()
    for path in (CHECKOUT / "maga_desk").rglob("*.py"):
        imported |= set(re.findall(r"^\s*(?:from|import) ([\w.]+)", path.read_text(encoding="utf-8"), re.MULTILINE))
    out = set(left_out.excluded_modules()) - {"bitsandbytes", "accelerate", "umap", "usearch"}
    assert not imported & out
    tops = {name.split(".")[0] for name in imported} - {"PySide6"}
    assert not tops & out
    assert not {name for name in imported if left_out.module_reason(name)}
    used = sorted(name for name in imported if name.split(".")[0] in ("sklearn", "scipy"))
    code = f"import sys, importlib; [importlib.import_module(name) for name in {used}]; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {name for name in loaded if left_out.module_reason(name)}, "they import some of it in their turn"


def test_the_program_takes_nothing_of_what_stand_ins_give_up() -> None:
    """No training over several GPUs, and no 2:4 sparse weights."""
    for path in (CHECKOUT / "maga_desk").rglob("*.py"):
        taken = r"(import|from) torch\.distributed|torch\.(distributed|sparse)\.\w+\(|_cslt|semi_structured"
        assert not re.search(taken, path.read_text(encoding="utf-8")), path


def test_no_net_that_people_bring_takes_a_fourier_transform_on_the_card() -> None:
    """The GPU flavour has no cuFFT: the architectures of torchvision, timm and transformers are looked through."""
    from transformers.models.auto.modeling_auto import MODEL_FOR_IMAGE_CLASSIFICATION_MAPPING_NAMES as NETS

    packages = {name: Path(str(importlib.util.find_spec(name).origin)).parent for name in _NET_PACKAGES}  # type: ignore[union-attr]
    sources = [*(packages["torchvision"] / "models").rglob("*.py"), *(packages["timm"]).rglob("*.py")]
    for kind in sorted(NETS):
        sources += (packages["transformers"] / "models" / kind.replace("-", "_")).glob("modeling_*.py")
    assert len(sources) > 200
    taking = {path.name for path in sources if re.search(r"\bfft\.\w+\(", path.read_text(encoding="utf-8"))}
    assert taking <= {"csatv2.py"}  # once, as the net is built, which is on the processor


_NET_PACKAGES = ("torchvision", "timm", "transformers")


def test_the_plots_draw_without_opengl() -> None:
    """An empty module stands for Qt's in the bundle."""
    for path in (CHECKOUT / "maga_desk").rglob("*.py"):
        assert not re.search(r"useOpenGL|PColorMesh|pyqtgraph\.opengl|QOpenGL", path.read_text(encoding="utf-8")), path


def test_a_stand_in_has_just_the_functions_that_are_taken() -> None:
    user = Library(
        soname="libuser.so",
        needed=("libnccl.so.2", "libcudart.so.13"),
        paths=(),
        undefined=(("ncclSend", ""), ("memcpy", "GLIBC_2.14"), ("cudaMalloc", "libcudart.so.13"), ("torch_list", "")),
        versions={"libcudart.so.13": ("libcudart.so.13",), "libc.so.6": ("GLIBC_2.14",)},
        symbols=False,
    )
    nccl, other = (
        next(each for each in stand_ins.GPU if "nccl" in each.soname),
        Library("", (), (), user.undefined, user.versions, symbols=False),
    )
    cudart = next(each for each in stand_ins.CPU if each.soname == "libcudart.so.13")
    assert stand_ins.asked_of(nccl, [user, other]) == [("ncclSend", "")]
    assert stand_ins.asked_of(cudart, [user]) == [("cudaMalloc", "libcudart.so.13")]


@pytest.mark.skipif(
    not sys.platform.startswith("linux") or shutil.which("cc") is None, reason="needs Linux and a C compiler"
)
def test_a_stand_in_answers_with_its_word(tmp_path: Path) -> None:
    import ctypes

    one = stand_ins.StandIn("libcufft.so.12", 16, "a test")
    made = stand_ins.make(one, one.soname, [("cufftCreate", "libcufft.so.12"), ("cufftPlain", "")], tmp_path)
    library = ctypes.CDLL(str(made))
    assert (library.cufftCreate(), library.cufftPlain()) == (16, 16)


@pytest.mark.skipif(
    not sys.platform.startswith("linux") or shutil.which("cc") is None, reason="needs Linux and a C compiler"
)
def test_what_is_taken_of_a_library_is_what_no_other_has(tmp_path: Path) -> None:
    """A stand-in of which nothing may be taken is refused where something is."""
    monolith = tmp_path / "bundle" / "_internal"
    monolith.mkdir(parents=True)

    def linked(name: str, source: str, *needs: Path) -> Path:
        (tmp_path / "source.c").write_text(source)
        words = ["cc", "-shared", "-fPIC", "-nostdlib", f"-Wl,-soname,{name}", "-Wl,--no-as-needed"]
        subprocess.run([*words, "-o", monolith / name, tmp_path / "source.c", *needs], check=True)
        return monolith / name

    shared = linked("libshared.so", "int both(void) { return 1; }")
    large = linked("libcurand.so.10", "int both(void) { return 1; } int own(void) { return 2; } int idle(void);")
    user = linked(
        "libuser.so", "int both(void); int own(void); int use(void) { return both() + own(); }", shared, large
    )
    libraries = {path: elf.read(path) for path in (shared, large, user)}
    assert stand_ins.taken_of(large, libraries) == [("own", "")]
    with pytest.raises(BuildError, match=r"libcurand\.so\.10 has no stand-in: own of it is taken"):
        stand_ins.put_in(Made("gpu", work_below=tmp_path), libraries)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads libraries of Linux")
def test_torch_takes_nothing_of_the_part_of_cudnn_that_stays_out() -> None:
    assert left_out.reason("nvidia/cudnn/lib/libcudnn_ext.so.9")
    cuda = library_of("torch", "lib", "libtorch_cuda.so")
    if not cuda.exists():
        pytest.skip("this torch is without CUDA")
    taken = {name for name, _ in elf.read(cuda).undefined}
    assert "cudnnCreate" in taken
    assert not {name for name in taken if re.search("CausalConv|SubquadraticOps|SpMMOp|JITCallback", name)}


@pytest.mark.parametrize(
    ("table", "stays"),
    [
        ("coll/sv.res", True),
        ("gb18030.cnv", False),
        ("zoneinfo64.res", True),
        ("zone/en.res", True),
        ("zone/de.res", False),
        ("de_AT.res", False),
        ("root.res", True),
        ("brkitr/line.brk", False),
        ("unit/en.res", False),
    ],
)
def test_of_icus_data_stays_what_qt_asks_for(table: str, stays: bool) -> None:
    assert languages.is_needed(table) == stays


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads libraries of Linux")
def test_qt_asks_icu_for_nothing_else() -> None:
    undefined = {name for name, _ in elf.read(library_of("PySide6", "Qt", "lib", "libQt6Core.so.6")).undefined}
    asked = {name for name in undefined if re.fullmatch(r"(u[a-z]+_|UCNV_|u_)\w+_\d+", name)}
    assert any(name.startswith("ucol_open_") for name in asked)
    assert not {name for name in asked if not re.match(r"ucnv_|UCNV_|ucol_|ucal_|u_strTo(Lower|Upper)_", name)}


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


def test_an_environment_of_another_project_is_not_frozen(tmp_path: Path) -> None:
    build = Made("cpu", work_below=tmp_path)
    build.python.parent.mkdir(parents=True)
    build.python.touch()
    environment.stamp_of(build).write_text(json.dumps(environment.mark(build)), encoding="utf-8")
    assert environment.fits(build)
    old = environment.mark(build) | {"wanted": environment.requirements(build)[1:]}
    environment.stamp_of(build).write_text(json.dumps(old), encoding="utf-8")
    with pytest.raises(BuildError, match="take `environment` first"):
        freezing.freeze(build)


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
