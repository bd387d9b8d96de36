"""The model card that goes with an exported net: what it is, what it forgot, what was found; no picture's name.

A README.md as the Hugging Face Hub reads it: metadata in YAML, then Markdown. Nothing looks at the clock, so that the
same run gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from maga_desk.domain import architecture
from maga_desk.domain.errors import UserError
from maga_desk.domain.own_code import own_code
from maga_desk.domain.preprocessing import RESIZE_WORDS
from maga_desk.domain.questions import ANSWER_WORDS, answered
from maga_desk.domain.run_folder import CHECKPOINT
from maga_desk.services.records.claims import claim_text
from maga_desk.services.records.reading import RunMaterial, read_folder
from maga_desk.services.run_folder import RunFolder

if TYPE_CHECKING:
    from maga_desk.domain.checkpoints import CheckpointInfo

CARD = "README.md"
"""Its name in a folder; beside a file it is called ``NAME.README.md``."""

_LIBRARIES = {"transformers": "transformers", "timm": "timm"}


def card_place(target: Path, *, folder: bool) -> Path:
    """Where the card of an export goes."""
    return target / CARD if folder else target.with_name(f"{_stem(target)}.{CARD}")


def _stem(target: Path) -> str:
    """The name that a run's exports have in common: ``net`` of ``net.onnx`` and of ``net.int8.onnx``."""
    return target.stem.removesuffix(".int8")


def card_of(checkpoint: Path, target: Path, *, folder: bool) -> str | None:
    """The card of a run's result; ``None`` where no judged run lies around the checkpoint.

    :param target: where the net is exported to: its name stands in how to load it.
    """
    from maga_desk.models.checkpoint import read_info

    if checkpoint.name != CHECKPOINT or not RunFolder(checkpoint.parent).is_judged:
        return None
    try:
        material, info = read_folder(checkpoint.parent), read_info(checkpoint)
    except UserError:  # a run of a later version, or a damaged one: the export says what is to be said
        return None
    return card_text(material, info, target.name if folder else _stem(target), folder=folder)


def card_text(material: RunMaterial, info: CheckpointInfo, stem: str, *, folder: bool) -> str:
    """The whole card.

    :param stem: the exported files' name without its ending, or the folder's.
    """
    from huggingface_hub import ModelCardData

    library = (info.came.library or "") if info.came is not None and folder else ""
    data = ModelCardData(
        library_name=_LIBRARIES.get(library, "pytorch"),
        pipeline_tag="image-classification",
        tags=["image-classification", "machine-unlearning"],
    )
    lines = [f"---\n{data.to_yaml()}\n---\n"]
    for part in (_what(material, info), _unlearned(material), _found(material), _limits(material)):
        lines += [*part, ""]
    lines += _loading(info, stem, library, folder=folder)
    return "\n".join(lines).rstrip() + "\n"


def _what(material: RunMaterial, info: CheckpointInfo) -> Iterator[str]:
    arch = info.arch or ""
    own = own_code(arch)
    arch = arch if own is None else arch.replace(str(own.file), own.file.name, 1)
    yield f"# {architecture.title(arch)}, after unlearning"
    yield ""
    questions = answered(material.report, material.gone_classes)
    bad = [asked.title for asked in questions if asked.answer == "not as"]
    if material.report.ruined:
        yield "> **What stays was lost as well: this net is not fit for use.**"
    elif bad:
        yield f"> **Not as after retraining:** {' '.join(bad)}"
    elif all(asked.answer in ("unsure", "not run") for asked in questions):
        yield "> **Nothing could be decided:** there was not enough evidence, or it was not looked for."
    else:
        yield "> An image classifier from which training pictures were removed afterwards. What was found is below."
    yield ""
    yield "## What it is"
    yield ""
    parameters = material.opened.get("parameters")
    count = f", {parameters:,} parameters" if isinstance(parameters, int) else ""
    yield f"- Architecture: `{arch}`{count}"
    yield f"- Classes: {len(info.classes or ())}, whose names are in the file"
    yield f"- Original: `{material.made.get('original') or 'not known'}`, SHA-256 `{_sha256_before(material)}`"
    yield f"- This net as it was judged: SHA-256 `{material.checkpoint_sha256 or 'not known'}`"


def _sha256_before(material: RunMaterial) -> str:
    return str(material.opened.get("checkpoint_sha256") or "not known")


def _unlearned(material: RunMaterial) -> Iterator[str]:
    summary, made, spec = material.summary, material.made, material.spec
    forgotten, kept = (int(summary.get(key) or 0) for key in ("forget_pictures", "retain_pictures"))
    classes, kinds = (len(made.get(key) or ()) for key in ("forgotten_classes", "forgotten_kinds"))
    yield "## What was unlearned"
    yield ""
    whole = [f"{classes} whole classes"] * bool(classes > 1) + ["1 whole class"] * (classes == 1)
    whole += [f"{kinds} whole sub-classes"] * bool(kinds > 1) + ["1 whole sub-class"] * (kinds == 1)
    yield f"- Training pictures removed: {forgotten:,}{f' ({chr(44).join(whole)})' if whole else ''}; left: {kept:,}"
    yield f"- Method: `{summary.get('method') or spec.method.name}`, seed {spec.seed}, by MaGA Desk"
    steps = made.get("steps")
    if isinstance(steps, int):
        yield f"- Steps: {steps:,}"
    if material.finished:
        yield f"- Finished: {material.finished[:10]}"


def _found(material: RunMaterial) -> Iterator[str]:
    report = material.report
    questions = answered(report, material.gone_classes)
    yield "## What was found"
    yield ""
    yield "| Question | Answer | Measured |"
    yield "|---|---|---|"
    for asked in questions:
        first = asked.decisive()
        measured = first.text().rpartition(": ")[0] if first is not None else ""
        yield f"| {asked.title} | {ANSWER_WORDS[asked.answer]} | {_cell(measured)} |"
    yield ""
    yardstick = report.yardstick
    yield "Compared with " + (
        f"{yardstick.text()}." if yardstick is not None else "no retrained model: none was given."
    )
    missing = [f"- {asked.title} {', '.join(asked.missing)}" for asked in questions if asked.missing]
    if missing:
        yield ""
        yield "**Not run:**"
        yield ""
        yield from missing


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _limits(material: RunMaterial) -> Iterator[str]:
    from maga_desk.engine.registry import METHODS

    name = str(material.summary.get("method") or material.spec.method.name)
    exact = name in METHODS and METHODS.find(name).info.exact
    yield "## Limits"
    yield ""
    if not exact:
        yield "- The method approximates retraining. The figures say what the attacks that were run could find."
    yield "- Copies elsewhere are not reached: backups, and other models that were trained on the same pictures."
    yield "- Who has the original as well has both nets, which together can tell more of the people who stay than one."
    yield f"- {claim_text(exact, material.made, answered(material.report, material.gone_classes))}"


def _loading(info: CheckpointInfo, stem: str, library: str, *, folder: bool) -> Iterator[str]:
    yield "## How to load it"
    yield ""
    yield from _pictures(info)
    yield ""
    yield "```python"
    if library == "transformers":
        yield "from transformers import AutoModelForImageClassification"
        yield f'model = AutoModelForImageClassification.from_pretrained("{stem}")'
    elif library == "timm":
        yield "import timm"
        yield f'model = timm.create_model("local-dir:{stem}", pretrained=True)'
    else:
        yield from _files(stem)
    yield "```"
    if not folder:
        yield ""
        yield "Of these files, those that were exported are there. A patch is joined with the original by"
        yield f"`maga-desk apply-patch ORIGINAL {stem}.patch --out {stem}.safetensors`."


def _files(stem: str) -> Iterator[str]:
    yield "import onnxruntime, safetensors.torch, torch"
    yield ""
    yield f'weights = safetensors.torch.load_file("{stem}.safetensors")  # by name; the metadata say the architecture'
    yield f'weights = torch.load("{stem}.pt", weights_only=True)["state_dict"]'
    yield f'program = torch.export.load("{stem}.pt2").module()  # logits = program(pictures)'
    yield f'session = onnxruntime.InferenceSession("{stem}.onnx")  # session.run(None, {{"pictures": pictures}})'
    yield f'session = onnxruntime.InferenceSession("{stem}.int8.onnx")  # its own audit: {stem}.int8.audit.json'


def _pictures(info: CheckpointInfo) -> Iterator[str]:
    """How pictures are shown to it."""
    if info.shape is None or info.mean is None or info.std is None:
        yield "How pictures are shown to it is not known."
        return
    height, width = info.shape
    channels = info.order or "RGB"
    framing = f", {RESIZE_WORDS[info.framing.resize]}" if info.framing is not None else ""
    yield (
        f"Pictures are `(N, {len(info.mean)}, {height}, {width})` float32: {channels} pixels in 0..1, minus the mean "
        f"`{list(info.mean)}`, divided by the deviation `{list(info.std)}`{framing}. The answer is logits, "
        "one for each class."
    )
