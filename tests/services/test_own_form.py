"""Nets go back in the form that they came in, and their own libraries open them with equal answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import timm
import torch
import torchvision
from torch import nn

from maga_desk.domain.checkpoints import CheckpointInfo
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import OutputError
from maga_desk.domain.events import Ended, Message
from maga_desk.domain.specs.run import ModelSpec
from maga_desk.models.checkpoint import write_checkpoint
from maga_desk.models.reading.contents import read_contents
from maga_desk.services import fitting_notes as notes
from maga_desk.services.exporting import export
from maga_desk.services.fitting import candidate

SIDE = 32
PICTURES = torch.randn(3, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(0))


def unlearned(source: Path, folder: Path, **said: Any) -> tuple[Path, nn.Module, CheckpointInfo]:
    """What a run leaves of a stranger's net: another one, with the record of the form that it came in."""
    found = candidate(ModelSpec(), read_contents(source))
    model = found.build(next(iter(found.forms))).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(1.01)
    said = {"arch": next(iter(found.forms)), "size": SIDE, "mean": (0.4,) * 3, "std": (0.3,) * 3, **said}
    info = CheckpointInfo(**{"classes": found.info.classes, "came": found.info.came, **said})
    return write_checkpoint(folder / "unlearned.safetensors", model, info), model, info


def sent_back(checkpoint: Path, target: Path, **options: Any) -> list[str]:
    """What is said while a net goes back in its own form."""
    *events, ended = export(checkpoint, "own", target, RunControl(), **options)
    assert isinstance(ended, Ended) and ended.summary is not None and ended.summary["bytes"] > 0
    assert ended.summary["largest_difference"] < 1e-4
    return [event.text for event in events if isinstance(event, Message)]


def answers(net: nn.Module) -> torch.Tensor:
    with torch.no_grad():
        logits: torch.Tensor = net.eval()(PICTURES)
    return logits


HUGGING_FACE: dict[str, dict[str, Any]] = {
    "vit": {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32,
            "image_size": SIDE, "patch_size": 8},
    "swin": {"embed_dim": 12, "depths": [1, 1], "num_heads": [1, 2], "window_size": 4, "image_size": SIDE,
             "patch_size": 4},
    "convnext": {"hidden_sizes": [8, 16], "depths": [1, 1], "num_stages": 2},
    "resnet": {"embedding_size": 8, "hidden_sizes": [8, 16], "depths": [1, 1], "layer_type": "basic"},
}  # fmt: skip


@pytest.mark.parametrize("kind", HUGGING_FACE)
def test_a_folder_of_hugging_face(kind: str, tmp_path: Path) -> None:
    from transformers import AutoConfig, AutoModelForImageClassification

    labels = {0: "cat", 1: "dog", 2: "fox"}
    config = AutoConfig.for_model(kind, **HUGGING_FACE[kind], id2label=labels)
    AutoModelForImageClassification.from_config(config).save_pretrained(tmp_path / "theirs")
    wanted = {"image_mean": [0.5] * 3, "image_std": [0.25] * 3, "size": {"height": SIDE, "width": SIDE}}
    (tmp_path / "theirs" / "preprocessor_config.json").write_text(json.dumps(wanted))
    checkpoint, net, info = unlearned(tmp_path / "theirs", tmp_path)
    target = tmp_path / "back"
    assert any("a folder of transformers" in line for line in sent_back(checkpoint, target))
    theirs, said = AutoModelForImageClassification.from_pretrained(target, output_loading_info=True)
    assert not any(said.values())
    torch.testing.assert_close(theirs.eval()(pixel_values=PICTURES).logits, answers(net), atol=1e-5, rtol=0)
    assert theirs.config.id2label == labels and theirs.config.architectures == [type(theirs).__name__]
    assert json.loads((target / "preprocessor_config.json").read_text()) == wanted
    names = read_contents(tmp_path / "theirs").nets[0].state.keys()
    again = read_contents(target)
    assert again.nets[0].state.keys() == names
    assert again.ours and again.info == info, "it can be opened here for the next request"
    with pytest.raises(OutputError, match="there already"):
        sent_back(checkpoint, target)
    (tmp_path / "forgotten.txt").write_text("train/cat/1.png\n")
    sent_back(checkpoint, target, force=True)
    assert (target / "forgotten.txt").read_text() == "train/cat/1.png\n"
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").write_text("mine")
    with pytest.raises(OutputError, match="other things in it"):
        sent_back(checkpoint, tmp_path / "other", force=True)


def test_a_folder_of_timm(tmp_path: Path) -> None:
    net = timm.create_model("lcnet_035", num_classes=3)
    timm.models.save_for_hf(net, str(tmp_path / "theirs"), safe_serialization=True)
    checkpoint, ours, _ = unlearned(tmp_path / "theirs", tmp_path)
    sent_back(checkpoint, tmp_path / "back")
    theirs = timm.create_model(f"local-dir:{tmp_path / 'back'}", pretrained=True)
    assert torch.equal(answers(theirs), answers(ours))
    before, after = ((tmp_path / name / "config.json").read_text() for name in ("theirs", "back"))
    assert json.loads(before) == json.loads(after)


class Cifar(nn.Module):
    """A net of nobody's library, with names of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 8, 3, 1, 1, bias=False), nn.BatchNorm2d(8)
        self.layer1, self.layer2 = Block(8, 8, 1), Block(8, 16, 2)
        self.linear = nn.Linear(16, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.relu(self.bn1(self.conv1(x)))
        return self.linear(self.layer2(self.layer1(x)).mean(dim=(2, 3)))  # type: ignore[no-any-return]


class Block(nn.Sequential):
    def __init__(self, before: int, width: int, stride: int) -> None:
        super().__init__()
        block = nn.Module()
        block.conv1, block.bn1 = nn.Conv2d(before, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width)
        block.conv2, block.bn2 = nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width)
        block.shortcut = nn.Sequential()
        if stride > 1:
            block.shortcut = nn.Sequential(nn.Conv2d(before, width, 1, stride, bias=False), nn.BatchNorm2d(width))
        self.append(block)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        block: Any = self[0]
        y = block.bn2(block.conv2(torch.relu(block.bn1(block.conv1(x)))))
        return torch.relu(y + block.shortcut(x))


def theirs_in(wrapper: nn.Module, state: Any) -> nn.Module:
    """The owner's own script: strict."""
    wrapper.load_state_dict(state)
    return wrapper


def lightning(net: nn.Module) -> nn.Module:
    whole = nn.Module()
    whole.model = net
    whole.forward = net.forward  # type: ignore[method-assign]
    return whole


FILES: dict[str, tuple[Callable[[], nn.Module], str, Callable[[dict[str, Any]], Any], Callable[[Any], nn.Module]]] = {
    "torchvision": (
        lambda: torchvision.models.get_model("shufflenet_v2_x0_5", num_classes=3), "net.pth", lambda state: state,
        lambda file: theirs_in(torchvision.models.get_model("shufflenet_v2_x0_5", num_classes=3), file),
    ),
    "timm": (
        lambda: timm.create_model("lcnet_035", num_classes=3), "model_best.pth.tar",
        lambda state: {"epoch": 7, "arch": "lcnet_035", "state_dict": state, "optimizer": {"lr": 0.1}, "version": 2},
        lambda file: theirs_in(timm.create_model(file["arch"], num_classes=3), file["state_dict"]),
    ),
    "kuangliu": (
        Cifar, "ckpt.pth",
        lambda state: {"net": {f"module.{name}": value for name, value in state.items()}, "acc": 93.5, "epoch": 199},
        lambda file: theirs_in(nn.DataParallel(Cifar()), file["net"]),
    ),
    "Lightning": (
        Cifar, "epoch=3.ckpt",
        lambda state: {
            "epoch": 3, "global_step": 40, "pytorch-lightning_version": "2.6.6", "hyper_parameters": {"lr": 0.1},
            "state_dict": {f"model.{name}": value for name, value in state.items()}, "optimizer_states": [{}],
        },
        lambda file: theirs_in(lightning(Cifar()), file["state_dict"]),
    ),
    "an average": (
        Cifar, "swa.pt",
        lambda state: {
            "n_averaged": torch.tensor(5), **{f"module.{name}": value for name, value in state.items()}
        },
        lambda file: theirs_in(torch.optim.swa_utils.AveragedModel(Cifar()), file),
    ),
    "a list": (Cifar, "a.pt", lambda state: [state, {"epoch": 3}], lambda file: theirs_in(Cifar(), file[0])),
}  # fmt: skip


@pytest.mark.parametrize("kind", FILES)
def test_a_file_under_its_own_names_and_keys(kind: str, tmp_path: Path) -> None:
    make, name, wrap, load = FILES[kind]
    torch.manual_seed(0)
    torch.save(wrap(make().state_dict()), tmp_path / name)
    checkpoint, ours, _ = unlearned(tmp_path / name, tmp_path)
    said = sent_back(checkpoint, tmp_path / f"back-{name}")
    file = torch.load(tmp_path / f"back-{name}", weights_only=True)
    assert torch.equal(answers(load(file)), answers(ours))
    if kind == "kuangliu":
        assert (file["acc"], file["epoch"]) == (93.5, 199)
        assert any("not measured anew: acc, epoch" in line for line in said)
    assert "optimizer" not in file and "optimizer_states" not in file, "they have learned what was forgotten"


def test_what_a_bare_file_forgot_is_known_by_the_list_of_its_name(
    tmp_path: Path, tiny_spec: Any, tiny_model: Path, opened: Callable[[Any], Any]
) -> None:
    """Such a file cannot say that it was unlearned."""
    torch.save(dict(read_contents(tiny_model).nets[0].state), tmp_path / "net.pth")
    first = tiny_spec.with_changes("model", checkpoint=str(tmp_path / "net.pth"))
    names = opened(first).images.train.names
    (tmp_path / "net.forgotten.txt").write_text(f"{names[0]}\n{names[5]}\n")
    (tmp_path / "again.pth").write_bytes((tmp_path / "net.pth").read_bytes())
    (tmp_path / "again.forgotten.txt").write_text(f"{names[0]}\n{names[5]}\n")
    assert list(opened(tiny_spec.with_changes("model", checkpoint=str(tmp_path / "again.pth"))).earlier) == [0, 5]


@pytest.mark.parametrize("numbers", ["own", "float32"])
def test_half_precision_goes_back_as_such_if_asked(numbers: str, tmp_path: Path) -> None:
    net = Cifar().bfloat16()
    torch.save({"net": net.state_dict()}, tmp_path / "half.pth")
    checkpoint, _, _ = unlearned(tmp_path / "half.pth", tmp_path)
    sent_back(checkpoint, tmp_path / "back.pth", numbers=numbers)
    dtype = torch.load(tmp_path / "back.pth", weights_only=True)["net"]["conv1.weight"].dtype
    assert dtype == (torch.bfloat16 if numbers == "own" else torch.float32)


def test_further_classifiers_stay_out_since_they_know_what_was_forgotten(tmp_path: Path) -> None:
    """Only a net's own training uses them: no method reaches them."""
    net = torchvision.models.get_model("googlenet", num_classes=3, init_weights=False)
    torch.save(net.state_dict(), tmp_path / "net.pth")
    found = candidate(ModelSpec(), read_contents(tmp_path / "net.pth"))
    assert found.info.came is not None and found.info.came.spare == ("aux1", "aux2")
    assert any("Unlearning would not reach them" in line for line in notes.said(found))
    checkpoint, ours, _ = unlearned(tmp_path / "net.pth", tmp_path)
    said = sent_back(checkpoint, tmp_path / "back.pth")
    assert any("would still know what was forgotten" in line and "aux_logits=False" in line for line in said)
    theirs = torchvision.models.get_model("googlenet", num_classes=3, init_weights=False, aux_logits=False)
    theirs.load_state_dict(torch.load(tmp_path / "back.pth", weights_only=True))
    assert torch.equal(answers(theirs), answers(ours))


@pytest.mark.parametrize(
    "forgotten",
    [
        "train/cat/1.png\n",
        "# Forgotten pictures: name, tab, hash of the picture at 32 x 32 pixels\ntrain/cat/1.png\tab12\n",
    ],
)
def test_whatever_else_is_in_the_file_stays_out_and_is_named(forgotten: str, tmp_path: Path) -> None:
    """An average, a teacher, an optimiser, features by picture, names of pictures: they know what was forgotten."""
    net = Cifar().state_dict()
    file = {
        "model": net, "model_ema": {"module": net}, "teacher": dict(net),
        "optimizer": {"state": {0: net["conv1.weight"]}},
        "extra": {"prototypes": torch.ones(3, 16), "means": [[0.5] * 16] * 20, "note": "mine"}, "epoch": 7,
        "hard": ["train/cat/1.png", "/data/train/dog/2.png"], "train_losses": [0.25] * 300,
    }  # fmt: skip
    torch.save(file, tmp_path / "net.pth")
    checkpoint, _, _ = unlearned(tmp_path / "net.pth", tmp_path)
    (tmp_path / "forgotten.txt").write_text(forgotten)
    said = "\n".join(sent_back(checkpoint, tmp_path / "back.pth"))
    back = torch.load(tmp_path / "back.pth", weights_only=True)
    assert set(back) == {"model", "extra", "epoch", "hard", "maga_desk"}
    assert back["extra"] == {"note": "mine"} and back["hard"] == ["/data/train/dog/2.png"]
    assert "1.png" not in back["maga_desk"]
    for name in ("model_ema", "teacher", "optimizer", "extra.prototypes", "extra.means", "train_losses"):
        assert name in said
    assert "they name forgotten pictures: 1" in said


def test_a_net_that_this_program_made_goes_into_its_own_file(tiny_model: Path, tmp_path: Path) -> None:
    sent_back(tiny_model, tmp_path / "net.safetensors")
    assert read_contents(tmp_path / "net.safetensors").ours
