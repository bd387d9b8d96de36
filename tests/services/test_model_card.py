"""The model card beside an exported net: read by the Hub's own library, without a picture's name, always the same."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from huggingface_hub import ModelCard

from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import OutputError
from maga_desk.domain.forgotten import listed_names
from maga_desk.domain.questions import ANSWER_WORDS, answered
from maga_desk.domain.results import Audit, Figure
from maga_desk.domain.yardstick import Yardstick
from maga_desk.models.checkpoint import read_info
from maga_desk.services.exporting import export, files_of_export
from maga_desk.services.model_card import card_of, card_text
from maga_desk.services.records.reading import read_folder


def test_it_lies_beside_a_runs_export_and_the_hub_reads_it(finished: Path, tmp_path: Path) -> None:
    checkpoint = finished / "unlearned.safetensors"
    list(export(checkpoint, "onnx", tmp_path / "net.onnx", RunControl()))
    card = ModelCard.load(tmp_path / "net.README.md")
    card.data.to_yaml()
    assert card.data.pipeline_tag == "image-classification" and "machine-unlearning" in card.data.tags
    for part in (
        "## What it is",
        "## What was unlearned",
        "## What was found",
        "**Not run:**",
        "## Limits",
        "net.onnx",
    ):
        assert part in card.content
    assert any(words in card.content for words in ANSWER_WORDS.values())
    for name in listed_names((finished / "forgotten.txt").read_text()):
        assert name not in card.content and Path(name).name not in card.content
    assert str(tmp_path) not in card.content and str(finished) not in card.content


def test_the_same_run_gives_the_same_bytes(finished: Path, tmp_path: Path) -> None:
    checkpoint = finished / "unlearned.safetensors"
    first = card_of(checkpoint, tmp_path / "net.onnx", folder=False)
    shutil.copytree(finished, tmp_path / "copy")
    assert first is not None
    assert first == card_of(tmp_path / "copy" / checkpoint.name, tmp_path / "x" / "net.pt", folder=False)


def test_a_card_that_lies_there_just_so_is_left_and_another_is_asked_about(finished: Path, tmp_path: Path) -> None:
    checkpoint = finished / "unlearned.safetensors"
    list(export(checkpoint, "onnx", tmp_path / "net.onnx", RunControl()))
    assert files_of_export(checkpoint, tmp_path / "net.pt") == (tmp_path / "net.pt",)
    list(export(checkpoint, "state-dict", tmp_path / "net.pt", RunControl()))
    (tmp_path / "net.README.md").write_text("mine")
    with pytest.raises(OutputError, match="there already"):
        list(export(checkpoint, "safetensors", tmp_path / "net.safetensors", RunControl()))
    assert (tmp_path / "net.README.md").read_text() == "mine"


def test_a_net_without_a_judged_run_has_none(tiny_model: Path, tmp_path: Path) -> None:
    list(export(tiny_model, "state-dict", tmp_path / "net.pt", RunControl()))
    assert [each.name for each in tmp_path.iterdir()] == ["net.pt"]


def test_its_first_line_says_where_nothing_could_be_decided(finished: Path, tmp_path: Path) -> None:
    material, info = read_folder(finished), read_info(finished / "unlearned.safetensors")
    answers = {asked.answer for asked in answered(material.report, material.gone_classes)}
    assert answers <= {"unsure", "not run"}, "the tiny run is judged without a retrained model"
    assert "> **Nothing could be decided:**" in card_text(material, info, "net", folder=False)
    figures = {"forget_test": Figure(0.0, 0.0, 1.0, 900), "forget_train": Figure(0.0, 0.0, 1.0, 900)}
    yardstick = Yardstick("gold.safetensors", "ab", "record")
    report = material.report
    alike = replace(report, after=report.after.with_figures(figures), retrained=Audit(figures), yardstick=yardstick)
    assert any(asked.answer == "as" for asked in answered(alike, material.gone_classes))
    text = card_text(replace(material, report=alike), info, "net", folder=False)
    assert "Nothing could be decided" not in text and "What was found is below" in text
