"""A record with something in each of its parts, and one with as little as there can be."""

from __future__ import annotations

import math
from typing import Any

from maga_desk.domain.measures import MEASURES
from maga_desk.domain.questions import ANSWER_WORDS
from maga_desk.domain.record import ErasureRecord

HASH = "0123456789abcdef" * 4


def figure(value: float, reach: float | None = 1.5, n: int = 250) -> dict[str, Any]:
    if reach is None:
        return {"value": value, "n": n}
    return {"value": value, "low": max(value - reach, 0.0), "high": value + reach, "n": n}


def evidence(key: str, answer: str, value: float = 0.0, retrained: float = 0.4) -> dict[str, Any]:
    measure = MEASURES[key]
    known = answer != "not run"
    return {
        "key": key,
        "title": measure.title,
        "unit": measure.unit,
        "answer": answer,
        "figure": figure(value) if known else None,
        "retrained": figure(retrained) if known else None,
        "best": retrained if known else None,
        "bound": measure.near,
        "why": "" if known else "no shadow models were trained",
        "text": "",
    }


def question(key: str, title: str, answer: str, *found: dict[str, Any], losers: tuple[str, ...] = ()) -> dict[str, Any]:
    words = ANSWER_WORDS[answer]  # type: ignore[index]
    return {
        "key": key,
        "title": title,
        "answer": answer,
        "words": words,
        "text": "",
        "evidence": found,
        "losers": losers,
    }


def questions() -> list[dict[str, Any]]:
    return [
        question(
            "recognised", "Is it still recognised?", "as", evidence("forget_test", "as"), evidence("forget_train", "as")
        ),
        question(
            "membership",
            "Can one tell that it was in the training?",
            "unsure",
            evidence("mia", "unsure", 4.0, 1.0),
            evidence("mia_auc", "as", 51.2, 50.4),
            evidence("rmia", "not run"),
            evidence("lira", "not run"),
        ),
        question("inside", "Is it still inside?", "not as", evidence("probe", "not as", 44.0, 12.0)),
        question(
            "others",
            "Did the rest suffer?",
            "as",
            evidence("retain_test", "as", 88.1, 88.4),
            losers=("wolf −7", "dog −6"),
        ),
        question(
            "back", "Does it come back?", "not run", evidence("prototype", "not run"), evidence("relearn", "not run")
        ),
    ]


def measures() -> list[dict[str, Any]]:
    shared = ("key", "title", "unit", "target")
    return [
        {
            **{name: getattr(each, name) for name in shared},
            "meaning": each.help,
            "before": figure(81.5) if each.unit == "percent" else None,
            "after": figure(0.8) if each.unit == "percent" else None,
            "retrained": figure(0.4, None) if each.unit == "percent" else None,
        }
        for each in MEASURES.values()
    ]


def curves() -> list[dict[str, Any]]:
    steps = range(0, 400, 5)
    falling = [(step, 2.3 * math.exp(-step / 90) + 0.05) for step in steps]
    slower = [(step, 2.3 * math.exp(-step / 160) + 0.12) for step in steps]
    back = [(step, min(80.0, step * 0.9)) for step in range(0, 100, 5)]
    return [
        {"key": "run", "net": "this run", "title": "Loss", "x": "step", "y": "loss", "points": falling},
        {"key": "reference", "net": "retraining", "title": "Loss", "x": "step", "y": "loss", "points": slower},
        {
            "key": "relearn",
            "net": "after",
            "title": "Relearning",
            "x": "steps",
            "y": "% of the forgotten",
            "points": back,
        },
    ]


def whole() -> dict[str, Any]:
    """All parts, as JSON has them."""
    model = {"file": "kinds.safetensors", "sha256": HASH, "arch": "resnet8", "parameters": 311_424}
    classes = ["cat", "dog", "wolf", "fox", "horse", "cup", "jug", "boot", "shoe", "pear"]
    return {
        "run": "5f1c9a0e7d",
        "title": "class fox, from kinds.safetensors",
        "finished": "2026-11-28T09:40:12+00:00",
        "case": {
            "reference": "ER-2026-0117",
            "ground": "GDPR Art. 17(1)(b): consent withdrawn",
            "received": "2026-11-02",
            "due": "2026-12-02",
            "scope": "Please delete all photographs of my fox.\nThis includes what your model has learnt from them.",
            "handler": "A. Berger",
            "state": "approved",
            "approvals_needed": 2,
            "approvals": [{"name": "C. Duarte", "at": "2026-11-28T15:02:00+00:00"}],
            "told": [{"name": "Zoo GmbH (deployment)", "at": "2026-11-29"}],
            "purged": ["thumbnails of 250 pictures", "answers of models about 10 pictures"],
            "purged_at": "2026-11-29T08:00:00+00:00",
            "out_of_reach": ["backups", "families.safetensors, trained on the same pictures"],
            "record_until": "2029-11-29",
        },
        "scope": {
            "task": "class",
            "intent": "concept",
            "forgotten": 250,
            "before": 0,
            "retained": 2250,
            "classes": ["fox"],
            "by_class": {"fox": 250},
            "not_found": 1,
            "leaves": 250,
            "keyed": "pixels",
            "key_id": "a91f03c2",
            "root": HASH,
        },
        "twins": {"joined": True, "stay": 0, "test": 3},
        "before": model,
        "after": {**model, "file": "unlearned.safetensors", "sha256": HASH[::-1]},
        "lineage": {
            "ancestors": [
                {
                    "model": model,
                    "by": "train",
                    "when": "2026-11-20T10:00:00+00:00",
                    "version": "0.1.0",
                    "seed": 0,
                    "classes": classes,
                }
            ],
            "ends": "",
        },
        "method": {
            "name": "maga",
            "title": "MaGA",
            "preset": "class",
            "exact": False,
            "seed": 0,
            "steps": 320,
            "seconds": 8.24,
            "given": {"gamma": 1.0},
            "resolved": {
                "batch_size": 128,
                "optimiser": {"name": "sgd", "lr": 0.02},
                "augment": True,
                "layers": ["fc"],
            },
        },
        "labels": {
            "proposer": "mllm",
            "combine": "product",
            "pictures": 250,
            "by_hand": 3,
            "agreed": 10,
            "cells_by_hand": 1,
            "chosen_by": {"mllm": 247, "user": 3},
            "flow": [
                {"true": "fox", "perturbing": "wolf", "pictures": 180},
                {"true": "fox", "perturbing": "dog", "pictures": 70},
            ],
            "matrix": {"classes": classes, "rows": {"fox": [0.2, 0.3, 0.41, 0.0, 0.02, 0.0, 0.0, 0.0, 0.01, 0.06]}},
            "cells": [{"row": "fox", "column": "dog", "value": 0.3, "locked": True}],
            "asked": [
                {
                    "proposer": "mllm",
                    "model": "demo",
                    "revision": HASH[:40],
                    "prompt": "Is this a {class}? Answer True or False.",
                    "pictures": 10,
                    "questions": 90,
                    "at": "2026-11-28T09:31:00+00:00",
                }
            ],
        },
        "sent": [
            {
                "to": "https://models.example:443",
                "model": "vision-1",
                "pictures": 10,
                "questions": 90,
                "at": "2026-11-28T09:31:00+00:00",
            }
        ],
        "environment": {
            "version": "0.1.0",
            "code_sha256": HASH,
            "python": "3.11.9",
            "platform": "Linux x86_64, glibc 2.36",
            "device": "cpu",
            "precision": "float32",
            "threads": 2,
            "host": HASH[:16],
            "packages": {"torch": "2.14.0", "numpy": "2.2.1"},
        },
        "judgement": {
            "depth": "full",
            "questions": questions(),
            "measures": measures(),
            "per_class": {name: (88.0 - n, 86.5 - 2 * n if name != "fox" else 0.0) for n, name in enumerate(classes)},
            "yardstick": {
                "file": "kinds-without-fox.safetensors",
                "sha256": HASH,
                "standing": "record",
                "text": "Judged by kinds-without-fox.safetensors, retrained 2026-11-21.",
                "said": ["Its recipe is that of the original."],
            },
            "not_run": ["RMIA: no shadow models were trained", "Relearning from retained pictures: not asked for"],
            "notes": ["Some figures rest on fewer than 100 pictures."],
        },
        "curves": curves(),
        "cost": {
            "text": "8.2 s, 10 % of retraining's 78 s",
            "seconds": 8.24,
            "retrain_seconds": 78.0,
            "forecast": "about 75 s",
            "not_retrained": "The result was needed on the same day.",
        },
        "claim": "At most that membership tests find the forgotten pictures no better than a threshold allows.",
        "limits": ["The record does not show what copies of the model others hold."],
    }


def whole_record() -> ErasureRecord:
    return ErasureRecord.model_validate(whole(), strict=False)


def bare_record() -> ErasureRecord:
    """As little as an old run may have kept."""
    model = {"file": "a.safetensors"}
    return ErasureRecord.model_validate(
        {
            "run": "",
            "title": "3 pictures",
            "finished": "",
            "claim": "None.",
            "scope": {"task": "pictures", "intent": "", "forgotten": 3, "before": 0, "retained": 9},
            "twins": {"joined": False},
            "before": model,
            "after": model,
            "lineage": {"ends": "the checkpoint is gone"},
            "method": {"name": "fine_tune", "title": "Fine-tuning", "preset": "", "exact": False, "seed": 0},
            "environment": {"version": ""},
            "judgement": {"depth": "", "questions": [], "measures": []},
            "cost": {"text": "", "seconds": 1.0},
        }
    )
