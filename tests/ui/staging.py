"""The window with all its pages filled, and every dialog: what tests and pictures of the whole window start from."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtWidgets import QDialog

from maga_desk.domain.basket_facts import SharedPatterns, basket_facts
from maga_desk.domain.cases import GROUNDS, Approval, CaseRun, ErasureCase, KeptCase, Recipient
from maga_desk.domain.class_order import ClassOrder, MovedClass
from maga_desk.domain.closer.answers import Answers, CloseLook, SplitAnswers
from maga_desk.domain.closer.feature_map import FeatureMap
from maga_desk.domain.comparison_table import ComparedRun, Ground, comparison_table
from maga_desk.domain.copies import Copies, NearCopies
from maga_desk.domain.events import Message, NoisePair, Scalars
from maga_desk.domain.finding.details import ErasedBy, PictureDetails, facts_in_words
from maga_desk.domain.forget import from_indices
from maga_desk.domain.lists.among import LookedUp
from maga_desk.domain.lists.found import finished
from maga_desk.domain.lists.names import Names
from maga_desk.domain.lists.preview import previewed
from maga_desk.domain.lists.reading import reading
from maga_desk.domain.lists.ways import ListText
from maga_desk.domain.methods import MethodInfo, MethodParams
from maga_desk.domain.paths import resources_dir
from maga_desk.domain.pictures import ImageSet
from maga_desk.domain.results import Audit, Figure, Report
from maga_desk.domain.settings import Settings
from maga_desk.domain.specs.forget import CopyDecision
from maga_desk.domain.specs.guidance import GuidanceSpec, MixturePart
from maga_desk.domain.specs.run import RunSpec
from maga_desk.domain.yardstick import Yardstick
from maga_desk.guidance.perturbing import make_proposal
from maga_desk.services.installation import proposers
from maga_desk.ui.composition import Composition
from maga_desk.ui.dialogs.about import AboutDialog
from maga_desk.ui.dialogs.again import AgainDialog
from maga_desk.ui.dialogs.basket import BasketDialog
from maga_desk.ui.dialogs.case import CaseDialog
from maga_desk.ui.dialogs.case_transfer import CaseExportDialog, CaseImportDialog
from maga_desk.ui.dialogs.class_order import ClassOrderDialog
from maga_desk.ui.dialogs.compare_runs import CompareRunsDialog
from maga_desk.ui.dialogs.consent import ConsentDialog, Sending
from maga_desk.ui.dialogs.copies import CopiesDialog
from maga_desk.ui.dialogs.declare import DeclareDialog
from maga_desk.ui.dialogs.help import HelpDialog
from maga_desk.ui.dialogs.list_preview import ListDialog
from maga_desk.ui.dialogs.listing import ListingDialog
from maga_desk.ui.dialogs.name import NameDialog
from maga_desk.ui.dialogs.names import NotFoundDialog
from maga_desk.ui.dialogs.palette import PaletteDialog
from maga_desk.ui.dialogs.picture import PictureDialog
from maga_desk.ui.dialogs.proposer import ProposerDialog
from maga_desk.ui.dialogs.purge import PurgeDialog
from maga_desk.ui.dialogs.record import RecordDialog
from maga_desk.ui.dialogs.replace import ReplaceDialog
from maga_desk.ui.dialogs.retrain import RetrainDialog
from maga_desk.ui.dialogs.settings import SettingsDialog
from maga_desk.ui.dialogs.shadows import ShadowsDialog
from maga_desk.ui.dialogs.stop import StopDialog
from maga_desk.ui.dialogs.without_retraining import WithoutRetrainingDialog
from maga_desk.ui.item_models.commands import Entry
from maga_desk.ui.job_view import JOB_KINDS
from maga_desk.ui.runs import RunView
from maga_desk.ui.widgets.verify.run_choice import ChoosableRun
from tests.ui.controllers.conftest import CLASSES, matrix_of, picture_set

METHODS = [MethodInfo(name, name.title(), "Forgets.", "", ("class",), MethodParams) for name in ("maga", "salun")]
ORDER = ClassOrder(
    ("plane", "car", "bird"),
    33.0,
    99.0,
    (
        MovedClass("bird", 2, "car", 0.0, 99.0, np.full((3, 8, 8), 90, dtype=np.uint8)),
        MovedClass("car", 1, "bird", 0.0, 98.0, np.full((3, 8, 8), 160, dtype=np.uint8)),
    ),
    (0, 2, 1),
)


def filled() -> Composition:
    """A window whose pages all show something, of which nothing moves."""
    made, images = Composition(None), picture_set()
    desk = made.desk
    desk.set_workspace(images, None, images)
    desk.set_basket(desk.basket.add(np.arange(12, 18)))  # six cats
    assert desk.forget is not None
    marked = images.train.take(desk.forget.indices)
    matrix = matrix_of("uniform", desk.forget, images.train.labels)
    proposal = make_proposal(
        matrix, np.full((6, 4), 0.25), marked.names, marked.labels, desk.forget, desk.spec.guidance, seed=0
    )
    desk.set_proposal(proposal)
    audit = Audit({"retain_test": Figure(80.0, 79.0, 81.0, 40)}, (80.0, 70.0, 60.0, 50.0))
    noise = np.zeros((1, 3, 8, 8), dtype=np.float32)
    made.desk.runs.show(
        RunView(
            state="failed",
            error="The disk is full.",
            scalars=[Scalars(step, {"retain_accuracy": 80.0, "forget_accuracy": 9.0 * step}) for step in range(9)],
            noise=[NoisePair("cat", "dog", noise, noise)],
            messages=[Message("Slow.", "warning"), Message("Done.", "info")],
            report=Report(CLASSES, audit, audit, None, 8.2, None, notes=("There is no retrained model.",)),
            checkpoint="unlearned.safetensors",
        )
    )
    made.window.notify("One line over the pages.", "error")
    made.pages["run"].curves.plot.ensure()
    made.pages["verify"].inside.ensure()
    return made


def close_look(images: ImageSet | None = None, *, retrained: bool = True) -> CloseLook:
    """What three nets could say of pictures of which one class went: drawn at random, once and for all."""
    images = images or picture_set()
    count, rng = len(images.classes), np.random.default_rng(0)
    nets: dict[Any, Answers] = {}
    for name, strength in (("original", 4.0), ("unlearned", 3.0), ("retrained", 3.5)):
        parts = {}
        for split, index in (("train", images.train), ("test", images.test)):
            logits = rng.normal(0, 1.5, (len(index), count)).astype(np.float32)
            logits[np.arange(len(index)), index.labels] += strength
            if name != "original":
                logits[index.labels == 1, 1] -= 5.0  # cats went
            parts[split] = SplitAnswers.of(logits, index.labels)
        nets[name] = Answers(**parts)
    if not retrained:
        del nets["retrained"]
    gone, tests = images.train.labels == 1, images.test.labels == 1
    before, after = rng.normal(0, 1, (2, len(images.train), 2))
    plane = FeatureMap("PCA", "PCA, fitted.", np.zeros(len(gone), dtype=bool), np.arange(len(gone)), before, after)
    nothing = np.zeros(len(gone), dtype=bool)
    said = "Compared with gold.safetensors." if retrained else "There is no retrained model."
    return CloseLook(images, nets, gone, nothing, tests, ~tests, tests, "class", said, (plane,))


def case_dialog() -> CaseDialog:
    """A case that was approved once, and judged anew since."""
    at = datetime(2026, 3, 4, 10, 30, tzinfo=UTC)
    case = ErasureCase(
        reference="AZ-17",
        ground=GROUNDS[1],
        scope="All pictures of my cat that I sent in between 2021 and 2024, about forty, in whatever class.",
        handler="Lea Grün",
        received=date(2026, 2, 20),
        due=date(2026, 3, 20),
        approvals_needed=2,
        approvals=(Approval("Ada", at, 3, "a"), Approval("Grace", at, 4, "b")),
        recipients=(Recipient("Hosting Ltd", date(2026, 3, 4), "by letter"),),
    )
    kept = KeptCase(id=2, created=at, updated=at, case=case, runs=(CaseRun(4, "finished", "b"),))
    dialog = CaseDialog(today=date(2026, 3, 6))
    dialog.show_case(kept, [kept, replace(kept, id=1, case=ErasureCase(reference="AZ-12", refused="not ours"))])
    return dialog


def case_import_dialog() -> CaseImportDialog:
    """A file whose pictures have to be found."""
    dialog = CaseImportDialog()
    dialog.path.setText("/media/stick/AZ-17.case")
    dialog.show_places(["/srv/pictures/pets"])
    return dialog


def compare_dialog() -> CompareRunsDialog:
    """Three runs, of which one forgot something else."""
    dialog, spec = CompareRunsDialog(), RunSpec().with_changes("forget", classes=("cat",))
    runs = []
    for number, (method, forget) in enumerate((("maga", 2.0), ("neggrad-plus", 21.0), ("ssd", 0.0)), 1):
        figures = {"retain_test": Figure(80.0 - number, 77.0, 83.0, 950), "forget_test": Figure(forget, 0.0, 25.0, 50)}
        before = Audit({"retain_test": Figure(81.0, 78.0, 84.0, 950), "forget_test": Figure(71.0, 60.0, 80.0, 50)})
        judged = Report(
            CLASSES,
            replace(before, per_class=(80.0, 71.0, 60.0, 50.0)),
            Audit(figures, (79.0, forget, 58.0 - 9 * number, 50.0)),
            Audit({**figures, "forget_test": Figure(0.0, 0.0, 3.0, 50)}, (81.0, 0.0, 61.0, 50.0)),
            9.0 * number,
            80.0,
            yardstick=Yardstick("gold.safetensors", "ab" * 32, "record"),
        )
        ground = Ground("pictures", "original", "cats" if number < 3 else "dogs")
        label = f"{method} #{number}"
        used = spec.with_changes("method", name=method)
        runs.append(ComparedRun(label, label, used, judged, ground, "forget cat", number, f"/runs/{number}"))
    dialog.set_runs([ChoosableRun(run.run_id or 0, run.title, run.session) for run in runs], {1, 2, 3})
    dialog.show_table(comparison_table(runs))
    return dialog


def picture_dialog() -> PictureDialog:
    """One of the pictures, with its neighbours, forgotten by a run of a case."""
    images, rng, dialog = picture_set(), np.random.default_rng(5), PictureDialog()
    pixels = rng.integers(0, 255, (3, 24, 36)).astype(np.uint8)
    run = ErasedBy(
        4, "forget cat", datetime(2026, 3, 4, tzinfo=UTC), "AZ-17", "/runs/forget-cat-4/unlearned.safetensors"
    )
    file = f"/srv/pictures/pets/{images.train.names[3]}"
    details = PictureDetails(3, pixels, (240, 360), file=file, bytes_=48_211, sha256="c0ffee" * 10, mark="9f" * 32,
                             loss=0.031, erased=(run,), looked_through=3)  # fmt: skip
    dialog.near_model.set_images(images)
    dialog.near_model.set_rows(np.arange(4, 14), np.linspace(99, 71, 10))
    dialog.show_picture(3, images.train.names[3])
    dialog.show_place("4 of 40 shown", first=False, last=False)
    dialog.show_mark(True)
    dialog.show_pixels(details)
    dialog.show_known([(CLASSES[0], True, 0.97), (CLASSES[1], False, 0.03)], facts_in_words(details, images, None))
    dialog.show_neighbours("")
    return dialog


def list_dialog() -> ListDialog:
    """A list of which most was found."""
    images = picture_set()
    dialog = ListDialog(images)
    text = "".join(f"{name};asked\n" for name in [*images.train.names[:12], "dog/900.png", images.train.names[0]])
    among = LookedUp(Names(images.train.names))
    read = finished(reading(ListText(f"file;note\n{text}", "UTF-8"), among))
    dialog.show_file("/home/lea/customer.csv", "customer.csv")
    dialog.show_beginning(text)
    dialog.show_preview(previewed(read, images, np.arange(40) < 3, np.zeros(0, dtype=np.int64)))
    return dialog


def basket_dialog() -> BasketDialog:
    """A class of which a little is left, and a few others."""
    images = picture_set()
    forget = from_indices(np.array([*range(10, 20), 0, 1]), images.catalogue())
    dialog = BasketDialog(images)
    facts = basket_facts(images, forget, "concept", entangled=(SharedPatterns("dog", 0.62, 0.4, 0.3, 0.21),))
    dialog.show_facts(facts, ("subject",), can_measure=True)
    return dialog


def copies_dialog() -> CopiesDialog:
    """A picture that is marked, with one like it in training and one that somebody left."""
    images = picture_set()
    pairs = NearCopies(np.array([0, 0]), np.array([1, 2]), np.array([98.4, 91.2]), np.array([1, 2]))
    word = CopyDecision(picture=images.train.names[2], copy_of=images.train.names[0], reason="Of another customer")
    return CopiesDialog(images, Copies(images, pairs).left_by([0], [word]).pairs, looked=True)


def dialogs() -> dict[str, QDialog]:
    """Every dialog of the program with something in it, by name."""
    known = proposers()
    shadows = ShadowsDialog(4, 2)
    shadows.show_estimate("8 shadow models to train, about 12 min.")
    without = WithoutRetrainingDialog(3)
    without.show_estimate("3 verification models to train, each on 15 % of what stays: about 4 min on this machine.")
    mixture = (MixturePart(proposer="mllm"), MixturePart(proposer="file", weight=0.5))
    made: dict[str, QDialog] = {
        name: ProposerDialog(GuidanceSpec(proposer=name, model="demo", mixture=mixture), known, ("fox", "wolf"))
        for name in ("mllm", "endpoint", "clip", "mixture")
    }
    return made | {
        "case": case_dialog(),
        "picture": picture_dialog(),
        "copies": copies_dialog(),
        "compare-runs": compare_dialog(),
        "purge": PurgeDialog("AZ-17", None),
        "help": HelpDialog(resources_dir() / "docs"),
        "settings": SettingsDialog(Settings().with_agreement("https://models.example.org:8443", agreed=True)),
        "about": AboutDialog(),
        "retrain": RetrainDialog(),
        "stop": StopDialog([JOB_KINDS["run"]]),
        "shadows": shadows,
        "without-retraining": without,
        "consent": ConsentDialog(Sending("https://models.example.org:8443", 16, ("fox", "wolf"))),
        "declare": DeclareDialog("retrained.safetensors", ("Its record does not say what it was trained on.",)),
        "list": list_dialog(),
        "basket": basket_dialog(),
        "again": AgainDialog(RunSpec(), "29 Nov 02:20  forget fox, maga, finished", METHODS),
        "preset": NameDialog(0, "", "maga as set now", what="preset", act="Save", note="A note.", empty=False),
        "name": NameDialog(1, "", "forget fox in the demo world"),
        "commands": PaletteDialog(
            [
                Entry("Save spec as…", "File", "Write all settings of this session to a TOML file.", print, "Ctrl+S"),
                Entry("Start", "Run", "Start the run.", print, "Ctrl+Return", "Open a model on the Load page."),
            ]
        ),
        "not-found": NotFoundDialog(
            "37 of 40 names in customer.csv were found, 3 were not.",
            ["train/dog/900.png", "train/dog/901.png", "0001.png  (fits train/cat/0001.png, train/dog/0001.png)"],
            "Mark 37",
            "The record of the run keeps the others as asked for and not found.",
        ),
        "class-order": ClassOrderDialog(ORDER),
        "files": ListingDialog("Files", ("train: 12 pictures (cat 6, dog 6)",), "not-used.csv", "Tables (*.csv)"),
        "record": RecordDialog("/home/lea/runs/20261128-053351/record"),
        "case-export": CaseExportDialog("/home/lea/AZ-17.case"),
        "case-import": case_import_dialog(),
        "replace": ReplaceDialog([Path("/home/lea/unlearned.safetensors")]),
    }
