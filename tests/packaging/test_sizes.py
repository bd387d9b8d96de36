"""The table of sizes: what belongs to which part, and when growth stops a build."""

from __future__ import annotations

from pathlib import Path

import pytest

from bundling import sizes


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("maga-desk", "Python"),
        ("_internal/libpython3.11.so.1.0", "Python"),
        ("_internal/libxcb-cursor.so.0", "libraries of the system"),
        ("_internal/torch/lib/libtorch_cpu.so", "torch, libraries"),
        ("_internal/torch/nn/modules/conv.py", "torch, Python"),
        ("_internal/nvidia/cudnn/lib/libcudnn.so.9", "nvidia/cudnn"),
        ("_internal/numpy.libs/libopenblas.so", "numpy"),
        ("_internal/torch-2.14.1.dist-info/METADATA", "metadata"),
    ],
)
def test_each_file_belongs_to_one_part(path: str, part: str) -> None:
    assert sizes.part_of(path) == part


def test_links_count_nothing_and_small_parts_are_one(tmp_path: Path) -> None:
    inside = tmp_path / "_internal"
    for name, size in {"torch/lib/large.so": 3_000_000, "one/a.py": 400_000, "two/b.py": 400_000}.items():
        (inside / name).parent.mkdir(parents=True, exist_ok=True)
        (inside / name).write_bytes(bytes(size))
    (inside / "large.so").symlink_to("torch/lib/large.so")
    assert sizes.parts(tmp_path) == {"total": 4, "torch, libraries": 3, "rest": 1}


def test_growth_by_a_tenth_is_named_by_part() -> None:
    known = {"total": 100, "torch": 60, "Qt": 40}
    assert sizes.growth(known, {"total": 110, "torch": 70, "Qt": 40}) is None
    assert sizes.growth(known, {"total": 111, "torch": 60, "Qt": 45, "new": 6}) == (
        "100 MB became 111 MB (new +6 MB, Qt +5 MB)"
    )


def test_what_is_recorded_is_read_again(tmp_path: Path) -> None:
    record = tmp_path / "sizes.toml"
    wanted = {"cpu": {"total": 5, "torch, libraries": 3}, "gpu": {"total": 9}}
    sizes.write(wanted, record)
    assert sizes.read(record) == wanted


def test_the_record_adds_up() -> None:
    for flavour, rows in sizes.read().items():
        parts = sum(size for name, size in rows.items() if name != "total")
        assert abs(parts - rows["total"]) <= len(rows), flavour
