"""``maga-desk data``: what lies at a path, what was guessed, and what would be used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from maga_desk.cli.options import JSON, NAMED, OUT_FILE, own_key
from maga_desk.cli.show import print_json
from maga_desk.cli.terminal import echo
from maga_desk.domain.choices import AUTO
from maga_desk.domain.files import write_text
from maga_desk.domain.specs.run import DataSpec


@click.command("data")
@click.argument("path", type=NAMED)
@click.option("--source", default=AUTO, show_default=True, help="Read it by this source (`maga-desk sources`).")
@click.option("--option", "options", multiple=True, metavar="KEY=VALUE", help="One of the source's own keys.")
@click.option("--save", type=OUT_FILE, help="Write every file that is not used, with the reason, as CSV.")
@JSON
def data_command(path: str, source: str, options: tuple[str, ...], save: Path | None, as_json: bool) -> None:
    """Say what pictures PATH has, how they lie, and which files would not be used. No picture is decoded."""
    from maga_desk.data.sources.auto import sightings
    from maga_desk.data.sources.reading import list_pictures
    from maga_desk.data.sources.registry import SOURCES

    known = sightings(Path(path), SOURCES)
    listed = list_pictures(DataSpec(source=source, path=path, options=dict(map(own_key, options))))
    found = listed.contents.found
    if save is not None:
        write_text(save, found.table())
    recognised = [
        {"source": each.source.info.name, "sure": each.recognition.sure, "why": each.recognition.why} for each in known
    ]
    if as_json:
        facts: dict[str, Any] = {"path": path, "classes": list(listed.images.kinds), "recognised": recognised}
        print_json({**facts, **found.as_dict()})
        return
    for each in recognised:
        taken = " (taken)" if each["source"] == found.source else ""
        echo(f"{each['source']}{taken}: {each['why']}")
    echo(f"{found.short()}; {len(listed.images.kinds)} classes")
    for line in found.lines():
        echo(line)
    if save is not None:
        echo(f"{save}: every file that is not used")
