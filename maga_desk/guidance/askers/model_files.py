"""Finding a transformers model on this machine, and seeing before loading what it is and whether it fits.

Nothing is downloaded, and no code that comes with a model is run: only safetensors weights of architectures that
transformers itself knows.
"""

from __future__ import annotations

import hashlib
import importlib.util
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from maga_desk.domain import paths
from maga_desk.domain.bundle import how_to_get
from maga_desk.domain.errors import GuidanceError
from maga_desk.domain.outside import json_of
from maga_desk.domain.specs.guidance import DEMO_MODEL, NumberFormat
from maga_desk.models.footprint import free_memory

_WHOLE = 64 * 2**20  # files up to this size are digested whole, larger ones by their size and both ends
_END = 2**20
_BYTES: Mapping[str, float] = {"float32": 4, "bfloat16": 2, "float16": 2, "8bit": 1.1, "4bit": 0.6}
_SPARE = 1.15  # activations and caches, on top of the weights
_SMALL = 64 * 2**20  # weights below this are not worth a look at the memory


@dataclass(frozen=True)
class ModelFiles:
    """A model's folder.

    :param name: as the user gave it.
    :param revision: the commit of a hub model, else a digest of the files.
    """

    name: str
    folder: Path
    revision: str

    def config(self) -> Any:
        """transformers' configuration object.

        :raises GuidanceError: the configuration is none, or needs code of its own.
        """
        from transformers import AutoConfig

        raw = self._raw_config()
        try:
            return AutoConfig.from_pretrained(self.folder, trust_remote_code=False, local_files_only=True)
        except Exception as error:
            if "auto_map" in raw:
                raise GuidanceError("the model needs code of its own, which is never run", where=self.name) from error
            kind = raw.get("model_type", "without a model_type")
            raise GuidanceError(f"transformers does not know this model ({kind})", where=self.name) from error

    def _raw_config(self) -> dict[str, Any]:
        try:
            raw = json_of((self.folder / "config.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise GuidanceError("config.json cannot be read", where=self.name) from error
        if not isinstance(raw, dict):
            raise GuidanceError("config.json is no model configuration", where=self.name)
        return raw

    def parameters(self) -> int:
        """How many numbers the weights hold, read off the files' headers.

        :raises GuidanceError: there are no safetensors weights.
        """
        files = sorted(self.folder.glob("*.safetensors"))
        if not files:
            raise GuidanceError(
                "there are no safetensors weights", where=self.name, todo="other formats can run code and are not read"
            )
        return sum(_numbers(path, self.name) for path in files)


def find_model(name: str | None, revision: str | None) -> ModelFiles:
    """The folder of a model: ``demo``, a folder, or a hub name whose files are in the hub's cache.

    :raises GuidanceError: it is not there.
    """
    if not name:
        raise GuidanceError("no model is given", where="[guidance] model", todo="'demo', a folder or a hub name")
    folder = paths.demo_dir() / "mllm" if name == DEMO_MODEL else Path(name).expanduser()
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            raise GuidanceError("no model: there is no config.json", where=str(folder))
        return ModelFiles(name, folder, _digest(folder))
    if name == DEMO_MODEL or folder.is_absolute() or name.startswith((".", "~")) or "\\" in name or name.count("/") > 1:
        raise GuidanceError("there is no such folder", where=str(folder))
    return _from_cache(name, revision)


def choose_precision(wanted: NumberFormat, files: ModelFiles, device: torch.device) -> NumberFormat:
    """The number format that fits; ``auto`` is bfloat16 on an accelerator, float32 on the CPU while that fits.

    :raises GuidanceError: not enough memory, or a format that this machine cannot load.
    """
    if wanted in ("8bit", "4bit"):
        missing = [name for name in ("bitsandbytes", "accelerate") if importlib.util.find_spec(name) is None]
        if missing:
            raise GuidanceError(
                f"{wanted} loading needs {' and '.join(missing)}",
                where="[guidance] precision",
                todo=how_to_get(*missing),
            )
    count, free = files.parameters(), free_memory(device)
    order: tuple[NumberFormat, ...] = (wanted,)
    if wanted == "auto":
        order = ("float32", "bfloat16") if device.type == "cpu" else ("bfloat16",)
    for precision in order:
        if count * _BYTES[precision] < _SMALL or count * _BYTES[precision] * _SPARE <= free:
            return precision
    need = count * _BYTES[order[-1]] * _SPARE
    raise GuidanceError(
        f"not enough memory: in {order[-1]} the model needs about {need / 1e9:.1f} GB, {free / 1e9:.1f} GB are free",
        where=files.name,
        todo="close other programs, take a smaller model, or another precision (8bit, 4bit)",
    )


def load(auto: Any, files: ModelFiles, device: torch.device, precision: NumberFormat) -> Any:
    """A model in evaluation mode on a device, through one of transformers' Auto classes.

    :raises GuidanceError: the files do not make a whole model.
    """
    from transformers.utils import logging

    # what is not quantised stays in 16 bits; 8-bit products are reckoned in float16 whatever they are given
    rest = {"8bit": torch.float16, "4bit": torch.bfloat16}
    options: dict[str, Any] = {"dtype": rest.get(precision) or getattr(torch, precision)}
    if precision in ("8bit", "4bit"):
        from transformers import BitsAndBytesConfig

        options["quantization_config"] = BitsAndBytesConfig(
            load_in_8bit=precision == "8bit", load_in_4bit=precision == "4bit", bnb_4bit_compute_dtype=torch.bfloat16
        )
        options["device_map"] = {"": device}
    shown, verbosity = logging.is_progress_bar_enabled(), logging.get_verbosity()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    try:
        model, told = auto.from_pretrained(
            files.folder,
            trust_remote_code=False,
            use_safetensors=True,
            local_files_only=True,
            output_loading_info=True,
            **options,
        )
        if "device_map" not in options:
            model = model.to(device)
    except (torch.OutOfMemoryError, MemoryError) as error:
        raise GuidanceError("the model does not fit into the memory", where=files.name) from error
    except Exception as error:  # transformers raises whatever its files make it stumble over
        raise GuidanceError(f"the model cannot be loaded ({_short(error)})", where=files.name) from error
    finally:
        logging.set_verbosity(verbosity)
        if shown:
            logging.enable_progress_bar()
    if told["missing_keys"]:
        raise GuidanceError(f"weights are missing, {sorted(told['missing_keys'])[0]} for one", where=files.name)
    return model.eval()


def load_processor(files: ModelFiles) -> Any:
    """What turns pictures and text into a model's input.

    :raises GuidanceError: its files are missing or wrong.
    """
    from transformers import AutoProcessor

    try:
        return AutoProcessor.from_pretrained(files.folder, trust_remote_code=False, local_files_only=True)
    except Exception as error:
        raise GuidanceError(f"the model's processor cannot be loaded ({_short(error)})", where=files.name) from error


def _from_cache(name: str, revision: str | None) -> ModelFiles:
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        path = try_to_load_from_cache(name, "config.json", revision=revision)
    except HFValidationError as error:
        raise GuidanceError("neither a folder nor a hub name", where=f"[guidance] model '{name}'") from error
    if not isinstance(path, str):
        at = f" --revision {revision}" if revision else ""
        raise GuidanceError(
            "neither a folder nor in the hub's cache", where=f"model '{name}'", todo=f"fetch it: hf download {name}{at}"
        )
    folder = Path(path).parent
    return ModelFiles(name, folder, folder.name[:12])


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        if path.suffix not in (".json", ".safetensors", ".jinja", ".model", ".txt") or not path.is_file():
            continue
        size = path.stat().st_size
        digest.update(f"{path.name}:{size}".encode())
        with path.open("rb") as stream:
            if size <= _WHOLE:
                digest.update(stream.read())
            else:
                digest.update(stream.read(_END))
                stream.seek(-_END, 2)
                digest.update(stream.read())
    return digest.hexdigest()[:12]


def _numbers(path: Path, where: str) -> int:
    try:
        with path.open("rb") as stream:
            (length,) = struct.unpack("<Q", stream.read(8))
            if length > 100 * 2**20:
                raise ValueError("header too long")
            header = json_of(stream.read(length))
        shapes = [entry["shape"] for name, entry in header.items() if name != "__metadata__"]
        return sum(int(torch.Size(shape).numel()) for shape in shapes)
    except (OSError, ValueError, KeyError, TypeError, struct.error) as error:
        raise GuidanceError("the weights are no safetensors file", where=f"{where}: {path.name}") from error


def _short(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    text = lines[0] if lines else type(error).__name__
    return text if len(text) <= 160 else text[:157] + "..."
