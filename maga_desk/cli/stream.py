"""``maga-desk stream``: erasure requests one after another, each starting from the last result."""

from __future__ import annotations

from pathlib import Path

import click

from maga_desk.cli.means import SEND_HELP, agree
from maga_desk.cli.options import ALLOW_CHANCE, ALLOW_MISSING, INDEX_BASE, JSON, OF_CASE, PLACE, SET_ASIDE, WITH_TWINS
from maga_desk.cli.requests import ONE_BY_ONE, answer, check_folders, opened
from maga_desk.cli.terminal import echo
from maga_desk.domain.protection import InputFile
from maga_desk.domain.specs.stream import read_stream
from maga_desk.services.parts import unmixed


@click.command("stream")
@click.argument("spec", type=PLACE)
@click.option("--resume", is_flag=True, help="Go on where an earlier start of the same stream ended.")
@SET_ASIDE
@ALLOW_MISSING
@WITH_TWINS
@INDEX_BASE
@ALLOW_CHANCE
@OF_CASE
@click.option("--send-pictures", is_flag=True, help=SEND_HELP)
@JSON
def stream_command(
    spec: Path,
    resume: bool,
    force: bool,
    allow_missing: bool,
    with_twins: bool,
    index_base: str | None,
    allow_chance: bool,
    case: str | None,
    send_pictures: bool,
    as_json: bool,
) -> None:
    """Answer the erasure requests of the TOML file SPEC in their order.

    What an earlier request removed is neither trained on nor judged as kept by a later one.
    """
    stream = read_stream(spec)
    stream = stream.allowing_missing() if allow_missing else stream
    stream = stream.counting_from(int(index_base)) if index_base else stream
    stream = stream.with_twins() if with_twins else stream
    stream = stream.allowing_chance() if allow_chance else stream
    if send_pictures:
        agree(stream.base.guidance)
    files = (InputFile("the spec", spec),)
    check_folders(stream, files, resume=resume, force=force)
    workspace = opened(stream.runs()[0], quiet=as_json)
    stream, said = unmixed(stream, workspace)
    for line in said:
        echo(f"{line} {ONE_BY_ONE}", err=True)
    answer(stream, files, resume=resume, force=force, as_json=as_json, workspace=workspace, case=case)
