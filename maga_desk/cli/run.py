"""``maga-desk run``: one spec, from the pictures to the unlearned checkpoint."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import click

from maga_desk.cli.means import SEND_HELP, agree
from maga_desk.cli.options import (
    ALLOW_CHANCE,
    ALLOW_MISSING,
    DECLARED_BY,
    EXPLAIN,
    GUESSES,
    INDEX_BASE,
    OF_CASE,
    PLACE,
    SET_ASIDE,
    WITH_TWINS,
    WITHOUT_RETRAINING,
    allowing,
    by_verification,
    declared,
    guessing,
    joining,
)
from maga_desk.cli.perform import perform
from maga_desk.cli.requests import ONE_BY_ONE, answer, check_result, opened
from maga_desk.cli.show import print_json, report_lines
from maga_desk.cli.terminal import echo
from maga_desk.domain.forget import as_said, parts_of
from maga_desk.domain.measures import DEFINITIONS, definitions
from maga_desk.domain.protection import InputFile, check_run_folder
from maga_desk.domain.run_folder import EVENTS
from maga_desk.domain.specs.run import RunSpec, read_spec
from maga_desk.services.parts import divided, said_of_methods


@click.command("run")
@click.argument("spec", type=PLACE)
@click.option("--resume", is_flag=True, help="Go on with what an interrupted run left in the output folder.")
@SET_ASIDE
@ALLOW_MISSING
@WITH_TWINS
@INDEX_BASE
@ALLOW_CHANCE
@DECLARED_BY
@GUESSES
@WITHOUT_RETRAINING
@OF_CASE
@EXPLAIN
@click.option("--send-pictures", is_flag=True, help=SEND_HELP)
@click.option("--json", "as_json", is_flag=True, help="Print the content of summary.json.")
def run_command(
    spec: Path,
    resume: bool,
    force: bool,
    allow_missing: bool,
    with_twins: bool,
    index_base: str | None,
    allow_chance: bool,
    declared_by: str | None,
    guesses: int | None,
    without_retraining: bool,
    case: str | None,
    explain: bool,
    send_pictures: bool,
    as_json: bool,
) -> None:
    """Unlearn what the TOML file SPEC says, judge the result, and leave a folder that says what was done."""
    wanted = joining(allowing(read_spec(spec), allow_missing, allow_chance), with_twins, index_base)
    wanted = by_verification(guessing(declared(wanted, declared_by), guesses), without_retraining)
    check_run_folder(wanted, resume=resume, force=force, files=spec_file(spec, wanted))
    if send_pictures:
        agree(wanted.guidance)
    workspace = opened(wanted, quiet=as_json) if wanted.forget.may_be_mixed else None
    if workspace is not None:
        forget, catalogue = workspace.forget_set(wanted), workspace.images.catalogue()
        stream = divided(wanted, forget, catalogue)
        if stream is not None:
            echo(f"{as_said(parts_of(forget, catalogue), catalogue)} {ONE_BY_ONE}", err=True)
            for line in chain(*said_of_methods(wanted, stream.runs())):
                echo(line, err=True)
            files = spec_file(spec, wanted)
            answer(stream, files, resume=resume, force=force, as_json=as_json, workspace=workspace, case=case)
            return
    ended, report = perform(wanted, resume=resume, force=force, quiet=as_json, workspace=workspace, case=case)
    if as_json:
        print_json({**(ended.summary or {}), DEFINITIONS: definitions()})
        check_result(ended)
        return
    for line in (
        report_lines(report, (ended.summary or {}).get("forgotten_classes", ()), explain=explain) if report else ()
    ):
        echo(line)
    echo(f"saved in {ended.folder}")
    check_result(ended)


def spec_file(path: Path, spec: RunSpec) -> tuple[InputFile, ...]:
    """The file that a spec was read from, as an input; not where it is the run's own record in its folder."""
    folder = Path(spec.output.dir)
    own = path.resolve().parent == folder.resolve() and (folder / EVENTS).exists()
    return () if own else (InputFile("the spec", path),)
