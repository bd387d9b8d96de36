"""Looking at a model's file, with pictures or without: what is there, what is guessed, what opening would do."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from maga_desk.domain.accounting import Accounting
from maga_desk.domain.class_order import ClassOrder, OrderError
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import UserError
from maga_desk.domain.events import Event, Progress
from maga_desk.domain.model_facts import ModelFacts
from maga_desk.domain.specs.run import RunSpec
from maga_desk.services.fitting import candidate
from maga_desk.services.outputs import labelled, masked, plan_outputs, with_plan
from maga_desk.services.reading import listing_pictures
from maga_desk.services.trial import fit

WELL = 1.5  # times chance, above which a model is said to read pictures


@dataclass(frozen=True)
class Inspected:
    """What was found.

    :param facts: of the model; after a trial with how it reads these pictures.
    :param doubtful: lines that a person should look at.
    :param pictures: what is used and what not, where pictures were given.
    :param accuracy: percent of some pictures that are read rightly as it would be opened.
    :param chance: percent that guessing gives.
    :param order: the order of classes that fits, where it is another than the folders'.
    :param stops: why opening would stop; empty where it would not.
    """

    facts: ModelFacts
    doubtful: tuple[str, ...] = ()
    pictures: Accounting | None = None
    accuracy: float | None = None
    chance: float | None = None
    order: ClassOrder | None = None
    stops: str = ""

    def opening(self) -> str:
        """What opening would do, in a line."""
        if self.stops:
            return f"would stop: {self.stops}"
        if self.accuracy is None:
            return "not tried: give its pictures with --data"
        how = "reads" if self.chance is not None and self.accuracy > WELL * self.chance else "does not read"
        return f"{how} these pictures: {self.accuracy:.0f} % of some right (guessing: {self.chance:.3g} %)"

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        facts = {**self.facts.as_dict(), "doubtful": list(self.doubtful), "guessed": list(self.facts.reads.guessed)}
        more = {"accuracy": self.accuracy, "chance": self.chance, "stops": self.stops}
        classes = list(self.order.classes) if self.order else None
        pictures = asdict(self.pictures.brief()) if self.pictures else None
        return {**facts, **more, "order_of_classes": classes, "pictures": pictures, "opening": self.opening()}


def inspect(spec: RunSpec, control: RunControl) -> Generator[Event, None, Inspected]:
    """Look at the checkpoint that a spec names and, where it names pictures, try the model on some of them. Nothing of
    the file is run.

    :raises CheckpointError: it cannot be read, or no known architecture has its tensors.
    :raises DataError: the pictures cannot be used at all.
    """
    from maga_desk.models.reading.contents import read_contents

    yield Progress("Reading the model", 0, 0)
    found = candidate(spec.model, read_contents(Path(str(spec.model.checkpoint))))
    if spec.data.path is None:
        return Inspected(found.facts)
    listed = yield from listing_pictures(spec.data, found.info, control)
    pictures = listed.images.found
    try:
        plan = plan_outputs(spec.model, found, listed.images)
        found = with_plan(found, plan)
        count = len(plan.kept or ()) or found.classes
        images = labelled(listed.images, found.info, count, found.facts.path)
        fitted, found = masked((yield from fit(found, listed, images, control, always=True)), found, plan)
    except UserError as error:
        order = error.order if isinstance(error, OrderError) else None
        right = order.accuracy if order is not None else None
        return Inspected(found.facts, pictures=pictures, accuracy=right, order=order, stops=str(error))
    facts = fitted.facts(found.facts, fitted.normalisation)
    return Inspected(facts, fitted.doubtful, pictures, fitted.right, 100 / len(images.classes))
