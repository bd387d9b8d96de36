"""``maga-desk train``: originals and retrained references."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import click
from pydantic import ValidationError

from maga_desk.cli.options import ALLOW_MISSING, FORCE, INDEX_BASE, JSON, NAMED, OUT_FILE, PLACE, WITH_TWINS, own_key
from maga_desk.cli.show import follow, print_json
from maga_desk.cli.terminal import echo
from maga_desk.domain.errors import SpecError
from maga_desk.domain.specs.forget import ForgetSpec
from maga_desk.domain.specs.recipe import TrainRecipe
from maga_desk.domain.specs.run import DataSpec, Precision, describe, read_toml
from maga_desk.services.training import TrainRequest, train

_RECIPE = TrainRecipe()


def _choices(key: str) -> tuple[str, ...]:
    return get_args(TrainRecipe.model_fields[key].annotation)


@click.command("train")
@click.option(
    "--data",
    type=NAMED,
    required=True,
    help="A folder or file with the pictures, or 'demo'.",
)
@click.option("--source", help="Where --data is read from (`maga-desk sources`); default: found by looking.")
@click.option("--option", "options", multiple=True, metavar="KEY=VALUE", help="One of the source's own keys.")
@click.option("--arch", default="resnet8", show_default=True, help="The architecture's name.")
@click.option(
    "--recipe",
    "recipe_file",
    type=PLACE,
    help="A TOML file with the keys of [audit.recipe], all of which may stand in it; options given here count more.",
)
@click.option("--epochs", type=click.IntRange(1, 10_000), show_default=str(_RECIPE.epochs))
@click.option("--optimizer", type=click.Choice(_choices("optimizer")), show_default=_RECIPE.optimizer)
@click.option("--lr", type=click.FloatRange(0, 10, min_open=True), show_default=f"{_RECIPE.lr:g}; 0.001 without SGD")
@click.option("--schedule", type=click.Choice(_choices("schedule")), show_default=_RECIPE.schedule)
@click.option("--batch-size", type=click.IntRange(2, 65_536), show_default=str(_RECIPE.batch_size))
@click.option("--weight-decay", type=click.FloatRange(0, 1), show_default=str(_RECIPE.weight_decay))
@click.option("--augment/--no-augment", default=None, show_default="augment", help="Random flips and shifts.")
@click.option("--start", type=NAMED, help="A checkpoint of the weights to start from; default: newly drawn ones.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True)
@click.option("--train-limit", type=click.IntRange(1), help="Train on a random subset of this many pictures.")
@click.option("--subset-seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of that subset.")
@click.option("--size", type=click.IntRange(8, 1024), help="Side in pixels; default: the first picture's.")
@click.option("--exclude-class", multiple=True, help="Leave a class's pictures out; may be given again.")
@click.option("--exclude-kind", multiple=True, help="Leave a kind (sub-class) out; may be given again.")
@click.option("--exclude-files", type=NAMED, help="Leave out the pictures that this list names.")
@click.option("--families", type=NAMED, help="Learn families: a TOML, JSON or CSV file of kind = family, or 'demo'.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1 or mps.")
@click.option(
    "--precision",
    type=click.Choice(get_args(Precision)),
    default="auto",
    show_default=True,
    help="What passes are computed in; auto measures once on each machine which is faster.",
)
@click.option("--out", required=True, type=OUT_FILE, help="The .safetensors file to write.")
@click.option("--resume", is_flag=True, help="Go on with what an interrupted training left beside --out.")
@ALLOW_MISSING
@WITH_TWINS
@INDEX_BASE
@FORCE
@JSON
def train_command(
    data: str,
    source: str | None,
    options: tuple[str, ...],
    arch: str,
    recipe_file: Path | None,
    epochs: int | None,
    optimizer: str | None,
    lr: float | None,
    schedule: str | None,
    batch_size: int | None,
    weight_decay: float | None,
    augment: bool | None,
    start: str | None,
    seed: int,
    train_limit: int | None,
    subset_seed: int,
    size: int | None,
    exclude_class: tuple[str, ...],
    exclude_kind: tuple[str, ...],
    exclude_files: str | None,
    families: str | None,
    device: str,
    precision: str,
    out: Path,
    resume: bool,
    allow_missing: bool,
    with_twins: bool,
    index_base: str | None,
    force: bool,
    as_json: bool,
) -> None:
    """Train a classifier, or a retrained reference with pictures left out."""
    given = {
        "epochs": epochs,
        "optimizer": optimizer,
        "lr": lr,
        "schedule": schedule,
        "batch_size": batch_size,
        "weight_decay": weight_decay,
        "augment": augment,
        "start": start,
    }
    request = TrainRequest(
        data=DataSpec(
            **_pictures(data, source),
            options=dict(own_key(text) for text in options),
            train_limit=train_limit,
            subset_seed=subset_seed,
            families=families,
            size=size,
        ),
        arch=arch,
        out=out,
        recipe=_recipe(recipe_file, {key: value for key, value in given.items() if value is not None}),
        exclude=ForgetSpec(
            classes=exclude_class,
            kinds=exclude_kind,
            files=exclude_files,
            allow_missing=allow_missing,
            with_twins=with_twins,
            index_base=0 if index_base == "0" else 1 if index_base == "1" else None,
        ),
        force=force,
        resume=resume,
        seed=seed,
        device=device,
        precision=precision,
    )
    summary = follow(lambda control: train(request, control), quiet=as_json).summary or {}
    if as_json:
        print_json(summary)
        return
    echo(
        f"{summary['checkpoint']}: training {summary['accuracy_train']:.1f} %, test {summary['accuracy_test']:.1f} %, "
        f"{summary['seconds']:.1f} s"
    )


def _recipe(file: Path | None, given: Mapping[str, Any]) -> TrainRecipe:
    """:raises SpecError: the file cannot be read, or has a wrong key or value."""
    said = {} if file is None else read_toml(file)
    if said.get("start") and file is not None:
        said["start"] = str(file.parent / Path(said["start"]).expanduser())
    try:
        return TrainRecipe.model_validate({**said, **given})
    except ValidationError as error:
        raise SpecError(describe(error), where=None if file is None else str(file)) from error


def _pictures(data: str, source: str | None) -> dict[str, Any]:
    """``source`` and ``path`` of a spec's ``[data]``; a source that needs no path may be named alone."""
    from maga_desk.data.sources.registry import SOURCES

    if source is None and data in SOURCES and SOURCES[data].info.path is None:
        return {"source": data}
    return {"source": source or DataSpec().source, "path": data}
