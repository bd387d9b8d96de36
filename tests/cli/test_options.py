"""Options change the spec that a command was given, and only where they are given."""

from __future__ import annotations

from click.testing import CliRunner

from maga_desk.cli.options import by_verification
from maga_desk.cli.run import run_command
from maga_desk.domain.specs.run import RunSpec


def test_verification_models_are_asked_for_by_an_option_alone() -> None:
    spec = RunSpec()
    assert by_verification(spec, wanted=True).audit.without_retraining
    assert by_verification(spec, wanted=False) == spec
    assert "--without-retraining" in CliRunner().invoke(run_command, ["--help"]).output
