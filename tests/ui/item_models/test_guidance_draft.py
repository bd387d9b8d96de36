"""What is set up on the Guide page, before and after it is applied."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from maga_desk.domain.specs.guidance import GuidanceSpec
from maga_desk.ui.item_models.guidance_draft import GuidanceDraft


def test_what_is_set_up_stays_until_another_guidance_is_in_force(qtbot: QtBot) -> None:
    draft = GuidanceDraft()
    draft.follow(GuidanceSpec(gamma=2))
    draft.change(combine="soft")
    assert draft.stale and draft.spec.gamma == 2
    draft.follow(GuidanceSpec(gamma=2, accepted=("a.png",)))
    assert draft.spec.combine == "soft", "an agreement says nothing about how labels are proposed"
    draft.follow(GuidanceSpec(gamma=3))
    assert not draft.stale and draft.spec.combine == "auto"


def test_a_change_that_changes_nothing_is_not_told(qtbot: QtBot) -> None:
    draft = GuidanceDraft()
    with qtbot.assertNotEmitted(draft.changed):
        draft.change(gamma=1.0)
        draft.choose("classifier")
    with qtbot.waitSignal(draft.changed):
        draft.choose("uniform")


def test_each_proposer_keeps_what_means_something_else_for_another(qtbot: QtBot) -> None:
    draft = GuidanceDraft()
    draft.follow(GuidanceSpec(proposer="mllm", model="demo", options={"depth": 2}, exemplars=3))
    draft.choose("clip")
    settings = draft.settings()
    assert (settings["model"], settings["options"], settings["exemplars"]) == (None, {}, 3)
    assert draft.settings_for("mllm")["options"] == {"depth": 2}
