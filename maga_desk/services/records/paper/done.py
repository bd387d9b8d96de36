"""The sections of what was done: the request, its scope, the models, the method, the labels, and the machine."""

from __future__ import annotations

from collections.abc import Mapping

from maga_desk.domain.durations import exact
from maga_desk.domain.record import ErasureRecord
from maga_desk.domain.record_parts import RecordLabels, RecordMatrix, RecordModel, RecordTwins
from maga_desk.domain.specs.run import INTENT_WORDS
from maga_desk.services.records.paper.blocks import (
    Block,
    Column,
    Fact,
    Facts,
    Heading,
    PaperCell,
    PaperSection,
    Paragraph,
    code,
    facts,
    table,
)
from maga_desk.services.records.paper.values import (
    MANY,
    counted,
    cut,
    flat,
    given,
    hashed,
    names,
    on_day,
    plain,
    quoted,
)

_NEAREST = 8  # classes that a row of the matrix is shown with


def case(record: ErasureRecord) -> PaperSection:
    """The request."""
    request = record.case
    if request is None:
        return PaperSection(
            "case", "The request", (Paragraph("This run belongs to no case: nothing is known of a request."),)
        )
    told = facts(
        ("Reference", given(request.reference)),
        ("Legal ground", given(request.ground)),
        ("Received", on_day(request.received)),
        ("Due", on_day(request.due)),
        ("Handled by", given(request.handler)),
        ("State", given(request.state)),
    )
    return PaperSection("case", "The request", (told, Heading("Scope as it was worded"), *quoted(request.scope)))


def scope(record: ErasureRecord) -> PaperSection:
    """What was forgotten: counts and a root."""
    found = record.scope
    keyed = {"pixels": "class and pixels of each picture", "names": "the name of each picture"}.get(found.keyed, "")
    rows = [
        ("Task", found.task),
        ("Aim", INTENT_WORDS.get(found.intent, given(found.intent))),
        ("Forgotten by this run", counted(found.forgotten, "pictures")),
        ("Forgotten by earlier runs", counted(found.before, "pictures")),
        ("Kept in training", counted(found.retained, "pictures")),
        ("Whole classes", names(found.classes)),
        ("Whole sub-classes", names(found.kinds)),
        ("Names that are no picture", counted(found.not_found)),
    ]
    blocks: list[Block] = [facts(*rows)]
    if found.by_class:
        columns = (Column("Class", width=2), Column("Pictures forgotten", number=True))
        most = sorted(found.by_class.items(), key=lambda each: (-each[1], each[0]))
        blocks += [table("By class", columns, [(name, f"{n:,}") for name, n in most[:MANY]]), *cut(len(most))]
    if found.history:
        steps_of = (Column("Step", number=True), Column("What was done to the marks"))
        steps = [(f"{number:,}", text) for number, text in enumerate(found.history, 1)]
        blocks += [table("How the forget set came about", steps_of, steps[:MANY]), *cut(len(steps))]
    if found.facts:
        blocks.append(Heading("What was said of the request before the run"))
        blocks.append(facts(*((each.title, each.text) for each in found.facts)))
    blocks.append(Heading("Merkle root"))
    if found.root:
        blocks += [
            Paragraph(
                "The root proves later which pictures were meant, to whoever holds the key and the pictures. Without "
                "the key nothing can be read from it. The key is kept apart from this record."
            ),
            facts(
                ("Root", code(found.root)),
                ("Key", code(found.key_id) if found.key_id else "not given"),
                ("Leaves", counted(found.leaves)),
                ("Hashed with the key", given(keyed)),
                ("Hash of a leaf", found.hashing),
                ("Tree", found.tree),
            ),
        ]
    else:
        blocks.append(Paragraph("There is none: no list of the forgotten pictures was kept with this run."))
    return PaperSection("scope", "Scope", tuple(blocks))


def twins(record: ErasureRecord) -> PaperSection:
    """Decisions on duplicates."""
    decided = (
        "Pictures with the very same pixels as a forgotten one were forgotten as well."
        if record.twins.joined
        else "Pictures with the very same pixels as a forgotten one were left as they are."
    )
    told = facts(
        ("Duplicates still trained on", counted(record.twins.stay, "forgotten pictures")),
        ("Duplicates in the test set", counted(record.twins.test, "forgotten pictures")),
    )
    return PaperSection("twins", "Duplicates", (Paragraph(decided), told, *_near_copies(record.twins)))


def _near_copies(found: RecordTwins) -> list[Block]:
    """Near copies, and which copies of either kind stay for what reason."""
    blocks: list[Block] = [Heading("Near copies")]
    if found.near_stay is None:
        blocks.append(Paragraph("Near copies (scaled, cut, mirrored, recompressed) were not looked for."))
    else:
        forgotten = "Near copies that were found were forgotten as well." if found.near_joined else (
            "Near copies were looked for by a perceptual hash and compared by their pixels.")  # fmt: skip
        blocks += [
            Paragraph(forgotten),
            facts(
                ("Near copies still trained on", counted(found.near_stay, "pictures")),
                ("Near copies in the test set", counted(found.near_test, "pictures")),
                ("Found, and no copies by a person's word", counted(found.no_copies, "pairs")),
            ),
        ]
    if found.left:
        columns = (Column("Reason", width=3), Column("Copies left", number=True), Column("Of these exact", number=True))
        rows = [(given(each.reason), f"{each.copies:,}", f"{each.exact:,}") for each in found.left]
        blocks += [table("Copies left by decision", columns, rows[:MANY]), *cut(len(rows))]
    return blocks


def models(record: ErasureRecord) -> PaperSection:
    """The checkpoints before and after, and where the first comes from."""
    blocks: list[Block] = []
    for title, model in (("Before", record.before), ("After, handed over", record.after)):
        blocks += [Heading(title), _model(model)]
    blocks.append(Heading("Where the model before comes from"))
    for each in record.lineage.ancestors[:MANY]:
        made = {"train": "training", "unlearn": "unlearning", "retrain": "retraining"}.get(each.by, given(each.by))
        blocks.append(
            facts(
                ("Made by", made),
                ("How", _how(each.method, each.task, each.forgotten, each.seed, each.version)),
                ("When", on_day(each.when)),
                ("File", given(each.model.file)),
                ("SHA-256", hashed(each.model.sha256)),
            )
        )
    blocks += cut(len(record.lineage.ancestors))
    ends = record.lineage.ends
    blocks.append(Paragraph(f"It is told no further: {ends}." if ends else "It is told to its beginning."))
    return PaperSection("models", "Models", tuple(blocks))


def _model(model: RecordModel) -> Facts:
    return facts(
        ("File", given(model.file)),
        ("SHA-256", hashed(model.sha256)),
        ("Architecture", given(model.arch)),
        ("Parameters", counted(model.parameters)),
    )


def _how(method: str, task: str, forgotten: int | None, seed: int | None, version: str) -> str:
    parts = [method, task]
    parts.append(counted(forgotten, "pictures") + " forgotten" if forgotten is not None else "")
    parts.append(f"seed {seed}" if seed is not None else "")
    parts.append(f"version {version}" if version else "")
    return given(", ".join(each for each in parts if each))


def method(record: ErasureRecord) -> PaperSection:
    """The method with every parameter."""
    done = record.method
    kind = (
        "Retraining without the forgotten pictures. The result's claim says how far that is exact."
        if done.exact
        else "An approximation. It is not the same as retraining without the forgotten pictures."
    )
    told = facts(
        ("Method", f"{done.title} ({done.name})"),
        ("Kind", kind),
        ("Preset", given(done.preset)),
        ("Seed", str(done.seed)),
        ("Steps", counted(done.steps)),
        ("Took", "not kept" if done.seconds is None else exact(done.seconds)),
    )
    columns = (Column("Parameter", width=2), Column("Value", width=3))
    asked = [(code(name), value) for name, value in flat(done.given)]
    used = [(code(name), value) for name, value in flat(done.resolved)]
    blocks: list[Block] = [told, Heading("Parameters that were set")]
    blocks.append(
        table("Set by whoever started the run", columns, asked)
        if asked
        else Paragraph("All were left at their defaults.")
    )
    blocks.append(Heading("Every value that was used"))
    blocks.append(
        table("Every value, defaults included", columns, used)
        if used
        else Paragraph("The version that made this run did not keep them.")
    )
    return PaperSection("method", "Method", tuple(blocks))


def cost(record: ErasureRecord) -> PaperSection:
    """What it took beside retraining, and why that was not chosen."""
    spent = record.cost
    retraining = "not measured" if spent.retrain_seconds is None else exact(spent.retrain_seconds)
    told = facts(
        ("It took", exact(spent.seconds)),
        ("In full", given(spent.text)),
        ("Retraining took", retraining),
        ("Forecast of retraining", spent.forecast or "none was made before the run"),
        (
            "Why it was not retrained",
            "it was: this is a retrained model" if record.method.exact else given(spent.not_retrained),
        ),
    )
    return PaperSection("cost", "Cost, and retraining", (told,))


def labels(record: ErasureRecord) -> PaperSection:
    """Who proposed the labels, what persons set, and what left the machine."""
    proposed = record.labels
    if proposed is None:
        blocks: tuple[Block, ...] = (Paragraph("The method needs no perturbing labels: none were proposed."),)
    else:
        blocks = (
            *_proposed(proposed),
            *_flow(proposed),
            *_matrix(proposed.matrix),
            *_by_hand(proposed),
            *_asked(proposed),
        )
    return PaperSection("labels", "Perturbing labels", blocks)


def _proposed(proposed: RecordLabels) -> tuple[Block, ...]:
    chosen = ", ".join(f"{name} {n:,}" for name, n in sorted(proposed.chosen_by.items()))
    return (
        facts(
            ("Proposed by", given(proposed.proposer)),
            ("Chosen by the rule", given(proposed.combine)),
            ("Labels", counted(proposed.pictures)),
            ("Who chose them", given(chosen)),
            ("Set by hand", counted(proposed.by_hand)),
            ("Agreed to by hand", counted(proposed.agreed)),
            ("Matrix cells set by hand", counted(proposed.cells_by_hand)),
        ),
    )


def _flow(proposed: RecordLabels) -> tuple[Block, ...]:
    if not proposed.flow:
        return ()
    columns = (Column("From class", width=2), Column("To class", width=2), Column("Pictures", number=True))
    most = sorted(proposed.flow, key=lambda each: (-each.pictures, each.true, each.perturbing))
    rows = [(each.true, each.perturbing, f"{each.pictures:,}") for each in most[:MANY]]
    return (
        Heading("Where the pictures were moved"),
        table("Pictures by class and new label", columns, rows),
        *cut(len(most)),
    )


def _matrix(matrix: RecordMatrix | None) -> tuple[Block, ...]:
    heading = Heading("Transition matrix")
    if matrix is None:
        return (heading, Paragraph("It was not kept with this run."))
    if not matrix.rows:
        return (heading, Paragraph("No class was asked about."))
    columns = (Column("Class", width=1), Column("Most like it, with the matrix's value", width=3.5))
    rows = [(name, _nearest(row, matrix.classes)) for name, row in list(matrix.rows.items())[:MANY]]
    return (heading, table("Rows that were asked about", columns, rows), *cut(len(matrix.rows)))


def _nearest(row: tuple[float, ...], classes: tuple[str, ...]) -> str:
    ranked = sorted(zip(row, classes, strict=False), key=lambda each: (-each[0], each[1]))
    shown = [f"{name} {value:.3g}" for value, name in ranked[:_NEAREST] if value]
    rest = sum(value != 0 for value, _ in ranked[_NEAREST:])
    return ", ".join(shown) + (f", and {rest:,} with less" if rest else "") if shown else "nothing"


def _by_hand(proposed: RecordLabels) -> tuple[Block, ...]:
    if not proposed.cells:
        return ()
    columns = (Column("Class"), Column("Like"), Column("Value", number=True), Column("Locked"))
    rows = [
        (each.row, each.column, f"{each.value:.3g}", "yes" if each.locked else "no") for each in proposed.cells[:MANY]
    ]
    return (Heading("Cells that persons set"), table("Cells set by hand", columns, rows), *cut(len(proposed.cells)))


def _asked(proposed: RecordLabels) -> tuple[Block, ...]:
    blocks: list[Block] = []
    for each in proposed.asked:
        blocks += [
            Heading(f"Asked: {each.proposer} ({each.model})"),
            facts(
                ("Revision", code(each.revision) if each.revision else "not given"),
                ("Pictures shown", counted(each.pictures)),
                ("Questions", counted(each.questions)),
                ("When", on_day(each.at)),
            ),
            Paragraph("The question, word for word:"),
            *quoted(each.prompt),
        ]
    return tuple(blocks)


def sent(record: ErasureRecord) -> PaperSection:
    """Whether pictures left the machine."""
    if not record.sent:
        return PaperSection(
            "sent", "Pictures that left the machine", (Paragraph("By what the run kept, no picture left the machine."),)
        )
    columns = (
        Column("To", width=2.4),
        Column("Model", width=1.6),
        Column("Pictures", number=True),
        Column("Questions", number=True),
        Column("Answers remembered", number=True),
        Column("When", width=1.4),
    )
    rows = [
        (each.to, each.model, *map(counted, (each.pictures, each.questions, each.cached)), on_day(each.at))
        for each in record.sent
    ]
    return PaperSection(
        "sent",
        "Pictures that left the machine",
        (Paragraph("Pictures were sent to another machine, to ask a model there."), table("Where to", columns, rows)),
    )


def environment(record: ErasureRecord) -> PaperSection:
    """The program, its code and the machine."""
    machine = record.environment
    told = facts(
        ("Program", f"MaGA Desk {machine.version}".strip()),
        ("SHA-256 of its code", hashed(machine.code_sha256)),
        ("Python", given(machine.python)),
        ("System", given(machine.platform)),
        ("Device", given(machine.device)),
        ("Number format", given(machine.precision)),
        ("Threads", counted(machine.threads)),
        ("Machine, as a hash", hashed(machine.host)),
        ("Fingerprint of the run", code(record.run) if record.run else "not kept"),
    )
    return PaperSection("environment", "Program and machine", (told, *_packages(machine.packages)))


def _packages(packages: Mapping[str, str]) -> tuple[Block, ...]:
    listed = Facts(tuple(Fact(name, PaperCell(plain(version))) for name, version in sorted(packages.items())))
    return (
        (Heading("Packages"), listed) if packages else (Heading("Packages"), Paragraph("Their versions were not kept."))
    )
