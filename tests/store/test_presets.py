from __future__ import annotations

from pathlib import Path

from maga_desk.domain.presets import Preset
from maga_desk.domain.specs.run import MethodSpec
from maga_desk.store.sessions import SessionStore


def test_presets_are_kept_by_name(path: Path) -> None:
    careful = Preset("careful", "class", MethodSpec(name="salun", params={"lr": 0.01, "share": None}), "concept")
    with SessionStore.open(path) as store:
        store.presets.save(Preset("Zoo", "", MethodSpec()))
        store.presets.save(Preset("careful", "", MethodSpec()))
        store.presets.save(careful)
    with SessionStore.open(path) as store:
        assert [preset.name for preset in store.presets.all()] == ["careful", "Zoo"]
        assert store.presets.all()[0] == careful and careful.title == "careful (salun, class)"
        store.presets.remove("Zoo")
        store.presets.remove("nobody")
        assert store.presets.all() == [careful]
