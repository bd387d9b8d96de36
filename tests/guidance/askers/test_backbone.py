"""Backbones of three libraries, with random weights that the library itself wrote, against its own forward pass."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from maga_desk.domain.errors import GuidanceError
from maga_desk.domain.preprocessing import IMAGENET, Preprocessing
from maga_desk.guidance.askers.backbone import open_backbone
from tests.guidance import tiny_models

CPU = torch.device("cpu")


def pictures(side: int) -> Tensor:
    return torch.rand(2, 3, side, side, generator=torch.Generator().manual_seed(0))


def seeded(build: Any) -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net: nn.Module = build().eval()
    return net


def fault(name: str | None, revision: str | None = None, **more: Any) -> str:
    with pytest.raises(GuidanceError) as caught:
        open_backbone(name, revision, CPU, **more)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_file_of_torchvisions(tmp_path: Path) -> None:
    from torchvision import models

    net = seeded(lambda: models.shufflenet_v2_x0_5(num_classes=5))
    torch.save(net.state_dict(), tmp_path / "net.pth")
    opened = open_backbone(str(tmp_path / "net.pth"), None, CPU)
    assert (opened.form, opened.title) == ("torchvision/shufflenet_v2_x0_5", "net.pth")
    assert (opened.shown.mean, opened.shown.std, opened.shown.size) == (*IMAGENET, (224, 224))
    assert opened.framing.crop == pytest.approx(224 / 256), "as torchvision's own weights are shown pictures"
    net.fc = nn.Identity()
    torch.testing.assert_close(opened.features(pictures(64)), net(pictures(64)).detach())
    assert not any(each.requires_grad for each in opened.net.parameters())


def test_the_file_of_a_name_of_torchvisions_is_looked_up_in_torchs_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from torchvision import models

    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    said = fault("torchvision/shufflenet_v2_x0_5")
    assert "its weights are not here; download https://" in said and str(tmp_path) in said
    assert "no weights of torchvision/shufflenet_v2_x0_5 are called 'V9'; known: IMAGENET1K_V1" in fault(
        "torchvision/shufflenet_v2_x0_5", "V9"
    )
    assert "torchvision has no model 'torchvision/nonesuch'" in fault("torchvision/nonesuch")
    url = models.ShuffleNet_V2_X0_5_Weights.IMAGENET1K_V1.url
    (tmp_path / "checkpoints").mkdir()
    torch.save(seeded(models.shufflenet_v2_x0_5).state_dict(), tmp_path / "checkpoints" / url.rpartition("/")[2])
    opened = open_backbone("torchvision/shufflenet_v2_x0_5", None, CPU)
    assert opened.form == "torchvision/shufflenet_v2_x0_5" and len(opened.revision) == 12


@pytest.mark.parametrize("name", ["test_resnet", "test_vit"])
def test_a_folder_of_timms_without_a_head(name: str, tmp_path: Path) -> None:
    import timm

    net = seeded(lambda: timm.create_model(name, num_classes=0))
    save_file(net.state_dict(), tmp_path / "model.safetensors")
    shown = {"mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25], "input_size": [3, 160, 160], "crop_pct": 0.95}
    (tmp_path / "config.json").write_text(json.dumps({"architecture": name, "num_classes": 0, "pretrained_cfg": shown}))
    opened = open_backbone(str(tmp_path), None, CPU)
    assert opened.form == f"timm/{name}" and opened.said
    assert (opened.shown.mean, opened.shown.std, opened.shown.size) == ((0.5,) * 3, (0.25,) * 3, (160, 160))
    torch.testing.assert_close(opened.features(pictures(160)), net(pictures(160)).detach())


def test_a_headless_file_is_known_by_its_body(tmp_path: Path) -> None:
    from torchvision import models

    net = seeded(models.shufflenet_v2_x0_5)
    net.fc = nn.Identity()
    torch.save({"state_dict": net.state_dict()}, tmp_path / "dino.pth")
    opened = open_backbone(str(tmp_path / "dino.pth"), None, CPU)
    assert opened.form == "torchvision/shufflenet_v2_x0_5"
    torch.testing.assert_close(opened.features(pictures(64)), net(pictures(64)).detach())


SMALL = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "image_size": 32, "patch_size": 8}


def hugging_face(kind: str, folder: Path) -> tuple[nn.Module, Any]:
    """A saved model and what its features are, by transformers alone."""
    from transformers import Dinov2Config, Dinov2Model, ViTConfig, ViTForImageClassification

    if kind == "headless":
        dino = seeded(lambda: Dinov2Model(Dinov2Config(**SMALL)))
        dino.save_pretrained(folder)  # type: ignore[operator]
        return dino, lambda x: dino(x).pooler_output
    vit = seeded(lambda: ViTForImageClassification(ViTConfig(**SMALL, intermediate_size=64, num_labels=5)))
    vit.save_pretrained(folder)  # type: ignore[operator]
    return vit, lambda x: vit.vit(x).last_hidden_state[:, 0]  # type: ignore[operator]


@pytest.mark.parametrize("kind", ["headless", "classifier"])
def test_a_folder_of_hugging_faces(kind: str, tmp_path: Path) -> None:
    _, features = hugging_face(kind, tmp_path)
    (tmp_path / "preprocessor_config.json").write_text(
        json.dumps({"image_mean": [0.5] * 3, "image_std": [0.5] * 3, "size": {"height": 32, "width": 32}})
    )
    opened = open_backbone(str(tmp_path), None, CPU)
    assert opened.form.startswith("transformers/") and opened.shown.size == (32, 32) and opened.shown.std == (0.5,) * 3
    torch.testing.assert_close(opened.features(pictures(32)), features(pictures(32)).detach())


def test_of_an_encoder_of_pictures_and_texts_the_pictures_half(tmp_path: Path) -> None:
    from transformers import AutoModel

    tiny_models.save_clip(tmp_path)
    opened = open_backbone(str(tmp_path), None, CPU)
    said = AutoModel.from_pretrained(tmp_path).eval().get_image_features(pictures(32))
    wanted = said if isinstance(said, Tensor) else said.pooler_output
    torch.testing.assert_close(opened.features(pictures(32)), wanted.detach())


def test_pixels_are_brought_into_the_nets_order_and_units(tmp_path: Path) -> None:
    hugging_face("classifier", tmp_path)
    asked = Preprocessing((0.0, 0.5, 1.0), (1.0, 0.5, 2.0), order="BGR")
    opened = open_backbone(str(tmp_path), None, CPU, asked=asked)
    pixels = torch.tensor([51, 102, 255], dtype=torch.uint8).view(1, 3, 1, 1)
    torch.testing.assert_close(opened.normalised(pixels).flatten(), torch.tensor([1.0, -0.2, -0.4]))


def test_what_is_no_encoder_is_said_in_a_line(tmp_path: Path) -> None:
    assert "no model is given" in fault(None)
    assert "there is no such folder" in fault(str(tmp_path / "nowhere"))
    assert "a folder without weights" in fault(str(tmp_path))
    assert "neither a folder nor in the hub's cache" in fault("some/backbone")
    (tmp_path / "text.pth").write_text("hello")
    assert "not a checkpoint" in fault(str(tmp_path / "text.pth"))
    torch.save({"weight": torch.zeros(3, 3), "bias": torch.zeros(3)}, tmp_path / "odd.pth")
    assert "odd.pth" in fault(str(tmp_path / "odd.pth"))
    tiny_models.save_text_only(tmp_path / "words")
    assert "the model reads no pictures" in fault(str(tmp_path / "words"))


def test_another_size_than_the_net_can_read_is_said(tmp_path: Path) -> None:
    hugging_face("headless", tmp_path)
    opened = open_backbone(str(tmp_path), None, CPU)
    opened.net.forward = lambda _images: torch.zeros(2, 3, 4)  # type: ignore[method-assign]
    with pytest.raises(GuidanceError, match="no finite features"):
        opened.features(pictures(32))

    def refused(_images: Tensor) -> Tensor:
        raise RuntimeError("shapes")

    opened.net.forward = refused  # type: ignore[method-assign]
    with pytest.raises(GuidanceError, match=r"cannot read pictures of 32 x 32 pixels; \[guidance.options\] size"):
        opened.features(pictures(32))


def test_a_file_that_wants_to_run_code_is_not_run(tmp_path: Path) -> None:
    touched = tmp_path / "touched"

    class Evil:
        def __reduce__(self) -> Any:
            return Path.touch, (touched,)

    torch.save({"state_dict": Evil()}, tmp_path / "evil.pth")
    fault(str(tmp_path / "evil.pth"))
    assert not touched.exists()
