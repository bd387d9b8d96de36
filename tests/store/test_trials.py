"""Trials of comparisons are kept and found again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from maga_desk.domain.results import Report
from maga_desk.domain.trials import Trial
from maga_desk.store.migrations import SCHEMA
from maga_desk.store.sessions import SessionStore


def test_a_trial_comes_back_as_it_was(path: Path, report: Report) -> None:
    done = Trial("cat", "maga", 2, "done", report)
    unable = Trial("some", "mask", 0, "unable", reason="mask cannot do the task 'random'")
    with SessionStore.open(path, schema=SCHEMA) as store:
        store.keep_trial("a" * 32, done)
        store.keep_trial("b" * 32, unable)
        store.keep_trial("b" * 32, replace(unable, seed=1))
        assert store.known_trial("c" * 32) is None
    with SessionStore.open(path) as store:
        assert store.known_trial("a" * 32) == done
        assert store.known_trial("b" * 32) == replace(unable, seed=1)
