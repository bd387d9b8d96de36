"""A record from what a run left. Nothing here looks at the clock: the same run gives the same record."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from maga_desk.domain.history import discreetly
from maga_desk.domain.lineage import EARLIER
from maga_desk.domain.outside import number_in
from maga_desk.domain.own_code import own_code
from maga_desk.domain.questions import answered
from maga_desk.domain.record import ErasureRecord
from maga_desk.domain.record_judgement import RecordCost
from maga_desk.domain.record_parts import (
    RecordAncestor,
    RecordEnvironment,
    RecordFact,
    RecordLeftCopy,
    RecordLineage,
    RecordMethod,
    RecordModel,
    RecordScope,
    RecordTwins,
)
from maga_desk.domain.run_folder import CHECKPOINT
from maga_desk.services.records.claims import claim_text, limits
from maga_desk.services.records.judged import curves_part, judgement_part
from maga_desk.services.records.labels import labels_part, sent_part
from maga_desk.services.records.reading import RunMaterial, plain
from maga_desk.services.records.scope import KeyedList, keyed_list
from maga_desk.services.records.scope_key import scope_key

A_PICTURE = "[picture]"
"""What stands in a record in the place of a picture's name."""

_OF_A_STEP = ("file", "sha256", "arch", "by", "when", "version", "method", "task")
_FORECAST = "Retraining without the forget pictures, for comparison: "


@dataclass(frozen=True)
class BuiltRecord:
    """A record with the list of keyed hashes that its root stands for."""

    record: ErasureRecord
    scope: KeyedList


def build_record(material: RunMaterial, not_retrained: str = "") -> BuiltRecord:
    """The record of a run.

    :param not_retrained: why retraining was not chosen, in a person's words.
    :raises UserError: the key of the run's hashes cannot be read or made.
    """
    from maga_desk.engine.registry import METHODS

    summary, report = material.summary, material.report
    run = str(summary.get("digest") or "")
    keyed = keyed_list(material, scope_key(run or material.checkpoint_sha256 or material.folder.name))
    name = str(summary.get("method") or material.spec.method.name)
    known = METHODS.find(name).info if name in METHODS else None
    exact = known is not None and known.exact
    title = known.title if known is not None else name
    questions = answered(report, material.gone_classes)
    environment, before, clean = _environment(material), _original(material), _without_names(material)
    record = ErasureRecord(
        run=run,
        title=_title(material),
        finished=material.finished,
        case=material.case,
        scope=_scope(material, keyed),
        twins=_twins(material),
        before=before,
        after=RecordModel(
            file=material.checkpoint.name if material.checkpoint else CHECKPOINT,
            sha256=material.checkpoint_sha256,
            arch=before.arch,
            parameters=before.parameters,
        ),
        lineage=_lineage(material),
        method=_method(material, title, exact),
        labels=labels_part(material),
        sent=tuple(sent_part(material)),
        environment=environment,
        judgement=judgement_part(report, questions, material.spec.audit.depth, clean),
        curves=curves_part(report, material.scalars),
        cost=_cost(material, not_retrained),
        claim=claim_text(exact, material.made, questions),
        limits=tuple(
            limits(
                exact=exact,
                title=title,
                before_known=bool(before.sha256),
                after_known=bool(summary.get("checkpoint_sha256")),
                code_known=bool(environment.code_sha256),
                list_known=bool(keyed.root),
                guessed=report.yardstick is not None and bool(report.yardstick.guessed),
            )
        ),
    )
    return BuiltRecord(record, keyed)


def _title(material: RunMaterial) -> str:
    """What was forgotten in few words: a list's own name, which may be a person's, is left out."""
    forget, count = material.spec.forget, int(material.summary.get("forget_pictures") or 0)
    named = forget.model_copy(update={"files": None, "pictures": (), "query": "", "fraction": None}).title()
    pictures = "1 picture" if count == 1 else f"{count:,} pictures"
    return f"{named} ({pictures})" if named else pictures


def _scope(material: RunMaterial, keyed: KeyedList) -> RecordScope:
    summary, made, forget = material.summary, material.made, material.spec.forget
    forgotten = number_in(summary.get("forget_pictures"), made.get("forgotten_pictures"))
    by_class = Counter(row["true"] for row in material.labels if row.get("true"))
    return RecordScope(
        task=str(summary.get("task", "")),
        intent=str(summary.get("intent") or ""),
        forgotten=forgotten,
        before=max(0, len(keyed.rows) - forgotten) if keyed.root and forgotten is not None else None,
        retained=number_in(summary.get("retain_pictures")),
        classes=material.gone_classes,
        kinds=tuple(made.get("forgotten_kinds") or forget.kinds),
        by_class=dict(sorted(by_class.items())),
        history=tuple(map(discreetly, forget.history)),
        facts=tuple(RecordFact(title=title, text=text) for title, text in material.report.asked),
        not_found=len(material.report.not_found),
        leaves=len(keyed.rows),
        keyed=keyed.keyed,
        key_id=keyed.key_id,
        root=keyed.root,
    )


def _twins(material: RunMaterial) -> RecordTwins:
    counted, forget, clean = material.report.twins, material.spec.forget, _without_names(material)
    reasons: dict[str, list[bool]] = {}
    for each in material.report.copies:
        if not each.get("no_copy"):
            reasons.setdefault(clean(str(each.get("reason") or "")), []).append(bool(each.get("exact")))
    return RecordTwins(
        joined=forget.with_twins,
        stay=counted.get("stay"),
        test=counted.get("test"),
        near_joined=forget.near_copies == "forget",
        near_stay=counted.get("near_stay"),
        near_test=counted.get("near_test"),
        left=tuple(
            RecordLeftCopy(reason=reason, copies=len(exact), exact=sum(exact)) for reason, exact in reasons.items()
        ),
        no_copies=sum(bool(each.get("no_copy")) for each in material.report.copies),
    )


def _original(material: RunMaterial) -> RecordModel:
    opened = material.opened
    place = opened.get("checkpoint") or material.spec.model.checkpoint or material.made.get("original") or ""
    parameters = opened.get("parameters")
    return RecordModel(
        file=Path(str(place)).name,
        sha256=str(opened.get("checkpoint_sha256") or ""),
        arch=_without_folder(str(opened.get("arch") or material.spec.model.arch or "")),
        parameters=parameters if isinstance(parameters, int) else None,
    )


def _without_folder(arch: str) -> str:
    """An architecture that a person's own file builds, without the folder of that file."""
    own = own_code(arch)
    return arch if own is None else arch.replace(str(own.file), own.file.name, 1)


def _lineage(material: RunMaterial) -> RecordLineage:
    """By the checkpoint's own record, the nearest first."""
    steps = material.made.get(EARLIER)
    if not isinstance(steps, list):
        why = "the version that made the run did not keep earlier steps" if material.made else "the checkpoint is gone"
        return RecordLineage(ends=why)
    found = tuple(_ancestor(step) for step in reversed(steps) if isinstance(step, Mapping))
    first = found[-1] if found else None
    return RecordLineage(
        ancestors=found, ends="" if first is not None and first.by == "train" else "its record does not go further back"
    )


def _ancestor(step: Mapping[str, Any]) -> RecordAncestor:
    seed, forgotten = step.get("seed"), step.get("forgotten_pictures")
    said = {key: str(step.get(key) or "") for key in _OF_A_STEP}
    return RecordAncestor(
        model=RecordModel(file=said["file"], sha256=said["sha256"], arch=_without_folder(said["arch"])),
        by=said["by"],
        when=said["when"],
        version=said["version"],
        method=said["method"],
        task=said["task"],
        seed=seed if isinstance(seed, int) else None,
        forgotten=forgotten if isinstance(forgotten, int) else None,
        classes=tuple(map(str, step.get("forgotten_classes") or ())),
    )


def _method(material: RunMaterial, title: str, exact: bool) -> RecordMethod:
    spec, steps = material.spec, material.made.get("steps")
    return RecordMethod(
        name=spec.method.name,
        title=title,
        preset=spec.method.preset,
        exact=exact,
        seed=spec.seed,
        given=plain(dict(spec.method.params)),
        resolved=plain(dict(material.report.resolved)),
        steps=steps if isinstance(steps, int) else None,
        seconds=material.report.seconds,
    )


def _environment(material: RunMaterial) -> RecordEnvironment:
    summary, machine = material.summary, material.report.machine
    said = summary.get("environment")
    kept: Mapping[str, Any] = said if isinstance(said, Mapping) else {}
    return RecordEnvironment(
        version=str(summary.get("version") or ""),
        code_sha256=str(kept.get("code_sha256") or ""),
        python=str(kept.get("python") or ""),
        platform=str(kept.get("platform") or ""),
        device=str(summary.get("device") or ""),
        precision=str(summary.get("precision") or ""),
        threads=machine.threads if machine is not None else None,
        host=machine.host if machine is not None else "",
        packages={str(name): str(version) for name, version in sorted((kept.get("packages") or {}).items())},
    )


def _cost(material: RunMaterial, not_retrained: str) -> RecordCost:
    report = material.report
    pilot = report.forecast
    forecast = next((text for text in material.messages if text.startswith(_FORECAST)), "")
    return RecordCost(
        text=report.cost_text(),
        seconds=report.seconds,
        retrain_seconds=report.retrain_seconds,
        forecast=pilot.retraining_text() if pilot is not None else forecast.removeprefix(_FORECAST),
        not_retrained=not_retrained or (pilot.not_retrained if pilot is not None else ""),
    )


def _without_names(material: RunMaterial) -> Callable[[str], str]:
    """Takes the names of pictures out of a text, in full or as people shorten them: notes give some as examples, and
    reasons are in a person's own words.
    """
    names = _longest_first(set(_named(material)))
    decided = {str(each.get(key, "")) for each in material.report.copies for key in ("picture", "copy_of")}
    short = _longest_first({form for name in names for form in _short_forms(name, ending=name not in decided)})

    def clean(text: str) -> str:
        for name in names:
            if name in text:
                text = text.replace(name, A_PICTURE)
        folded = text.casefold()
        for form in short:
            if form.casefold() in folded:
                text = re.sub(rf"(?<![\w.-]){re.escape(form)}(?![\w-])", A_PICTURE, text, flags=re.IGNORECASE)
        return text

    return clean


def _longest_first(names: set[str]) -> list[str]:
    return sorted(names, key=lambda name: (-len(name), name))


def _short_forms(name: str, *, ending: bool) -> Iterator[str]:
    """``cat/Jane.jpg`` and ``Jane.jpg`` of ``train/cat/Jane.jpg``; numbers alone are none, since figures have them.

    :param ending: not without the ending as well, which of many pictures would be words of any text.
    """
    parts = name.split("/")
    for first in range(1, len(parts)):
        form = "/".join(parts[first:])
        for each in (form,) if ending else (form, form.rpartition(".")[0]):
            if len(each) > 2 and not each.isdigit():
                yield each


def _named(material: RunMaterial) -> Iterator[str]:
    from maga_desk.domain.forgotten import listed_names

    rows = (*material.labels, *material.twins, *material.copies)
    for name in (
        *listed_names(material.forgotten or ""),
        *(row.get("picture", "") for row in rows),
        *(row.get("copy_of", "") for row in material.copies),
        *(str(each.get(key, "")) for each in material.report.copies for key in ("picture", "copy_of")),
        *material.report.not_found,
        *material.spec.forget.pictures,
        *material.spec.forget.later,
        *material.spec.forget.not_found,
        *(name for step in material.spec.forget.history for name in (*step.pictures, *step.not_found)),
    ):
        if len(name) > 1 and not name.startswith("#"):
            yield name
