"""Image classifiers of Hugging Face's transformers, built from their configuration; no code of a hub folder is run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from maga_desk.domain.choices import FamilyInfo
from maga_desk.domain.errors import CheckpointError, name_some
from maga_desk.models.families.family import Evidence, Family, Fit
from maga_desk.models.families.libraries import meta, same

_NOT_THE_NET = (
    "id2label",
    "label2id",
    "num_labels",
    "architectures",
    "auto_map",
    "custom_pipelines",
    "transformers_version",
    "dtype",
    "torch_dtype",
    "_name_or_path",
    "model_type",
    "problem_type",
    "_attn_implementation",
)
"""Keys of a configuration that say nothing of the net's form, or name code."""
_UNSAID = 2  # classes of a configuration without labels: it leaves them out where they are the library's own


def _recognise(evidence: Evidence) -> Iterator[Fit]:
    kind = evidence.config.get("model_type")
    if not isinstance(kind, str):
        return
    options = {key: value for key, value in evidence.config.items() if key not in _NOT_THE_NET}
    named = evidence.config.get("architectures")
    if isinstance(named, list) and named and str(named[0]).endswith("WithTeacher"):
        options["class"] = str(named[0])
    for classes in _possible(evidence):
        try:
            net = meta(lambda classes=classes: _build(kind, classes, **options))  # type: ignore[misc]
            if not same(net, evidence.shapes):
                stand_ins = {name: torch.zeros(()).expand(shape) for name, shape in evidence.shapes.items()}
                if not same(net, {name: tuple(each.shape) for name, each in _translated(net, stand_ins).items()}):
                    continue
        except CheckpointError:
            continue
        yield Fit(kind, options, classes, f"config.json says {kind}, and its tensors fit", 0.0)
        return


def _possible(evidence: Evidence) -> list[int]:
    """How many classes it may have: as the labels of its configuration say, else as its last matrices."""
    labels = evidence.config.get("id2label")
    said = [len(labels)] if isinstance(labels, Mapping) else [_UNSAID]
    rows = [shape[0] for name, shape in evidence.shapes.items() if len(shape) in (2, 4) and name.endswith("weight")]
    return list(dict.fromkeys([*said, *reversed(rows[-4:])]))


def _build(name: str, classes: int, **options: Any) -> nn.Module:
    from transformers import AutoConfig, AutoModelForImageClassification

    named = options.pop("class", None)
    try:
        config = AutoConfig.for_model(name, **{**options, "num_labels": classes})
        kind = _class(name, named) if named else None
        model = kind(config) if kind else AutoModelForImageClassification.from_config(config, trust_remote_code=False)
    except (ValueError, TypeError, KeyError, AttributeError, ImportError, RuntimeError, AssertionError) as error:
        raise CheckpointError(f"transformers has no image classifier '{name}' of this form ({error})") from error
    own = type(model)
    model.__class__ = type(own.__name__, (own,), {"forward": _logits_alone, "_forward_of": own.forward})
    net: nn.Module = model
    return net


def _translated(net: nn.Module, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Tensors under the names of the net: transformers renames, splits and joins what earlier versions of it wrote.

    :raises CheckpointError: they are not this net's.
    """
    from transformers.utils import logging

    logging.disable_progress_bar()
    before = logging.get_verbosity()
    logging.set_verbosity(logging.CRITICAL)  # its warnings are for who trains on
    try:
        whole: Any = type(net).__mro__[1]
        config: Any = net.config
        loaded, said = whole.from_pretrained(None, config=config, state_dict=dict(state), output_loading_info=True)
    except (RuntimeError, ValueError, KeyError, TypeError, AttributeError, NotImplementedError) as error:
        raise CheckpointError(f"its tensors do not fit its configuration ({error})") from error
    finally:
        logging.set_verbosity(before)
    faults = sorted(map(str, [*said["missing_keys"], *said["unexpected_keys"], *said["mismatched_keys"]]))
    if faults:
        raise CheckpointError(f"its tensors do not fit its configuration: {name_some(faults, 3)}")
    return dict(loaded.state_dict())


def _class(name: str, named: str) -> Any:
    """One of the classes that transformers itself lists for this kind."""
    import transformers
    from transformers.models.auto.modeling_auto import MODEL_FOR_IMAGE_CLASSIFICATION_MAPPING_NAMES as LISTED

    listed = LISTED.get(name, ())
    return getattr(transformers, named) if named in ([listed] if isinstance(listed, str) else listed) else None


def _logits_alone(self: Any, x: Tensor) -> Tensor:
    logits: Tensor = self._forward_of(x).logits
    return logits


FAMILY = Family(
    info=FamilyInfo(
        name="transformers",
        title="Hugging Face",
        summary="Image classifiers of the library transformers, from a folder with config.json and weights.",
        prefix="transformers/",
    ),
    architectures=dict,
    build=_build,
    recognise=_recognise,
    translated=_translated,
)
