"""``maga-desk data``: what lies at a path, what was guessed, and what would be used."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from maga_desk.cli.options import JSON, NAMED, OUT_FILE, own_key
from maga_desk.cli.show import follow, print_json
from maga_desk.cli.terminal import echo
from maga_desk.domain.choices import AUTO
from maga_desk.domain.control import RunControl
from maga_desk.domain.events import Event
from maga_desk.domain.files import write_text
from maga_desk.domain.specs.run import DataSpec


@click.command("data")
@click.argument("path", type=NAMED)
@click.option("--source", default=AUTO, show_default=True, help="Read it by this source (`maga-desk sources`).")
@click.option("--option", "options", multiple=True, metavar="KEY=VALUE", help="One of the source's own keys.")
@click.option("--duplicates", is_flag=True, help="Find pictures that are there more than once, to the pixel or nearly.")
@click.option(
    "--save",
    type=OUT_FILE,
    help="Write every file that is not used, with the reason, as CSV; with --duplicates every picture of each group.",
)
@JSON
def data_command(
    path: str, source: str, options: tuple[str, ...], duplicates: bool, save: Path | None, as_json: bool
) -> None:
    """Say what pictures PATH has, how they lie, and which files would not be used. No picture is decoded, except to
    find duplicates.
    """
    if duplicates:
        _say_duplicates(DataSpec(source=source, path=path, options=dict(map(own_key, options))), save, as_json)
        return
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


_SHOWN = 20  # groups of a kind


def _say_duplicates(spec: DataSpec, save: Path | None, as_json: bool) -> None:
    """Exact and near copies over all splits, without a model."""
    from maga_desk.data.sources.reading import list_pictures
    from maga_desk.services.duplicates import Duplicates, finding_duplicates

    images, results = list_pictures(spec).images, list[Duplicates]()

    def job(control: RunControl) -> Iterator[Event]:
        results.append((yield from finding_duplicates(images, control)))

    follow(job, quiet=as_json)
    found = results[0]
    if save is not None:
        write_text(save, found.table())
    if as_json:
        print_json({"path": spec.path, **found.as_dict()})
        return
    for line in found.lines(_SHOWN):
        echo(line)
    if save is not None:
        echo(f"{save}: every picture of each group")
