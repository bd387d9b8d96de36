"""One request on an open model, as a value: what is open, what is asked for, and what goes."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from maga_desk.domain.copies_left import CopiesLeft
from maga_desk.domain.errors import CheckpointError, SpecError
from maga_desk.domain.files import sha256_of
from maga_desk.domain.forget import ForgetSet, settled
from maga_desk.domain.methods import Situation
from maga_desk.domain.pictures import PictureIndex
from maga_desk.domain.proposal import Proposal
from maga_desk.domain.said_recipe import SaidRecipe
from maga_desk.domain.specs.recipe import TrainRecipe
from maga_desk.domain.specs.run import RunSpec, describe
from maga_desk.domain.yardstick import FRESH
from maga_desk.services.copies import left_of
from maga_desk.services.workspace import Workspace

if TYPE_CHECKING:
    from maga_desk.engine.inputs import RunInputs
    from maga_desk.engine.routine import Method


@dataclass(frozen=True, eq=False)
class Erasure:
    """What every use case of a request needs. All that follows from the three fields is computed once.

    :param workspace: the model and its pictures.
    :param spec: how to unlearn and to judge.
    :param forget: the pictures that go.
    """

    workspace: Workspace
    spec: RunSpec
    forget: ForgetSet

    @classmethod
    def of(cls, workspace: Workspace, spec: RunSpec) -> Erasure:
        """The request that a spec makes of what is open; what a query finds now stands in its place from here on.

        :raises ForgetError: unknown names, nothing, or everything.
        """
        spec = workspace.named(spec)
        forget = workspace.forget_set(spec)
        asked = settled(spec.forget, forget, workspace.images.catalogue())
        return cls(workspace, spec.model_copy(update={"forget": asked}), forget)

    @cached_property
    def retained(self) -> int:
        """How many training pictures stay."""
        return len(self.workspace.images.train) - len(self.gone)

    @cached_property
    def gone(self) -> NDArray[np.int64]:
        """``(n,) int64`` training pictures that a retrained net lacks: those that go, those forgotten before, and those
        that later parts of the request take.
        """
        return np.union1d(self.forgotten, self.forget.later)

    @cached_property
    def forgotten(self) -> NDArray[np.int64]:
        """``(n,) int64`` training pictures that the result has forgotten, this time and before."""
        return np.union1d(self.forget.indices, self.forget.earlier)

    @cached_property
    def left(self) -> CopiesLeft:
        """What stays in sight of what goes, where pictures are there twice; that of earlier requests apart."""
        return left_of(self.workspace.copies, self.spec.forget, self.forget, self.workspace.decided)

    @cached_property
    def stays_digest(self) -> str:
        """The digest of the list of pictures that stay."""
        return self.list_digest(self.gone)

    def list_digest(self, left_out: NDArray[np.int64]) -> str:
        """The digest of the training pictures without some of them, ``(n,) int64``."""
        images = self.workspace.images
        return images.list_digest(np.setdiff1d(np.arange(len(images.train)), left_out))

    @cached_property
    def situation(self) -> Situation:
        """What a method's defaults depend on."""
        workspace = self.workspace
        pictures, classes = len(workspace.images.train), len(workspace.card.classes)
        return self.forget.situation(self.spec.intent, pictures=pictures, classes=classes)

    @cached_property
    def known(self) -> SaidRecipe:
        """What is known of how the original was trained: what the spec names, else what the checkpoint says."""
        named = self.spec.audit.recipe
        return self.workspace.said if named is None else self.workspace.said.naming(named.given())

    @cached_property
    def recipe(self) -> TrainRecipe:
        """How a reference is trained: what is known, with this program's own values where nothing is.

        :raises SpecError: what the spec names does not go together with what the checkpoint says.
        """
        try:
            return self.known.recipe()
        except ValidationError as error:
            raise SpecError(describe(error), where="[audit.recipe]") from error

    @property
    def recipe_is_guessed(self) -> bool:
        """Whether neither the spec nor the checkpoint says, or not all, of how the original was trained."""
        return bool(self.known.unknown)

    @cached_property
    def method(self) -> Method:
        """The method, once its parameters have proved usable.

        :raises MethodError: it is unknown, cannot do the task, or has a wrong parameter.
        """
        from maga_desk.engine.registry import METHODS

        method = METHODS.find(self.spec.method.name)
        method.info.parameters(self.situation, self.spec.method.params, self.spec.method.preset)
        return method

    def inputs(self, proposal: Proposal | None = None, *, guarded: bool = False, spent: float = 0.0) -> RunInputs:
        """What the engine is given.

        :param proposal: none for methods that need no guidance.
        :param guarded: stop where what stays is lost.
        :param spent: seconds that proposing took.
        """
        import torch

        from maga_desk.engine.inputs import RunInputs

        guidance = {}
        if proposal is not None:
            guidance = {
                "labels": torch.from_numpy(proposal.labels),
                "targets": torch.from_numpy(proposal.targets),
                "by_hand": torch.from_numpy(proposal.edited),
            }
        workspace = self.workspace
        return RunInputs(
            pictures=workspace.pictures,
            original=workspace.model,
            arch=workspace.card.arch,
            forget=self.forget,
            runtime=workspace.runtime,
            seed=self.spec.seed,
            recipe=self.recipe,
            intent=self.spec.intent,
            foreign=self.workspace.is_foreign,
            guarded=guarded,
            limits=self.spec.limits,
            spent=spent,
            **guidance,
        )

    @cached_property
    def run_digest(self) -> str:
        """A fingerprint of everything that the result depends on: settings, weights, pictures and forget set.

        Paths do not count, contents do: moving a folder does not lose a half-finished run.
        """
        settings = self.spec.model_dump(mode="json", include={"seed", "intent", "guidance", "method"})
        for part in (settings["guidance"], *settings["guidance"]["mixture"]):
            part["file"] = _content(part["file"])
        for key in ("accepted", "endpoint", "batch"):  # how one asks or agrees changes no label
            settings["guidance"].pop(key)
        _drop_empty_options(settings["guidance"])
        if self.spec.limits.any:
            settings["limits"] = self.spec.limits.model_dump(mode="json")
        if self.spec.audit.recipe is not None and "recipe" in self.method.info.needs:
            settings["recipe"] = self._recipe_text
        parts: list[str | bytes] = [self._forgotten, json.dumps(settings, sort_keys=True), *_weights(self.workspace)]
        if self.workspace.images.held_out is not None:  # some methods look at them
            parts.append(_shown(self.workspace.images.held_out))
        return self._digest(*parts)

    @cached_property
    def audit_digest(self) -> str:
        """A fingerprint of what the figures rest on beside the run: test pictures, depth, shadows, reference."""
        test = _shown(self.workspace.images.test)  # first: what copies are told by is read on the way
        audit = self.spec.audit.model_dump(mode="json", exclude={"jobs"})
        if not audit["declared_by"]:  # later than the first run folders: without one, the fingerprint is what it was
            del audit["declared_by"]
        if audit["guesses"] == 1:
            del audit["guesses"]
        if not audit["without_retraining"]:
            del audit["without_retraining"], audit["verification_models"]
        if self.left.looked or self.left.all_decided():  # likewise
            audit["copies"] = [self.left.looked, *self.left.all_decided()]
        audit["retrained"] = _content(audit["retrained"])
        if self.spec.audit.recipe is not None:
            named = sorted(audit["recipe"]) if self.recipe_is_guessed else []
            audit["recipe"] = {**json.loads(self._recipe_text), **({"named": named} if named else {})}
        return self._digest(self._forgotten, json.dumps(audit, sort_keys=True), self._recipe_text, test)

    def training_digest(self, left_out: NDArray[np.int64], seed: int) -> str:
        """A fingerprint of a net trained without some pictures: what stays, architecture, pruning, recipe and seed.

        :param left_out: ``(n,) int64`` positions of the training pictures that it does not see.
        """
        return self._digest(left_out.tobytes(), self._recipe_text, str(seed), *_pruned(self.workspace))

    @cached_property
    def _recipe_text(self) -> str:
        """The recipe for fingerprints: of what training started from, the contents count."""
        recipe = self.recipe
        if recipe.start is not None:
            recipe = recipe.model_copy(update={"start": start_of(recipe)})
        return recipe.model_dump_json()

    @property
    def _forgotten(self) -> bytes:
        aside = (("earlier", self.forget.earlier), ("later", self.forget.later))
        told = [name.encode() + indices.tobytes() for name, indices in aside if len(indices)]
        return b"".join([self.forget.indices.tobytes(), *told])

    def _digest(self, *parts: str | bytes) -> str:
        workspace = self.workspace
        digest = hashlib.sha256(workspace.images.fingerprint.encode())
        digest.update(repr(workspace.pictures.normalisation).encode())
        card = workspace.card
        for part in (parts[0], card.arch, card.device, card.precision, *parts[1:]):
            digest.update(part.encode() if isinstance(part, str) else part)
        return digest.hexdigest()[:24]


def start_of(recipe: TrainRecipe) -> str:
    """What a recipe's training starts from, as records say it: ``fresh``, or ``sha256:`` and the hash of a file.

    :raises CheckpointError: there is no such file.
    """
    if recipe.start is None:
        return FRESH
    try:
        file = Path(recipe.start).stat()
        return f"sha256:{_hash_of(recipe.start, file.st_mtime_ns, file.st_size)}"
    except OSError as error:
        reason = error.strerror or "cannot be read"
        raise CheckpointError(reason, where=recipe.start, todo="it is the recipe's start: name the file") from error


@lru_cache(maxsize=8)
def _hash_of(path: str, _changed: int, _size: int) -> str:
    return sha256_of(path)


def _drop_empty_options(guidance: dict[str, Any]) -> None:
    """Options are later than the first run folders: without any, the fingerprint is what it was."""
    for part in (guidance, *guidance["mixture"]):
        if not part.get("options"):
            part.pop("options", None)


def _content(path: str | None) -> str | None:
    """What a file holds, in short; words that name no file stay as they are."""
    if path is None or not Path(path).is_file():
        return path
    return sha256_of(Path(path))


def _shown(index: PictureIndex) -> bytes:
    digest = hashlib.sha256()
    index.hash_into(digest)
    return digest.digest()


def _weights(workspace: Workspace) -> list[bytes]:
    return [tensor.detach().cpu().contiguous().numpy().tobytes() for tensor in workspace.model.state_dict().values()]


def _pruned(workspace: Workspace) -> list[bytes]:
    """What the open net keeps at zero: a net that is trained beside it keeps the same. Nothing of most nets."""
    from maga_desk.models.pruning import zeros_of

    return [name.encode() + mask.cpu().numpy().tobytes() for name, mask in sorted(zeros_of(workspace.model).items())]
