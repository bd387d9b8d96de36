"""A checkpoint's architecture is found by its tensors: nets of other libraries, and what people change in them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import timm
import torch
import torchvision
from torch import nn

from maga_desk.domain import architecture
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import CheckpointError
from maga_desk.domain.specs.run import ModelSpec
from maga_desk.domain.wrapping import Wrapping
from maga_desk.models.checkpoint import fits, restore
from maga_desk.models.families.family import Evidence
from maga_desk.models.families.index import index
from maga_desk.models.families.registry import build, build_like, recognised
from maga_desk.models.formats.registry import FORMATS
from maga_desk.models.heads import count_classes, head_of
from maga_desk.models.outputs import read_like
from maga_desk.models.reading.contents import read_contents
from maga_desk.models.taps import penultimate
from maga_desk.services.exporting import export
from maga_desk.services.fitting import candidate


def small_stem(net: Any) -> nn.Module:
    net.conv1 = nn.Conv2d(3, 64, 3, 1, 1, bias=False)
    net.maxpool = nn.Identity()
    return net  # type: ignore[no-any-return]


def dropout_head(net: Any) -> nn.Module:
    net.classifier[3] = nn.Sequential(nn.Dropout(), nn.Linear(1024, 4))
    return net  # type: ignore[no-any-return]


def deep_head(net: Any) -> nn.Module:
    net.classifier[3] = nn.Sequential(
        nn.Linear(1024, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(), nn.Linear(16, 4)
    )
    return net  # type: ignore[no-any-return]


def tv(name: str, **more: Any) -> nn.Module:
    return torchvision.models.get_model(name, weights=None, num_classes=4, **more)


NETS: dict[str, tuple[Callable[[], nn.Module], str, int]] = {
    "mobilenet": (lambda: tv("mobilenet_v3_small"), "torchvision/mobilenet_v3_small", 32),
    "squeezenet": (lambda: tv("squeezenet1_1"), "torchvision/squeezenet1_1", 64),
    "regnet": (lambda: tv("regnet_y_400mf"), "torchvision/regnet_y_400mf", 32),
    "shufflenet": (lambda: tv("shufflenet_v2_x0_5"), "torchvision/shufflenet_v2_x0_5", 32),
    "resnet18, small stem": (
        lambda: small_stem(tv("resnet18")),
        'torchvision/resnet18 {"pooling": false, "stem": 3}',
        32,
    ),
    "dropout before the head": (
        lambda: dropout_head(tv("mobilenet_v3_small")),
        'torchvision/mobilenet_v3_small {"head": "1"}',
        32,
    ),
    "a head of two layers": (
        lambda: deep_head(tv("mobilenet_v3_small")),
        'torchvision/mobilenet_v3_small {"head": "0=16, 1=norm, 4"}',
        32,
    ),
    "timm": (lambda: timm.create_model("mobilenetv3_small_050", num_classes=4), "timm/mobilenetv3_small_050", 32),
    "timm, grey": (
        lambda: timm.create_model("lcnet_035", num_classes=4, in_chans=1),
        'timm/lcnet_035 {"channels": 1}',
        32,
    ),
    "timm, another size": (
        lambda: timm.create_model("vit_tiny_patch16_224", num_classes=4, img_size=64, depth=12),
        'timm/deit_tiny_patch16_224 {"size": 64}',
        64,
    ),
}


@pytest.mark.parametrize(("make", "arch", "side"), NETS.values(), ids=NETS)
def test_it_is_found_and_computes_the_same(make: Callable[[], nn.Module], arch: str, side: int) -> None:
    theirs = make().eval()
    state = theirs.state_dict()
    ours, found = restore(state, None, where="x")
    assert found == arch
    channels = next(each.shape[1] for each in state.values() if each.ndim == 4)
    channels = 1 if "channels" in arch else 3 if channels < 3 else channels
    images = torch.randn(2, channels, side, side)
    with torch.no_grad():
        assert torch.equal(ours.eval()(images), theirs(images))
        with penultimate(ours) as tap:
            ours(images)
    assert count_classes(ours) == 4
    assert tap.features is not None and tap.features.shape == (2, head_of(ours).weight.shape[1])
    again = build_like(ours, 4)
    assert again.state_dict().keys() == state.keys()


def test_further_classifiers_that_only_training_uses_are_left_out() -> None:
    theirs = tv("googlenet", aux_logits=True, init_weights=False).eval()
    ours, found = restore(theirs.state_dict(), None, where="x")
    assert found == "torchvision/googlenet"
    assert not [name for name in ours.state_dict() if name.startswith("aux")]
    images = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(ours.eval()(images), theirs(images))
    assert ours.train()(images).shape == (2, 4)


def test_where_several_forms_fit_all_are_offered_the_likeliest_first() -> None:
    state = tv("resnet18").state_dict()
    shapes = {name: tuple(tensor.shape) for name, tensor in state.items()}
    texts = [arch for arch, _ in recognised(Evidence(shapes))]
    assert texts[0] == "torchvision/resnet18"
    assert 'torchvision/resnet18 {"pooling": false}' in texts


def test_a_name_in_the_file_is_believed_only_if_it_fits(tmp_path: Path) -> None:
    torch.save({"arch": "resnet18", "state_dict": tv("mobilenet_v3_small").state_dict()}, tmp_path / "a.pt")
    contents = read_contents(tmp_path / "a.pt")
    assert fits(contents, contents.nets[0])[0][0] == "torchvision/mobilenet_v3_small"


@pytest.mark.parametrize(
    ("kind", "config"),
    [
        ("vit", {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32,
                 "image_size": 32, "patch_size": 8}),
        ("swin", {"embed_dim": 12, "depths": [1, 1], "num_heads": [1, 2], "window_size": 4, "image_size": 32,
                  "patch_size": 4}),
        ("convnext", {"hidden_sizes": [8, 16], "depths": [1, 1], "num_stages": 2}),
        ("resnet", {"embedding_size": 8, "hidden_sizes": [8, 16], "depths": [1, 1], "layer_type": "basic"}),
    ],
)  # fmt: skip
def test_a_folder_of_hugging_face_opens_as_its_own_library_opens_it(tmp_path: Path, kind: str, config: Any) -> None:
    from transformers import AutoConfig, AutoImageProcessor, AutoModelForImageClassification  # noqa: F401

    labels = {0: "cat", 1: "dog", 2: "fox"}
    theirs = AutoModelForImageClassification.from_config(AutoConfig.for_model(kind, **config, id2label=labels)).eval()
    theirs.save_pretrained(tmp_path)
    wanted = {"image_mean": [0.5] * 3, "image_std": [0.25] * 3, "size": {"height": 32, "width": 32}, "resample": 3}
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(wanted))
    (tmp_path / "modeling_own.py").write_text("raise SystemExit('this must never run')")
    contents = read_contents(tmp_path)
    assert contents.info.classes == ("cat", "dog", "fox")
    assert contents.beside.code == ("modeling_own.py",)
    shown = contents.beside.preprocessing
    assert (shown.mean, shown.std, shown.size) == ((0.5,) * 3, (0.25,) * 3, (32, 32))
    assert (shown.resize, shown.interpolation) == ("squash", "bicubic")
    arch, fit = fits(contents, contents.nets[0])[0]
    assert arch.startswith(f"transformers/{kind} ") and fit.classes == 3
    ours, _ = restore(contents.nets[0].state, arch, where="x")
    images = torch.randn(2, 3, 32, 32)
    with torch.no_grad():
        assert torch.allclose(ours.eval()(images), theirs(pixel_values=images).logits, atol=1e-6)


def test_a_folder_of_timm_says_its_preprocessing(tmp_path: Path) -> None:
    net = timm.create_model("lcnet_035", num_classes=3)
    torch.save(net.state_dict(), tmp_path / "pytorch_model.bin")
    cfg = {"mean": [0.4] * 3, "std": [0.2] * 3, "input_size": [3, 64, 64], "crop_pct": 0.9, "interpolation": "bicubic"}
    (tmp_path / "config.json").write_text(json.dumps({"architecture": "lcnet_035", "pretrained_cfg": cfg}))
    contents = read_contents(tmp_path)
    assert fits(contents, contents.nets[0])[0][0] == "timm/lcnet_035"
    assert contents.beside.preprocessing.to_record() == {
        "mean": [0.4] * 3, "std": [0.2] * 3, "size": [64, 64], "resize": "cover", "crop": 0.9,
        "interpolation": "bicubic", "order": "RGB",
    }  # fmt: skip


def test_the_index_knows_the_libraries_nets() -> None:
    for name in ("torchvision/densenet121", "timm/convnext_atto", "timm/resnetv2_50"):
        prefix, _, own = name.partition("/")
        net = build(name, 7)
        shapes = {key: tuple(tensor.shape) for key, tensor in net.state_dict().items()}
        assert name in list(index().find(shapes)), f"{own} of {prefix} is not in the index: write it anew"


def test_a_text_of_an_architecture_comes_back() -> None:
    text = architecture.join("a/b", {"stem": 3, "pooling": False})
    assert architecture.split(text) == ("a/b", {"stem": 3, "pooling": False})
    assert architecture.title(text) == "a/b (without first pooling, 3x3 stem)"
    with pytest.raises(ValueError, match="Expecting"):
        architecture.split("a/b {broken")


def renamed(state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Under names that no library has, in the same order, without counters."""
    kept = [(name, tensor) for name, tensor in state.items() if not name.endswith("num_batches_tracked")]
    return {f"_layer{place}.{name.rpartition('.')[2]}": tensor for place, (name, tensor) in enumerate(kept)}


@pytest.mark.parametrize("name", ["timm/tf_efficientnet_lite0", "torchvision/mobilenet_v3_small", "timm/convnext_atto"])
def test_a_net_under_other_names_is_told_by_the_order_of_its_layers(tmp_path: Path, name: str) -> None:
    net = build(name, 5).eval()
    torch.save({"model": renamed(net.state_dict())}, tmp_path / "net.pt")
    contents = read_contents(tmp_path / "net.pt")
    found = candidate(ModelSpec(checkpoint=str(tmp_path / "net.pt")), contents)
    assert name in found.forms and found.classes == 5
    pictures = torch.rand(2, 3, 64, 64)
    again = found.build(name).eval()
    assert torch.equal(again(pictures), net(pictures))
    FORMATS["own"].write(tmp_path / "back.pt", again, replace(found.info, arch=name, size=64), pictures)
    back = torch.load(tmp_path / "back.pt")["model"]
    assert list(back) == list(renamed(net.state_dict()))
    assert all(torch.equal(value, back[key]) for key, value in renamed(net.state_dict()).items())


@pytest.mark.parametrize("head", ["head", "classifier", "head.1"])
def test_an_encoder_of_timm_with_a_head_of_ones_own_opens(tmp_path: Path, head: str) -> None:
    encoder = timm.create_model("vit_tiny_patch16_224", num_classes=0)
    last = nn.Linear(192, 5)
    state = {f"encoder.{key}": value for key, value in encoder.state_dict().items()}
    torch.save({"state_dict": {**state, f"{head}.weight": last.weight, f"{head}.bias": last.bias}}, tmp_path / "net.pt")
    contents = read_contents(tmp_path / "net.pt")
    found = candidate(ModelSpec(checkpoint=str(tmp_path / "net.pt")), contents)
    name = "timm/vit_tiny_patch16_224"
    assert name in found.forms and found.classes == 5
    pictures = torch.rand(1, 3, 224, 224)
    net, features = found.build(name).eval(), encoder.eval()(pictures)
    assert torch.allclose(net(pictures), last(features), atol=1e-5)


def test_an_encoder_whose_head_reads_something_else_is_refused_by_that(tmp_path: Path) -> None:
    encoder = timm.create_model("mobilenetv3_small_050", num_classes=0)
    state = {f"encoder.{key}": value for key, value in encoder.state_dict().items()}
    state |= {"head.weight": torch.randn(5, 288), "head.bias": torch.zeros(5)}
    torch.save(state, tmp_path / "net.pt")
    contents = read_contents(tmp_path / "net.pt")
    with pytest.raises(CheckpointError, match=r"head\.weight is \(5, 288\), expected \(5, 1024\)"):
        candidate(ModelSpec(checkpoint=str(tmp_path / "net.pt")), contents).build("timm/mobilenetv3_small_050")


def test_other_shapes_are_another_net() -> None:
    state = renamed(build("torchvision/mobilenet_v3_small", 5).state_dict())
    name = list(state)[9]
    state[name] = torch.zeros(*state[name].shape, 2)
    assert not recognised(Evidence({key: tuple(value.shape) for key, value in state.items()}))


def test_a_net_under_other_names_is_exported_and_compared_with_as_it_came(tmp_path: Path) -> None:
    net = build("torchvision/mobilenet_v3_small", 5).eval()
    file, state = tmp_path / "net.pt", renamed(net.state_dict())
    torch.save(state, file)
    list(export(file, "own", tmp_path / "back.pt", RunControl(), size=64))
    assert list(torch.load(tmp_path / "back.pt")) == list(state)
    came = Wrapping(kind="PyTorch", file="net.pt", outputs=5, kept=(3, 1))
    pictures = torch.rand(2, 3, 64, 64)
    like = read_like(file, "torchvision/mobilenet_v3_small", came)[0].eval()
    assert torch.allclose(like(pictures), net(pictures)[:, [3, 1]])


def test_a_folder_whose_config_leaves_its_two_usual_labels_out(tmp_path: Path) -> None:
    """transformers writes no labels where they are its own: two classes without names."""
    from transformers import AutoConfig, AutoModelForImageClassification

    form = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    config = AutoConfig.for_model("vit", num_labels=2, image_size=32, patch_size=8, **form)
    AutoModelForImageClassification.from_config(config).save_pretrained(tmp_path)
    assert "id2label" not in (tmp_path / "config.json").read_text()
    (arch, fit), *_ = fits(contents := read_contents(tmp_path), contents.nets[0])
    assert arch.startswith("transformers/vit") and fit.classes == 2
