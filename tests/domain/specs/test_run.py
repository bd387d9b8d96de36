"""RunSpec: the contract's keys, TOML both ways, and one clear line for every mistake."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from maga_desk.data.families import read_families
from maga_desk.domain.errors import SpecError
from maga_desk.domain.paths import resources_dir
from maga_desk.domain.specs.ablation import read_ablation
from maga_desk.domain.specs.comparison import read_comparison
from maga_desk.domain.specs.run import RunSpec, parse_spec, read_spec
from maga_desk.domain.specs.stream import read_stream

CONTRACT = """
seed = 3
device = "auto"
[data]
source = "folder"
path = "cifar10"
train_limit = 20000
[model]
arch = "resnet8"
checkpoint = "original.safetensors"
[forget]
classes = ["cat"]
[guidance]
proposer = "classifier"
combine = "product"
[method]
name = "maga"
params = {}
[audit]
retrained = "make"
[output]
dir = "out"
"""


def test_the_contract_is_read_and_paths_are_taken_from_the_file(tmp_path: Path) -> None:
    file = tmp_path / "spec.toml"
    file.write_text(CONTRACT)
    spec = read_spec(file)
    assert spec.seed == 3
    assert spec.forget.classes == ("cat",)
    assert spec.data.path == str(tmp_path / "cifar10")
    assert spec.model.checkpoint == str(tmp_path / "original.safetensors")
    assert spec.output.dir == str(tmp_path / "out")
    assert spec.audit.retrained == "make"


def test_an_input_below_the_working_folder_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here" / "cifar10").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "here")
    file = tmp_path / "spec.toml"
    file.write_text(CONTRACT)
    assert read_spec(file).data.path == str(tmp_path / "here" / "cifar10")


def test_the_own_folder_at_the_beginning_of_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    (tmp_path / "specs").mkdir()
    path = tmp_path / "specs" / "a.toml"
    path.write_text('[data]\npath = "~/pictures"\n[model]\ncheckpoint = "~/net.pt"\n[output]\ndir = "~/out"\n')
    spec = read_spec(path)
    assert spec.data.path == str(tmp_path / "pictures") and spec.model.checkpoint == str(tmp_path / "net.pt")
    assert spec.output.dir == str(tmp_path / "out")


def test_toml_round_trip(tmp_path: Path) -> None:
    spec = parse_spec(
        {
            "data": {"path": "/p"},
            "guidance": {
                "label_edits": {'train/a "b"/1.png': "dog"},
                "matrix_edits": [{"row": "cat", "column": "dog", "value": 0.5}],
            },
            "method": {"params": {"lr": 0.01, "noise": "none"}},
            "output": {"dir": "/out"},
        }
    )
    file = tmp_path / "spec.toml"
    file.write_text(spec.to_toml())
    assert read_spec(file) == spec


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("sed = 1", "unknown key 'sed'"),
        ("[data]\nsorce = 'demo'", "unknown key 'data.sorce'"),
        ("[method]\nlr = 1", "unknown key 'method.lr'; a method's own settings stand in its params"),
        ("seed = 'x'", "'seed' = 'x'"),
        ("seed = -1", "'seed' = -1"),
        ("device = 'tpu'", "'device' = 'tpu'"),
        ("[forget]\nfraction = 1.5", "'forget.fraction' = 1.5"),
        ("[guidance]\ncombine = 'mix'", "'guidance.combine' = 'mix'"),
        ("[forget", "not valid TOML"),
    ],
)
def test_a_mistake_is_one_line_that_names_the_file_and_the_key(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "spec.toml"
    file.write_text(text)
    with pytest.raises(SpecError) as caught:
        read_spec(file)
    assert says in str(caught.value)
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_and_binary_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="cannot read"):
        read_spec(tmp_path / "none.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SpecError, match="not UTF-8"):
        read_spec(tmp_path / "bytes.toml")


def test_changes_are_validated_and_leave_the_original_alone() -> None:
    spec = RunSpec()
    assert spec.with_changes("method", name="retrain").method.name == "retrain"
    assert spec.with_changes("", seed=5).seed == 5
    assert spec.seed == 0
    with pytest.raises(SpecError):
        spec.with_changes("audit", retraned="make")


EXAMPLES = sorted((resources_dir() / "examples").glob("*.toml"))
READERS: dict[str, Callable[[Path], object]] = {
    "compare": read_comparison,
    "ablate": read_ablation,
    "stream": read_stream,
    "cifar10-families": lambda path: read_families(str(path)),
}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_every_documented_example_is_valid(example: Path) -> None:
    for start, read in READERS.items():
        if example.name.startswith(start):
            assert read(example)
            return
    assert read_spec(example).forget != RunSpec().forget


def test_there_is_an_example_of_everything() -> None:
    assert all(any(path.name.startswith(start) for path in EXAMPLES) for start in READERS)


def test_the_own_folder_is_meant_wherever_a_path_stands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    own = str(tmp_path)
    spec = RunSpec().with_changes("data", path="~/pictures", families="~/families.toml")
    spec = spec.with_changes("model", checkpoint="~/net.pt", forgotten="~/list.txt").with_changes("output", dir="~/out")
    spec = spec.with_changes("forget", files="~/names.txt").with_changes("audit", retrained="~/gold.pt")
    spec = spec.with_changes("guidance", file="~/matrix.csv", model="~/model")
    said = [spec.data.path, spec.data.families, spec.model.checkpoint, spec.model.forgotten, spec.output.dir]
    said += [spec.forget.files, spec.audit.retrained, spec.guidance.file, spec.guidance.model]
    assert all(str(each).startswith(own) for each in said), said
    assert RunSpec().with_changes("model", checkpoint="~nobody").model.checkpoint == "~nobody", "a name, no folder"
