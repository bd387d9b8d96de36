"""What an audit measures: every figure's name, meaning, unit, and when it counts as close to retraining.

The audit fills these, the window and the command line show them, reports are keyed by them. Definitions are in
``resources/docs/measures.md``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from maga_desk.domain.measure import Group, Measure, Table

_RETRAINED, _SHADOWS = frozenset({"retrained"}), frozenset({"retrained", "shadows"})
_VERIFICATION = frozenset({"verification"})
_EVERYWHERE: frozenset[Table] = frozenset({"terminal", "intervals", "overall"})
_ALWAYS: frozenset[Table] = _EVERYWHERE | {"requests"}
_NO_FORGET_TEST = "there are no test pictures of what was forgotten"
_FEW_STAY = "fewer than 20 training or test pictures stay"
_BROKEN = "so changed, the model no longer names what stays (less than 80 % as often), or there was nothing to ask"

_ALL = (
    Measure(
        "retain_train", "Retain, training", "RA",
        "Accuracy on the training pictures that stay. Should not drop.", "accuracy",
        tables=frozenset({"terminal", "overall"}),
    ),
    Measure(
        "forget_train", "Forget, training", "FA",
        "Accuracy on the pictures to forget. Should be what retraining gives.", "accuracy",
        fine="lower", tables=_ALWAYS,
    ),
    Measure(
        "retain_test", "Retain, test", "TA",
        "Accuracy on test pictures of what stays. Should not drop.", "accuracy",
        unknown="there are no test pictures of what stays",
        tables=_ALWAYS,
    ),
    Measure(
        "forget_test", "Forget, test", "FT",
        "Accuracy on test pictures of what goes. Should be what retraining gives.", "accuracy",
        unknown=_NO_FORGET_TEST,
        fine="lower",
    ),
    Measure(
        "earlier_train", "Forgotten before", "EA",
        "Accuracy on pictures that earlier requests had removed. Must not come back.", "accuracy",
        unknown="no picture was forgotten before",
        tables=frozenset({"requests"}),
    ),
    Measure(
        "earlier_test", "Forgotten before, test", "ET",
        "Accuracy on test pictures of what earlier requests had removed. Must not come back.", "accuracy",
        unknown="no class or kind was forgotten before", fine="lower",
    ),
    Measure(
        "beyond_ignorance", "Beyond ignorance", "BI",
        "How much oftener the forgotten is named than nets that never saw it lead one to expect, in points. Should be "
        "near 0.", "accuracy", "points", "zero", 2.0, 5.0, _VERIFICATION,
        "it needs unseen pictures of the same kind", judged=False, fine="lower",
    ),
    Measure(
        "beside_curve", "Beside the learning curve", "TA-c",
        "Accuracy on test pictures of what stays beside the least that retraining should give, by the line from the "
        "verification models to the original, in points. Should not be below 0.", "accuracy", "points", "zero", 2.0,
        5.0, _VERIFICATION, "there are no test pictures of what stays", judged=False, fine="higher",
    ),
    Measure(
        "calibration", "Calibration error", "ECE",
        "How far confidence and accuracy are apart on test pictures of what stays, in points, over 15 bins. Near "
        "retraining's.", "accuracy", "points",
        unknown="fewer than 20 test pictures stay, or the audit was made by an earlier version", fine="lower",
    ),
    Measure(
        "gap", "Average gap", "gap",
        "Mean distance to retraining in RA, FA, TA and entropy attack, in points. Should be near 0.", "distance",
        "points", "zero", 1.0, 3.0, _RETRAINED,
        tables=_ALWAYS,
    ),
    Measure(
        "tow", "Tug of war", "ToW",
        "Product of one minus each accuracy's distance to retraining. Should be near 1.", "distance",
        "share", "one", 0.03, 0.1, _RETRAINED,
    ),
    Measure(
        "js_to_retrained", "JS to retrained", "JS",
        "Distance of the probabilities of forget pictures to the retrained model's, in nats. Should be near 0.",
        "distance", "nats", "zero", 0.05, 0.1, _RETRAINED, "a retrained model has no distance to itself",
        tables=_EVERYWHERE,
    ),
    Measure(
        "kl_to_retrained", "KL to retrained", "KL",
        "The same by Kullback-Leibler, which punishes predictions that the retrained model rules out.", "distance",
        "nats", "zero", 0.2, 0.5, _RETRAINED, "a retrained model has no distance to itself",
    ),
    Measure(
        "zrf", "Zero retrain forgetting", "ZRF",
        "Likeness of the probabilities of forget pictures to an untrained model's. Near retraining's.", "distance",
        "share", close=0.03, near=0.08,
    ),
    Measure(
        "mia", "Entropy attack", "MIA",
        "Forget pictures that an attack on the entropy takes for training pictures. Near retraining's.",
        "membership", unknown="the attack needs test pictures to compare with",
        tables=_ALWAYS, ranked=True,
    ),
    Measure(
        "mia_confidence", "Confidence attack", "MIA-C",
        "The same by an attack on the confidence in the true label. Near retraining's.", "membership",
        unknown="the attack needs test pictures of what stays",
        depth="full", ranked=True,
    ),
    Measure(
        "mia_auc", "Loss attack, AUC", "AUC",
        "How well the loss tells forget pictures from unseen ones of the same kind; 50 % is a coin.",
        "membership", unknown="the attack needs test pictures of the same kind",
        tables=_EVERYWHERE, ranked=True,
    ),
    Measure(
        "mia_tpr1", "Loss attack at 1 %", "TPR1",
        "Forget pictures found by their loss when 1 % of unseen pictures are wrongly accused. Near retraining's.",
        "membership", close=1.0, near=3.0, unknown="the attack needs test pictures of the same kind",
    ),
    Measure(
        "mia_tpr01", "Loss attack at 0.1 %", "TPR.1",
        "The same when one in a thousand unseen pictures may be accused; coarse below a thousand.",
        "membership", close=0.5, near=1.5, unknown="the attack needs test pictures of the same kind",
    ),
    Measure(
        "cmia", "Class-aware attack", "CMIA",
        "A classifier trained on the retrained model's outputs to pick out the forgotten among its neighbours, tried "
        "on this model. Near retraining's.", "membership", rests_on=_RETRAINED,
        unknown="the attack is for whole classes and sub-classes with test pictures",
        tables=_EVERYWHERE, ranked=True,
    ),
    Measure(
        "rmia", "RMIA, AUC", "RMIA",
        "How well likelihood ratios against reference models tell forget pictures from unseen ones; 50 % is a coin.",
        "membership", rests_on=_SHADOWS, unknown="the attack needs test pictures of the same kind",
        tables=frozenset({"intervals", "overall"}), ranked=True,
    ),
    Measure(
        "rmia_tpr1", "RMIA at 1 %", "RMIA1",
        "Forget pictures found so when 1 % of unseen pictures are wrongly accused. Near retraining's.",
        "membership", close=1.0, near=3.0, rests_on=_SHADOWS,
        unknown="the attack needs test pictures of the same kind",
    ),
    Measure(
        "lira", "U-LiRA, AUC", "LiRA",
        "How well shadow models tell this model's outputs on forget pictures from the retrained one's; 50 % is a coin.",
        "membership", rests_on=_SHADOWS, unknown="a retrained model is not told from itself", chance=50.0,
        tables=frozenset({"intervals", "overall"}), ranked=True,
    ),
    Measure(
        "lira_tpr1", "U-LiRA at 1 %", "LiRA1",
        "Pictures found so when 1 % of the retrained model's are wrongly accused; 1 % is chance.", "membership",
        close=1.0, near=3.0, rests_on=_SHADOWS, unknown="a retrained model is not told from itself", chance=1.0,
    ),
    Measure(
        "lira_tpr01", "U-LiRA at 0.1 %", "LiRA.1",
        "The same when one in a thousand may be accused.", "membership",
        close=0.5, near=1.5, rests_on=_SHADOWS, unknown="a retrained model is not told from itself", chance=0.1,
    ),
    Measure(
        "earlier_auc", "Earlier loss attack, AUC", "E-AUC",
        "How well the loss tells pictures that earlier requests removed from unseen ones; 50 % is a coin.",
        "membership", unknown="no picture was forgotten before",
    ),
    Measure(
        "which_class", "Forgotten class's place", "place",
        "Where the class stands when all are ordered by how forgotten this model's head and outputs alone make them "
        "look; 1 is first. Near retraining's.", "membership", "rank", close=0.5, near=1.5,
        unknown="which class went is asked where whole classes go and test pictures are there", fine="higher",
    ),
    Measure(
        "pair", "Pair of models, AUC", "pair",
        "How well outputs of the original and of this model together tell training pictures that stay from unseen "
        "ones; 50 % is a coin. Near retraining's.", "membership",
        unknown=_FEW_STAY, depth="full",
    ),
    Measure(
        "pair_gain", "Gain by the pair", "gain",
        "What both models tell beyond the better one alone, in points. Should be near 0; where it is not, do not hand "
        "out both.", "membership", "points", "zero", 1.0, 3.0,
        unknown="one model alone has no pair, or fewer than 20 pictures stay on either side", depth="full",
    ),
    Measure(
        "calibrated", "Calibrated attack, AUC", "CAL",
        "How well the loss, beside that of verification models, tells forget pictures from unseen ones of the same "
        "kind; 50 % is a coin.", "membership", rests_on=_VERIFICATION,
        unknown="the attack needs test pictures of the same kind", judged=False, chance=50.0,
    ),
    Measure(
        "iam", "Completeness", "IAM",
        "Where the result stands between the original (0 %) and nets that never saw the forget set (100 %); above that "
        "too much was forgotten.", "membership", close=10.0, near=25.0, rests_on=_VERIFICATION,
        unknown="the original does not know the forget set measurably better than unseen pictures",
        judged=False, chance=100.0,
    ),
    Measure(
        "iam_under", "Under-unlearned", "IAM-u",
        "Forget pictures that are known better than 95 % of the unseen ones, for how hard they are; 5 % is chance.",
        "membership", rests_on=_VERIFICATION, unknown="the attack needs test pictures of the same kind",
        judged=False, chance=5.0,
    ),
    Measure(
        "iam_over", "Over-unlearned", "IAM-o",
        "Forget pictures that are known less than 95 % of the unseen ones, for how hard they are; 5 % is chance.",
        "membership", rests_on=_VERIFICATION, unknown="the attack needs test pictures of the same kind",
        judged=False, chance=5.0,
    ),
    Measure(
        "apollo", "Label-only attack, AUC", "APO",
        "How well the noise that a label bears tells forget pictures from unseen ones of the same kind; 50 % is a "
        "coin.",
        "membership", rests_on=_VERIFICATION, unknown="the attack needs test pictures of the same kind",
        judged=False, chance=50.0,
    ),
    Measure(
        "apollo_under", "Under-unlearned by labels", "APO-u",
        "Forget pictures whose label bears more noise than those of 95 % of the unseen ones; 5 % is chance.",
        "membership", rests_on=_VERIFICATION, unknown="the attack needs test pictures of the same kind",
        judged=False, chance=5.0,
    ),
    Measure(
        "apollo_over", "Over-unlearned by labels", "APO-o",
        "Forget pictures whose label bears less noise than those of 95 % of the unseen ones; 5 % is chance, and none "
        "are found where more than a tenth of the unseen are named wrongly.",
        "membership", rests_on=_VERIFICATION, unknown="the attack needs test pictures of the same kind",
        judged=False, chance=5.0,
    ),
    Measure(
        "probe", "Readable in features", "probe",
        "Forgotten test pictures that a linear probe of the features names. Near retraining's.", "residue",
        unknown="the probe is asked about test pictures of a whole class or sub-class that goes",
        fine="lower", tables=_EVERYWHERE, ranked=True,
    ),
    Measure(
        "prototype", "Back from 10 pictures", "proto",
        "Forgotten test pictures named by nearest class means when 10 forget pictures are known. Near retraining's.",
        "residue", close=3.0, near=8.0,
        unknown="the attack is for whole classes and sub-classes with test pictures",
        fine="lower", depth="full", tables=_EVERYWHERE, ranked=True,
    ),
    Measure(
        "relearn", "Steps to relearn", "relearn",
        "Training steps until the forgotten is named as well as before. Fewer than retraining needs means a trace.",
        "residue", "steps", close=5.0, near=15.0,
        unknown="it is measured for whole classes and sub-classes that go",
        fine="higher", depth="full", tables=frozenset({"terminal", "overall"}), ranked=True,
    ),
    Measure(
        "cka_retrained", "CKA to retrained", "CKA-r",
        "Likeness of the penultimate features on forget pictures to the retrained model's. Not judged: two retrained "
        "models are not at 1 either.", "residue",
        "share", "one", 0.1, 0.25, _RETRAINED, "a retrained model is not compared with itself", judged=False,
        depth="full",
    ),
    Measure(
        "cka_original", "CKA to the original", "CKA-o",
        "Likeness of the penultimate features on forget pictures to the original's. Near retraining's.", "residue",
        "share", close=0.1, near=0.25, unknown="the original is not compared with itself",
        fine="lower", depth="full",
    ),
    Measure(
        "from_retained", "Back from what stays", "back",
        "Forget pictures named rightly at the best moment within 100 steps of fine-tuning on pictures that stay alone. "
        "Near retraining's.",
        "returns", unknown="no training picture stays, or a step did not fit into memory", fine="lower", depth="full",
    ),
    Measure(
        "from_retained_test", "Back from what stays, test", "back-t",
        "The same of test pictures of what goes.", "returns", unknown=_NO_FORGET_TEST, fine="lower", depth="full",
    ),
    Measure(
        "int8", "With 8-bit weights", "int8",
        "Forget pictures named rightly when weights are rounded to 8 bits, by channel. Near retraining's.", "returns",
        unknown=_BROKEN, fine="lower", depth="full",
    ),
    Measure(
        "int4", "With 4-bit weights", "int4",
        "The same with 4 bits.", "returns", unknown=_BROKEN, fine="lower", depth="full",
    ),
    Measure(
        "pruned", "With half of the weights", "pruned",
        "The same when the smaller half of all weights is set to zero.", "returns",
        unknown=_BROKEN, fine="lower", depth="full",
    ),
    Measure(
        "int8_auc", "Loss attack on 8 bits, AUC", "AUC-8",
        "How well the loss tells forget pictures from unseen ones of the same kind when weights have 8 bits. Near "
        "retraining's.", "returns", unknown=_BROKEN, depth="full",
    ),
    Measure(
        "int4_auc", "Loss attack on 4 bits, AUC", "AUC-4",
        "The same with 4 bits.", "returns", unknown=_BROKEN, depth="full",
    ),
    Measure(
        "pruned_auc", "Loss attack on half, AUC", "AUC-p",
        "The same with the smaller half of all weights set to zero.", "returns", unknown=_BROKEN, depth="full",
    ),
)  # fmt: skip

VERSION = 1
"""Raised when the same nets would get other figures: trials of comparisons are then done anew."""

MEASURES: Mapping[str, Measure] = {measure.key: measure for measure in _ALL}
"""In the order in which they are shown."""


DEFINITIONS = "definitions"
"""Key of records under which :func:`definitions` stands."""


def definitions(keys: Iterable[str] = tuple(MEASURES)) -> dict[str, dict[str, Any]]:
    """What the figures of a record are, by key: for whoever reads it without this program."""
    return {
        key: {
            "title": measure.title,
            "unit": measure.unit,
            "meaning": measure.help,
            "target": measure.target,
            "direction": measure.direction,
            "close": measure.close,
            "near": measure.near,
        }
        for key, measure in ((key, MEASURES[key]) for key in keys)
    }


def in_table(table: Table) -> tuple[str, ...]:
    """The keys of the measures that a table shows, in order."""
    return tuple(measure.key for measure in _ALL if table in measure.tables)


def ranked(group: str) -> tuple[str, ...]:
    """The keys of the measures by whose distances contenders are ranked together."""
    return tuple(measure.key for measure in _ALL if measure.ranked and measure.group == group)


def resting_on(*needed: str) -> tuple[str, ...]:
    """The names of the measures that rest on just these (:attr:`Measure.rests_on`), as they stand in a sentence."""
    names = dict.fromkeys(measure.name for measure in _ALL if measure.rests_on == frozenset(needed))
    return tuple(name.lower() if name[1:].islower() else name for name in names)


def in_group(group: Group, keys: Iterable[str] = tuple(MEASURES)) -> tuple[Measure, ...]:
    """The measures of a group, in order, of those among ``keys``."""
    wanted = set(keys)
    return tuple(measure for measure in _ALL if measure.group == group and measure.key in wanted)
