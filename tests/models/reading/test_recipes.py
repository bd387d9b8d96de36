"""How a net was trained, read from what training programs leave: in the checkpoint and beside it."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.optim import lr_scheduler

from maga_desk.domain.said_recipe import SaidRecipe
from maga_desk.domain.specs.recipe import TrainRecipe
from maga_desk.models.reading.contents import read_contents


def net() -> nn.Module:
    return nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2))


def read(folder: Path, content: dict[str, Any], name: str = "checkpoint.pth") -> SaidRecipe:
    torch.save({"model": net().state_dict(), **content}, folder / name)
    return read_contents(folder / name).recipe


TORCHVISION = {
    "opt": "sgd", "lr": 0.05, "momentum": 0.8, "weight_decay": 1e-4, "epochs": 30, "batch_size": 64,
    "label_smoothing": 0.1, "mixup_alpha": 0.2, "cutmix_alpha": 0.0, "lr_scheduler": "steplr", "lr_step_size": 10,
    "lr_gamma": 0.3, "lr_warmup_epochs": 2, "train_crop_size": 176, "random_erase": 0.1, "auto_augment": None,
    "weights": None,
}  # fmt: skip


def test_the_arguments_of_torchvisions_script(tmp_path: Path) -> None:
    said = read(tmp_path, {"args": Namespace(**TORCHVISION), "epoch": 29})
    recipe = said.recipe()
    assert (recipe.optimizer, recipe.nesterov, recipe.lr, recipe.momentum) == ("sgd", False, 0.05, 0.8)
    assert (recipe.schedule, recipe.milestones, recipe.gamma, recipe.warm_up) == ("step", (10, 20), 0.3, 2)
    assert (recipe.epochs, recipe.batch_size, recipe.weight_decay, recipe.augment) == (30, 64, 1e-4, "crop")
    assert (recipe.label_smoothing, recipe.mixup, recipe.cutmix) == (0.1, 0.2, 0)
    assert (said.source, said.unknown, said.not_followed) == ("args in the checkpoint", (), ("random erasing",))


def test_the_arguments_that_timm_writes_beside_it(tmp_path: Path) -> None:
    (tmp_path / "args.yaml").write_text(
        "aa: rand-m9-mstd0.5\nopt: adamw\nsched: cosine\nlr: 0.0005\nepochs: 40\nwarmup_epochs: 5\nbatch_size: 256\n"
        "weight_decay: 0.05\nsmoothing: 0.1\nmixup: 0.8\ncutmix: 1.0\nclip_grad: 1.0\npretrained: true\nmomentum: 0.9\n"
    )
    said = read(tmp_path, {})
    recipe = said.recipe()
    assert (recipe.optimizer, recipe.lr, recipe.schedule, recipe.warm_up) == ("adamw", 5e-4, "cosine", 5)
    assert (recipe.mixup, recipe.cutmix, recipe.clip, recipe.augment) == (0.8, 1.0, 1.0, "crop")
    assert said.source == "args.yaml beside it" and said.start == "pretrained weights"
    assert said.not_followed == ("RandAugment (rand-m9-mstd0.5)",)
    assert said.beyond_text() == (
        "Not followed: RandAugment (rand-m9-mstd0.5), that it started from pretrained weights."
    )
    plain = read(tmp_path, {"args": Namespace(opt="sgd", sched="cosine", no_aug=True)})
    assert (plain.recipe().nesterov, plain.recipe().augment) == (True, "none"), "the checkpoint's own count more"
    assert plain.source == "args in the checkpoint and args.yaml beside it"
    assert plain.source_of("optimizer") == "args in the checkpoint" and plain.source_of("lr") == "args.yaml beside it"
    assert "from args.yaml beside it" in plain.text() and plain.source_of("momentum") == "args.yaml beside it"


@pytest.mark.parametrize(
    ("optimizer", "keys", "said"),
    [
        (torch.optim.SGD, {"lr": 0.2, "momentum": 0.8, "nesterov": True, "weight_decay": 1e-3}, {"nesterov": True}),
        (torch.optim.AdamW, {"lr": 2e-3, "weight_decay": 0.02}, {}),
        (torch.optim.Adam, {"lr": 2e-3}, {"weight_decay": 0.0}),
        (torch.optim.RMSprop, {"lr": 2e-3, "momentum": 0.5, "weight_decay": 1e-3}, {}),
    ],
)
def test_an_optimisers_state_tells_which_it_is(
    optimizer: Any, keys: dict[str, Any], said: dict[str, Any], tmp_path: Path
) -> None:
    made = optimizer(net().parameters(), **keys)
    found = read(tmp_path, {"optimizer": made.state_dict(), "epoch": 3})
    assert found.values["optimizer"] == optimizer.__name__.lower()
    assert found.values.items() >= {**keys, **said}.items()
    assert set(found.unknown) == {"schedule", "epochs", "batch_size", "augment"}
    assert found.text().endswith("guessed: schedule, epochs, batch size and augmentation")


def test_a_schedulers_state_tells_the_rate_before_it_fell(tmp_path: Path) -> None:
    optimizer = torch.optim.SGD(net().parameters(), 0.1)
    schedule = lr_scheduler.CosineAnnealingLR(optimizer, 20)
    for _ in range(19):
        optimizer.step()
        schedule.step()
    assert optimizer.param_groups[0]["lr"] < 0.01
    said = read(tmp_path, {"optimizer": optimizer.state_dict(), "lr_scheduler": schedule.state_dict()})
    assert said.values.items() >= {"lr": 0.1, "schedule": "cosine", "epochs": 20}.items()
    rising = torch.optim.AdamW(net().parameters(), 1e-3)
    cycle = lr_scheduler.OneCycleLR(rising, 0.02, total_steps=50)
    said = read(tmp_path, {"optimizer": rising.state_dict(), "scheduler": cycle.state_dict()})
    assert said.values.items() >= {"lr": 0.02, "schedule": "one-cycle", "optimizer": "adamw"}.items()


def test_what_lightning_keeps(tmp_path: Path) -> None:
    made = torch.optim.Adam(net().parameters(), 3e-4)
    said = read(
        tmp_path,
        {
            "pytorch-lightning_version": "2.6.6",
            "hyper_parameters": {"learning_rate": 3e-4, "batch_size": 32, "max_epochs": 7},
            "optimizer_states": [made.state_dict()],
            "lr_schedulers": [],
        },
    )
    assert said.values.items() >= {"optimizer": "adam", "lr": 3e-4, "batch_size": 32, "epochs": 7}.items()
    assert said.source.startswith("hyper_parameters in the checkpoint and the optimiser's state")


def test_what_hugging_faces_trainer_leaves(tmp_path: Path) -> None:
    history = [{"epoch": 1, "learning_rate": 4e-5}, {"epoch": 2, "learning_rate": 1e-5}]
    (tmp_path / "trainer_state.json").write_text(
        json.dumps({"num_train_epochs": 3, "train_batch_size": 16, "log_history": history})
    )
    said = read(tmp_path, {}, "pytorch_model.bin")
    assert said.values.items() >= {"epochs": 3, "batch_size": 16, "lr": 4e-5}.items() and said.start
    arguments = Namespace(
        learning_rate=5e-5, num_train_epochs=3.0, per_device_train_batch_size=8, weight_decay=0.01,
        lr_scheduler_type="linear", warmup_ratio=0.1, optim="adamw_torch_fused", max_grad_norm=1.0,
        label_smoothing_factor=0.0,
    )  # fmt: skip
    torch.save(arguments, tmp_path / "training_args.bin")
    recipe = read(tmp_path, {}, "pytorch_model.bin").recipe()
    assert (recipe.optimizer, recipe.lr, recipe.schedule, recipe.clip) == ("adamw", 5e-5, "linear", 1.0)
    assert recipe.warm_up == pytest.approx(0.3) and recipe.batch_size == 8


def test_what_cannot_be_is_left_aside_and_said(tmp_path: Path) -> None:
    said = read(tmp_path, {"args": Namespace(lr=-0.1, epochs=20, batch_size=10**9)})
    assert "lr" not in said.values and said.values["epochs"] == 20
    text = said.beyond_text()
    assert "learning rate -0.1, which cannot be" in text and "batch size 1000000000, which cannot be" in text
    again = SaidRecipe.of_record({"recipe": {**TrainRecipe().full(), "lr": "fast", "of a later version": 1}})
    assert again.impossible == ("learning rate fast",) and "which cannot be" in again.beyond_text()


def test_what_no_recipe_here_can_say_is_said_to_be_not_followed(tmp_path: Path) -> None:
    arguments = {
        "opt": "lamb", "sched": "tanh", "lr": 0.01, "opt_betas": [0.9, 0.95], "reprob": 0.25, "drop_path": 0.1,
        "model_ema": True, "model_ema_decay": 0.9998, "bce_loss": True, "aug_repeats": 3, "grad_accum_steps": 4,
        "layer_decay": 0.75, "aa": "augmix-m3", "color_jitter": 0.0, "drop": 0.0, "amsgrad": False, "sam": None,
    }  # fmt: skip
    found = read(tmp_path, {"args": Namespace(**arguments)}).not_followed
    assert set(found) == {
        "optimiser lamb", "schedule tanh", "Adam's betas 0.9 and 0.95", "random erasing", "stochastic depth",
        "an average of weights (EMA)", "binary cross-entropy", "repeated augmentation",
        "gradients gathered over 4 steps",
        "learning rates by layer (decay 0.75)", "AugMix (augmix-m3)",
    }  # fmt: skip
    body, head = net()
    groups = [{"params": body.parameters(), "lr": 1e-4}, {"params": head.parameters(), "lr": 1e-2}]
    optimizer = torch.optim.AdamW(groups, betas=(0.8, 0.999), amsgrad=True)
    said = read(tmp_path, {"optimizer": optimizer.state_dict(), "state_dict_ema": net().state_dict()})
    assert said.not_followed == (
        "Adam's betas 0.8 and 0.999", "AMSGrad", "learning rates by groups of parameters",
        "an average of weights (EMA)",
    )  # fmt: skip
    usual = torch.optim.AdamW(net().parameters())
    assert read(tmp_path, {"optimizer": usual.state_dict()}).not_followed == ()
    trainer = Namespace(
        adam_beta1=0.9, adam_beta2=0.98, adam_epsilon=1e-6, gradient_accumulation_steps=1, optim="adamw"
    )
    (tmp_path / "beside").mkdir()
    torch.save(trainer, tmp_path / "beside" / "training_args.bin")
    assert read(tmp_path / "beside", {}).not_followed == (
        "epsilon 1e-06 of its optimiser", "Adam's betas 0.9 and 0.98",
    )  # fmt: skip


def test_what_is_wrong_or_says_nothing_is_left_out(tmp_path: Path) -> None:
    assert read(tmp_path, {}) == SaidRecipe()
    said = read(tmp_path, {"args": {"lr": -1, "epochs": "many", "batch_size": 32, "opt": "lamb", "sched": "tanh"}})
    assert dict(said.values) == {"batch_size": 32, "warm_up": 0.0} or dict(said.values) == {"batch_size": 32}
    (tmp_path / "args.yaml").write_text("- [unclosed")
    (tmp_path / "trainer_state.json").write_text("[")
    assert read(tmp_path, {}) == SaidRecipe()
