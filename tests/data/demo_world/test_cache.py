from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from maga_desk.data.demo_world import world
from maga_desk.data.demo_world.world import demo_world
from maga_desk.domain.pictures import ImageSet


def small(seed: int = 0) -> ImageSet:
    return demo_world(seed, train_per_kind=2, test_per_kind=1)


def kept(home: Path) -> Path:
    (path,) = home.rglob("*.npz")
    return path


@pytest.fixture
def drawings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The kinds that were really drawn, in order."""
    drawn: list[str] = []

    def draw(kind: str, rng: np.random.Generator) -> np.ndarray:
        drawn.append(kind)
        return render(kind, rng)

    render = world.render
    monkeypatch.setattr(world, "render", draw)
    return drawn


def test_the_second_time_nothing_is_drawn(drawings: list[str]) -> None:
    first = small()
    assert len(drawings) == 60
    heard: list[tuple[int, int]] = []
    second = demo_world(0, 2, 1, progress=lambda done, total: heard.append((done, total)))
    assert len(drawings) == 60
    assert heard == [(60, 60)]
    assert second.fingerprint == first.fingerprint
    np.testing.assert_array_equal(second.test.whole(), first.test.whole())


def test_other_seeds_and_counts_are_kept_apart(home: Path) -> None:
    assert small(0).fingerprint != small(1).fingerprint
    assert len(demo_world(0, 1, 1).train) == 20
    assert len(list(home.rglob("*.npz"))) == 3


@pytest.mark.parametrize(
    "damage",
    [
        lambda raw: b"",
        lambda raw: b"no archive at all",
        lambda raw: raw[: len(raw) // 2],
        lambda raw: raw[:5000] + bytes([raw[5000] ^ 255]) + raw[5001:],
        lambda raw: raw[:-10] + b"\xff" * 10,
    ],
    ids=["empty", "text", "cut", "flipped", "tail"],
)
def test_a_broken_file_is_remade(home: Path, drawings: list[str], damage: Callable[[bytes], bytes]) -> None:
    first = small()
    path = kept(home)
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    assert small().fingerprint == first.fingerprint
    assert len(drawings) == 120
    small()
    assert len(drawings) == 120, "the remade file is used"


@pytest.mark.parametrize(
    "content", [{}, {"train": np.zeros(3)}, {"train": np.zeros((40, 3, 32, 32)), "test": np.zeros(1)}]
)
def test_a_file_with_other_content_is_remade(home: Path, content: dict[str, np.ndarray]) -> None:
    first = small()
    np.savez(kept(home), **content)
    assert small().fingerprint == first.fingerprint


def test_no_place_to_keep_it_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = small()
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    monkeypatch.setenv("MAGA_DESK_HOME", str(blocked))
    assert small().fingerprint == first.fingerprint


def test_a_cache_folder_that_cannot_be_made_is_no_error(home: Path) -> None:
    (home / "cache").write_text("in the way")
    assert len(small().train) == 40
