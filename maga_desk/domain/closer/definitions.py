"""What each view of single pictures is, which direction is good, and what it cannot see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Definition:
    """Three sentences or so for a person."""

    what: str
    good: str
    blind: str

    def text(self) -> str:
        return f"What it is: {self.what}\nWhich direction is good: {self.good}\nWhat it cannot see: {self.blind}"


CLOSER_DEFINITIONS: Mapping[str, Definition] = {
    "damage": Definition(
        "pictures outside the forget set, ranked by how far the log-odds of their true class, log(p / (1 − p)), fell "
        "from the original to the unlearned model. Where there is a retrained model, the fall counts from the lower "
        "of the two: what retraining would have cost as well is left out.",
        "near 0, or below: above about 1 the model has become clearly less sure of the picture.",
        "pictures that are not in the data, and harm that leaves the true class as likely as before.",
    ),
    "residue": Definition(
        "forgotten pictures, ranked by the probability of their true class above what the retrained model gives "
        "them; without a retrained model, by that probability.",
        "near 0. Single pictures of a class that stays may well be named rightly: then only what is above the "
        "retrained model counts.",
        "traces that do not show in the answers. The probe, prototypes and relearning look for these.",
    ),
    "all": Definition(
        "every picture with the probability that each model gives its true class.",
        "what stays is as likely as before; what was forgotten is as likely as after retraining.",
        "anything but the answers to these pictures.",
    ),
    "confusion": Definition(
        "of the pictures of each class (row), the share that is named as each class (column), in percent. A change is "
        "in points: of the unlearned model against the original, or against the retrained one.",
        "rows of what stays do not change; the row of a forgotten class spreads as after retraining.",
        "how sure the answers are, and which class comes second.",
    ),
    "scores": Definition(
        "the log-odds of the true class, of members (trained on) and of unseen pictures. A threshold calls every "
        "picture at or above it a member, or every one below it, whichever tells more: TPR is the share of members "
        "called so, FPR the share of the others, accuracy the mean of TPR and 1 − FPR. It starts where that accuracy "
        "is highest on these very pictures, which flatters it: with 20 pictures of each it is about 60 % by chance. "
        "So the accuracy of a threshold that is set on one half and tried on the other is given as well.",
        "for the forgotten, an accuracy near 50 % on the other half: no threshold tells them apart. Forgotten ones "
        "that lie lower than unseen ones are over-forgotten, and that gives them away as well. Of a retrained model it "
        "is 50 % up to chance, since it saw neither group. For what stays it only tells how far the "
        "model overfits: compare with the original's.",
        "attacks that compare with shadow models see more than one threshold for all pictures does.",
    ),
    "map": Definition(
        "features before the last layer of a sample of pictures, in two dimensions. The projection is fitted to the "
        "original's features and used for both models, so that what moved in the map moved in the model.",
        "what stays does not move; the forgotten leave the place where they were a cluster of their own.",
        "everything outside the two dimensions, and distances between far clusters. A retrained model's features have "
        "other axes: it has no place in this map.",
    ),
    "relearning": Definition(
        "a copy of the unlearned model is trained for some steps, on some forgotten pictures beside ones that stay, or "
        "on ones that stay alone; the retrained model is treated likewise. Drawn is the accuracy on forgotten pictures "
        "that were not shown. Both copies are thrown away.",
        "a curve like the retrained model's. One that climbs earlier shows that the knowledge was hidden, not gone.",
        "other rates, longer training and other pictures; one order of the pictures is tried.",
    ),
}
