"""The part of a record that says who chose the perturbing labels, and what left the machine for that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import PurePath

from maga_desk.domain.outside import number_in
from maga_desk.domain.record_parts import (
    RecordAsked,
    RecordCell,
    RecordFlow,
    RecordLabels,
    RecordMatrix,
    RecordSent,
)
from maga_desk.domain.tables import csv_rows
from maga_desk.services.records.reading import RunMaterial

_ENDPOINT = "endpoint"


def labels_part(material: RunMaterial) -> RecordLabels | None:
    """Who proposed each label, in counts; ``None`` where the method needs none."""
    guided = material.report.guided
    if guided is None:
        return None
    chosen = Counter(row.get("chosen_by", "") for row in material.labels) or Counter(
        {"user": guided.labels_by_hand, guided.proposer: guided.pictures - guided.labels_by_hand}
    )
    flow = Counter((row.get("true", ""), row.get("perturbing", "")) for row in material.labels)
    return RecordLabels(
        proposer=guided.proposer,
        combine=guided.combine,
        pictures=guided.pictures,
        by_hand=guided.labels_by_hand,
        agreed=guided.labels_agreed,
        cells_by_hand=guided.cells_by_hand,
        chosen_by={name: count for name, count in sorted(chosen.items()) if count},
        flow=tuple(RecordFlow(true=a, perturbing=b, pictures=count) for (a, b), count in sorted(flow.items())),
        matrix=_matrix(material.matrix),
        cells=tuple(
            RecordCell(row=each.row, column=each.column, value=each.value, locked=each.locked)
            for each in material.spec.guidance.matrix_edits
        ),
        asked=tuple(_asked(material)),
    )


def sent_part(material: RunMaterial) -> Iterator[RecordSent]:
    """Pictures that left the machine, and where to."""
    guided, endpoint = material.report.guided, material.spec.guidance.endpoint
    for each in guided.opinions if guided is not None else ():
        if each.get("proposer") == _ENDPOINT:
            yield RecordSent(
                to=endpoint.origin if endpoint.url else "",
                model=str(each.get("model", "")),
                pictures=number_in(each.get("exemplars")),
                questions=number_in(each.get("questions")),
                cached=number_in(each.get("cached")),
                at=str(each.get("at") or ""),
            )


def _asked(material: RunMaterial) -> Iterator[RecordAsked]:
    guided = material.report.guided
    for each in guided.opinions if guided is not None else ():
        yield RecordAsked(
            proposer=str(each.get("proposer", "")),
            model=_without_folder(str(each.get("model", ""))),
            revision=str(each.get("revision") or ""),
            prompt=str(each.get("prompt") or ""),
            pictures=number_in(each.get("exemplars")),
            questions=number_in(each.get("questions")),
            at=str(each.get("at") or ""),
        )


def _without_folder(model: str) -> str:
    """The name of a model in a folder of this machine; a hub's name as it is."""
    return PurePath(model).name if PurePath(model).is_absolute() else model


def _matrix(table: str) -> RecordMatrix | None:
    """The rows that were asked about, or that a person set; ``None`` where the matrix was not kept."""
    rows = list(csv_rows(table))
    if not rows:
        return None
    classes = tuple(name for name in rows[0] if name)
    found = {row[""]: tuple(float(row[name]) for name in classes) for row in rows}
    return RecordMatrix(classes=classes, rows={name: row for name, row in found.items() if any(row)})
