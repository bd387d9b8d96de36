"""How a net was trained, where its checkpoint or what lies beside it says so: the arguments of timm's and torchvision's
training scripts, Lightning's hyperparameters, the Trainer's files of Hugging Face, an optimiser's state.

Nothing is executed: pickles are read inertly, and everything is data.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from maga_desk.domain.errors import CheckpointError
from maga_desk.domain.outside import json_of, read_text
from maga_desk.domain.said_recipe import SaidRecipe, impossible, sound
from maga_desk.models.reading.beyond import beyond_arguments, beyond_file, beyond_group, number_of
from maga_desk.models.reading.files import read_file
from maga_desk.models.reading.inert import Inert

_ARGUMENTS = ("args", "hyper_parameters", "hparams", "hyperparameters", "config", "cfg", "opt", "training_args")
_SYNONYMS: Mapping[str, Sequence[str]] = {
    "optimizer": ("opt", "optimizer", "optim", "optimizer_name", "optimiser"),
    "lr": ("lr", "learning_rate", "base_lr", "init_lr", "max_lr"),
    "epochs": ("epochs", "num_train_epochs", "max_epochs", "num_epochs", "n_epochs"),
    "batch_size": ("batch_size", "train_batch_size", "per_device_train_batch_size", "bs", "batch"),
    "weight_decay": ("weight_decay", "wd"),
    "momentum": ("momentum",),
    "nesterov": ("nesterov",),
    "label_smoothing": ("smoothing", "label_smoothing", "label_smoothing_factor"),
    "mixup": ("mixup", "mixup_alpha"),
    "cutmix": ("cutmix", "cutmix_alpha"),
    "warm_up": ("warmup_epochs", "lr_warmup_epochs", "warm_up"),
    "clip": ("clip_grad", "clip_grad_norm", "max_grad_norm", "gradient_clip_val"),
    "gamma": ("lr_gamma", "gamma"),
}
_SCHEDULES = ("sched", "lr_scheduler_type", "lr_scheduler", "scheduler", "lr_schedule", "schedule")
_STARTS = ("initial_checkpoint", "finetune", "pretrained_path", "weights", "pretrained")
_DEEPEST, _MOST_BYTES, _LEAST_RATE = 3, 4 * 2**20, 1e-6


def read_recipe(tree: Any, path: Path) -> SaidRecipe:
    """What a checkpoint and the files beside it say; arguments count more than what follows from an optimiser's state.

    :param tree: the checkpoint's content, read inertly.
    """
    found = [said for said in (*_in_checkpoint(tree), *_beside(path)) if said.values or said.start or said.not_followed]
    values: dict[str, Any] = {}
    sources: list[str] = []
    where: dict[str, str] = {}
    beyond: list[str] = []
    start = ""
    for said in found:
        new = {key: value for key, value in said.values.items() if key not in values}
        if new or said.start:
            sources.append(said.source)
        values |= new
        where |= dict.fromkeys(new, said.source)
        beyond += said.not_followed
        start = start or said.start
    wrong = impossible(values)
    values, source = sound(values), " and ".join(dict.fromkeys(sources))
    where = {key: each for key, each in where.items() if key in values and each != source}
    beyond += beyond_file(tree) if found else ()  # an average alone says nothing of how the net was trained
    return SaidRecipe(values, source, tuple(dict.fromkeys(beyond)), start, where, wrong)


def _in_checkpoint(tree: Any) -> Iterator[SaidRecipe]:
    for place, node in _nodes(tree, "", 0):
        if place.rpartition(".")[2] in _ARGUMENTS:
            yield _from_arguments(_plain(node), f"{place} in the checkpoint")
    for place, node in _nodes(tree, "", 0):
        groups = node.get("param_groups") if isinstance(node, Mapping) else None
        if isinstance(groups, list) and groups and isinstance(groups[0], Mapping):
            beyond = tuple(beyond_group([each for each in groups if isinstance(each, Mapping)]))
            yield SaidRecipe(_from_group(groups[0]), f"the optimiser's state in the checkpoint ({place})", beyond)
    for _place, node in _nodes(tree, "", 0):
        if isinstance(node, Mapping) and "last_epoch" in node and ("base_lrs" in node or "_step_count" in node):
            yield SaidRecipe(_from_scheduler(node), "the scheduler's state in the checkpoint")


def _nodes(node: Any, place: str, depth: int) -> Iterator[tuple[str, Any]]:
    """Everything near the top that may hold values, with its place."""
    if place:
        yield place, node
    if depth >= _DEEPEST:
        return
    items: Iterator[tuple[Any, Any]] = iter(())
    if isinstance(node, Mapping):
        items = iter(node.items())
    elif isinstance(node, Inert):
        items = iter(node.state.items())
    elif isinstance(node, list) and len(node) <= 4:
        items = ((str(number), each) for number, each in enumerate(node))
    for key, value in items:
        if isinstance(key, str) and isinstance(value, Mapping | Inert | list) and key not in ("state", "state_dict"):
            yield from _nodes(value, f"{place}.{key}" if place else key, depth + 1)


def _plain(node: Any) -> dict[str, Any]:
    """A mapping's or a namespace's values, nested ones by their own key; of an enumeration, its value."""
    said: dict[str, Any] = {}
    source = node.state if isinstance(node, Inert) else node if isinstance(node, Mapping) else {}
    for key, held in source.items():
        value = held.arguments[0] if isinstance(held, Inert) and held.arguments and not held.state else held
        if isinstance(value, str | int | float | list | tuple) or value is None:
            said[str(key)] = value
        elif isinstance(value, Mapping | Inert):
            said = {**_plain(value), **said}
    return said


def _from_arguments(said: Mapping[str, Any], source: str) -> SaidRecipe:
    """The keys that training scripts call alike."""
    values: dict[str, Any] = {}
    for key, names in _SYNONYMS.items():
        value = next((said[name] for name in names if said.get(name) is not None), None)
        if value is not None and key not in ("optimizer", "nesterov"):
            number = number_of(value)
            if number is not None:
                values[key] = int(number) if key in ("epochs", "batch_size") else number
    name = next((said[key] for key in _SYNONYMS["optimizer"] if isinstance(said.get(key), str)), None)
    by_timm = "sched" in said and "opt" in said
    beyond = list(beyond_arguments(said))
    by_name = _optimizer(name, by_timm)
    if name and not by_name:
        beyond.append(f"optimiser {name}")
    values |= by_name
    if isinstance(said.get("nesterov"), bool):
        values["nesterov"] = said["nesterov"]
    schedule = _schedule(said)
    named = next((said[key] for key in _SCHEDULES if isinstance(said.get(key), str)), None)
    if named and not schedule:
        beyond.append(f"schedule {named}")
    values |= schedule
    if by_timm and not values.get("warm_up") and "warmup_epochs" in said:
        values["warm_up"] = 0.0
    values |= _augmentation(said)
    start = next((said[key] for key in _STARTS if said.get(key)), "")
    return SaidRecipe(values, source, tuple(beyond), "pretrained weights" if start is True else str(start))


def _optimizer(name: Any, by_timm: bool) -> dict[str, Any]:
    """By the names that scripts give: timm's ``sgd`` is Nesterov's, ``momentum`` is plain."""
    if not isinstance(name, str):
        return {}
    plain = (
        name.rpartition(".")[2].lower().replace("_", "").replace("-", "").removesuffix("fused").removesuffix("torch")
    )
    if plain in ("adam", "adamw", "rmsprop"):
        return {"optimizer": plain}
    if plain in ("sgd", "nesterov", "sgdnesterov", "momentum"):
        return {"optimizer": "sgd", "nesterov": plain in ("nesterov", "sgdnesterov") or (plain == "sgd" and by_timm)}
    return {}


def _schedule(said: Mapping[str, Any]) -> dict[str, Any]:
    name = next((said[key] for key in _SCHEDULES if isinstance(said.get(key), str)), None)
    if name is None:
        return {}
    plain = name.rpartition(".")[2].lower().replace("_", "").replace("-", "")
    if "onecycle" in plain:
        return {"schedule": "one-cycle"}
    if plain.startswith("cosine"):
        return {"schedule": "cosine"}
    if plain in ("linear", "constant", "constantwithwarmup", "none"):
        return {"schedule": "linear" if plain == "linear" else "constant"}
    if plain in ("step", "steplr", "multistep", "multisteplr"):
        return _steps(said)
    return {}


def _steps(said: Mapping[str, Any]) -> dict[str, Any]:
    """Milestones, or a step's length that gives them."""
    epochs = number_of(said.get("epochs")) or 0
    listed = next(
        (
            said[key]
            for key in ("milestones", "lr_steps", "decay_milestones")
            if isinstance(said.get(key), list | tuple)
        ),
        None,
    )
    every = next((n for key in ("lr_step_size", "step_size", "decay_epochs") if (n := number_of(said.get(key)))), None)
    values: dict[str, Any] = {"schedule": "step"}
    if listed and all(number_of(each) for each in listed) and "multi" in str(said.get("sched", "multi")):
        values["milestones"] = [int(each) for each in listed]
    elif every:
        values["milestones"] = [int(at) for at in range(int(every), int(epochs or 10 * every), int(every))]
    gamma = next((n for key in ("lr_gamma", "gamma", "decay_rate") if (n := number_of(said.get(key)))), None)
    if gamma:
        values["gamma"] = gamma
    return values if values.get("milestones") else {}


def _augmentation(said: Mapping[str, Any]) -> dict[str, Any]:
    """timm's and torchvision's scripts crop at random unless they are told not to; others name it."""
    if said.get("no_aug"):
        return {"augment": "none"}
    if ("aa" in said and "sched" in said) or "train_crop_size" in said:
        return {"augment": "crop"}
    named = said.get("augment", said.get("augmentation"))
    return {"augment": named} if isinstance(named, bool | str) else {}


def _from_group(group: Mapping[str, Any]) -> dict[str, Any]:
    """What an optimiser's state tells: by its keys which one it is, and its settings."""
    values: dict[str, Any] = {}
    decay = number_of(group.get("weight_decay"))
    if "betas" in group:
        decoupled = group.get("decoupled_weight_decay")
        adamw = decoupled if isinstance(decoupled, bool) else bool(decay)  # Adam's own default is none
        values["optimizer"] = "adamw" if adamw else "adam"
    elif "alpha" in group and "centered" in group:
        values["optimizer"] = "rmsprop"
    elif "momentum" in group and "dampening" in group:
        values |= {"optimizer": "sgd", "nesterov": bool(group.get("nesterov"))}
    else:
        return {}
    if decay is not None:
        values["weight_decay"] = decay
    if "betas" not in group:
        momentum = number_of(group.get("max_momentum", group.get("momentum")))
        values |= {} if momentum is None else {"momentum": momentum}
    if "max_lr" in group and "min_lr" in group:
        values["schedule"] = "one-cycle"
    rate = number_of(group.get("max_lr", group.get("initial_lr", group.get("lr"))))
    if rate and rate > _LEAST_RATE:  # what a schedule has brought down to nothing says nothing
        values["lr"] = rate
    return values


def _from_scheduler(node: Mapping[str, Any]) -> dict[str, Any]:
    """torch's schedulers: T_max is the cosine's, step_size and milestones those of steps."""
    rates = node.get("base_lrs")
    values: dict[str, Any] = {"lr": rates[0]} if isinstance(rates, list) and rates and number_of(rates[0]) else {}
    last = number_of(node.get("last_epoch")) or 0
    if "T_max" in node:
        values["schedule"] = "cosine"
        values["epochs"] = int(number_of(node["T_max"]) or 0)
    elif "total_steps" in node and "_anneal_func_type" in node:
        values = {"schedule": "one-cycle"}
    elif "milestones" in node and isinstance(node["milestones"], Mapping | list):
        values |= _steps({**node, "milestones": sorted(int(at) for at in node["milestones"]), "epochs": last})
    elif "step_size" in node:
        values |= _steps({**node, "epochs": last})
    return values


def _beside(path: Path) -> Iterator[SaidRecipe]:
    """timm's ``args.yaml``, Lightning's ``hparams.yaml``, the Trainer's two files."""
    folders = (path.parent, path.parent.parent)
    for folder, name in ((folders[0], "args.yaml"), (folders[0], "hparams.yaml"), (folders[1], "hparams.yaml")):
        said = _yaml(folder / name)
        if said:
            yield _from_arguments(_plain(said), f"{name} beside it")
    arguments = folders[0] / "training_args.bin"
    if arguments.is_file() and arguments.stat().st_size < _MOST_BYTES:
        try:
            said = _plain(read_file(arguments).tree)
        except CheckpointError:
            said = {}
        yield _of_trainer(said, "training_args.bin beside it")
    yield _of_trainer(_state_of_trainer(folders[0]), "trainer_state.json beside it")


def _of_trainer(said: Mapping[str, Any], source: str) -> SaidRecipe:
    """Hugging Face's Trainer fine-tunes; its warm-up is a share of all steps or a number of them."""
    if not said:
        return SaidRecipe()
    found = _from_arguments(said, source)
    values = dict(found.values)
    share, epochs = number_of(said.get("warmup_ratio")) or 0, number_of(said.get("num_train_epochs")) or 0
    if 0 < share < 1 and epochs:
        values["warm_up"] = share * epochs
    return SaidRecipe(values, source, found.not_followed, found.start or "other weights")


def _state_of_trainer(folder: Path) -> dict[str, Any]:
    path = folder / "trainer_state.json"
    try:
        if not path.is_file() or path.stat().st_size > _MOST_BYTES:
            return {}
        raw = json_of(read_text(path))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(raw, dict):
        return {}
    said = {key: raw[key] for key in ("num_train_epochs", "train_batch_size") if raw.get(key)}
    history = raw.get("log_history")
    rates = (
        [n for each in history if isinstance(each, dict) and (n := number_of(each.get("learning_rate")))]
        if isinstance(history, list)
        else []
    )
    return {**said, "learning_rate": max(rates)} if rates else said


def _yaml(path: Path) -> Any:
    import yaml  # type: ignore[import-untyped]

    try:
        if not path.is_file() or path.stat().st_size > _MOST_BYTES:
            return {}
        return yaml.safe_load(read_text(path))
    except (OSError, ValueError, RecursionError, yaml.YAMLError):
        return {}
