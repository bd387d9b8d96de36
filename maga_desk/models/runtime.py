"""Where and in which number format a net runs: one rule for the device, a short measurement for the format."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from maga_desk.domain.cost import Machine, host_mark
from maga_desk.domain.errors import SpecError
from maga_desk.domain.files import remember_json
from maga_desk.domain.outside import json_of
from maga_desk.models.families.registry import build, build_like, channels_of, text_of
from maga_desk.models.footprint import at_once
from maga_desk.models.turns import Timed, crowded, timed_in_turns

# On a GPU more: what a batch does not fill waits for launches, in every format alike.
_ON_CPU, _ON_GPU = (64 * 32 * 32, 4), (512 * 32 * 32, 64)  # pixels, and pictures at least
_NAMED = {"float32": (False, False), "bfloat16": (True, True)}  # bfloat16, channels last
_WORTH_IT = 1.1  # a format other than float32 must be faster by this factor to be chosen
_WORTH_CHANGING = 1.5  # another than the one remembered: what was made in that one would not be found again


@dataclass(frozen=True)
class Runtime:
    """A device with a number format.

    :param bf16: run forward passes under bfloat16 autocast; weights stay float32.
    :param channels_last: keep pictures and convolutions in NHWC memory order.
    """

    device: torch.device
    bf16: bool = False
    channels_last: bool = False

    @property
    def memory_format(self) -> torch.memory_format:
        return torch.channels_last if self.channels_last else torch.contiguous_format

    def place(self, model: nn.Module) -> nn.Module:
        """Move a net here; returns the same object."""
        return model.to(self.device, memory_format=self.memory_format)  # type: ignore[call-overload, no-any-return]

    def shape(self, images: Tensor) -> Tensor:
        """Pictures ``(N, 3, H, W)`` in this memory order."""
        return images.contiguous(memory_format=self.memory_format)

    def autocast(self) -> AbstractContextManager[object]:
        return torch.autocast(self.device.type, dtype=torch.bfloat16) if self.bf16 else nullcontext()

    def synchronise(self) -> None:
        """Wait for the device, so that a clock read next is honest."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        elif self.device.type == "mps":
            torch.mps.synchronize()

    @property
    def device_title(self) -> str:
        if self.device.type == "cuda":
            return torch.cuda.get_device_name(self.device)
        if self.device.type != "cpu":
            return "Apple GPU (MPS)"
        count = torch.get_num_threads()
        return f"CPU, {count} thread{'s' if count > 1 else ''}"

    @property
    def machine(self) -> Machine:
        """This machine as it computes now: seconds measured elsewhere are no comparison."""
        return Machine(host_mark(), torch.get_num_threads(), self.device_title, self.precision_title)

    @property
    def precision_title(self) -> str:
        return (
            f"{'bfloat16' if self.bf16 else 'float32'}, {'channels last' if self.channels_last else 'channels first'}"
        )


def choose_device(name: str = "auto") -> torch.device:
    """``auto`` takes CUDA, then MPS, then the CPU; a named device must be there.

    :raises SpecError: the named device is not on this machine.
    """
    cuda, mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    if name == "auto":
        return repeatable(torch.device("cuda" if cuda else "mps" if mps else "cpu"))
    try:
        device = torch.device(name)
    except RuntimeError:  # no name of a device, or a number beyond all
        raise SpecError(f"'{name}' is no device", where="device", todo="use auto, cpu, cuda, cuda:1 or mps") from None
    there = {"cpu": not device.index, "mps": mps, "cuda": cuda and (device.index or 0) < torch.cuda.device_count()}
    if not there.get(device.type, False):
        raise SpecError(f"there is no device '{name}' on this machine", where="device", todo="use auto or cpu")
    return repeatable(device)


def repeatable(device: torch.device) -> torch.device:
    """Ask the device's libraries for the same results every time: a seed must keep its meaning."""
    if device.type == "cuda":
        torch.backends.cudnn.deterministic = True
        torch.backends.cudnn.benchmark = False
    return device


Format = tuple[bool, bool]
"""Of a :class:`Runtime`: ``bf16`` and ``channels_last``."""

Measure = Callable[[torch.device, str | nn.Module, tuple[int, int]], Timed[Format]]


def choose_runtime(
    device: torch.device,
    of: str | nn.Module,
    size: tuple[int, int],
    *,
    precision: str = "auto",
    remembered: Path | None = None,
    begun: tuple[str, str] | None = None,
    measure: Measure | None = None,
    is_crowded: Callable[[], bool] = crowded,
) -> Runtime:
    """The fastest of float32, float32 channels last and bfloat16 channels last for training a net.

    Measured once (in under two seconds for a small net) and remembered, so that a seed keeps its meaning on a machine.
    What was measured while other programs took the cores is remembered as such: it holds until the formats are measured
    again in a calm moment, and stays then, too, unless another format is clearly faster.
    A named precision is taken as it is: nothing is measured, and other machines choose the same.

    :param of: an architecture's text, or a net that was built from one.
    :param size: height and width of the pictures.
    :param precision: ``auto``, ``float32`` (channels first) or ``bfloat16`` (channels last).
    :param remembered: a JSON file of earlier answers; a broken one is measured anew.
    :param begun: titles of the device and the format in which a run began that is to go on: it goes on in these.
    :param measure: times the formats; ``None`` trains a few steps in each.
    :param is_crowded: whether other programs take the cores.
    """
    if precision != "auto":
        return Runtime(device, *_NAMED[precision])
    if device.type == "mps":
        return Runtime(device)
    plain = Runtime(device)
    for choice in _formats(device):
        if begun == (plain.device_title, Runtime(device, *choice).precision_title):
            return Runtime(device, *choice)
    arch = of if isinstance(of, str) else text_of(of)
    key = f"{plain.device_title} | torch {torch.__version__} | {arch} | {size[0]}x{size[1]}"
    answers = _remembered(remembered)
    known = answers.get(key)
    if known is not None and (known.calm or is_crowded()):
        return Runtime(device, *known.choice)
    busy = is_crowded()
    timed = (measure or _measure)(device, of, size)
    now = _Answer(_best(timed.seconds, known.choice if known else None), timed.steady and not busy)
    if known is None or now.calm:
        answers[key] = now
        if remembered is not None:
            remember_json(remembered, {name: answer.as_json() for name, answer in answers.items()})
    return Runtime(device, *answers[key].choice)


@dataclass(frozen=True)
class _Answer:
    """A remembered format.

    :param calm: it was measured while nothing else took the cores.
    """

    choice: Format
    calm: bool = True

    def as_json(self) -> list[bool]:
        return [*self.choice] if self.calm else [*self.choice, False]


def _remembered(path: Path | None) -> dict[str, _Answer]:
    try:
        raw = json_of(path.read_text(encoding="utf-8")) if path else {}
        return {
            str(key): _Answer((bool(bf16), bool(last)), not calm or bool(calm[0]))
            for key, (bf16, last, *calm) in raw.items()
        }
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _best(seconds: Mapping[Format, float], known: Format | None) -> Format:
    """The fastest, but an earlier answer or else plain float32 where that is nearly as fast."""
    stay, worth = ((False, False), _WORTH_IT) if known is None else (known, _WORTH_CHANGING)
    best = min(seconds, key=lambda choice: seconds[choice])
    return best if stay not in seconds or seconds[stay] > worth * seconds[best] else stay


def _formats(device: torch.device) -> list[Format]:
    """Those that are tried on a device."""
    formats = [(False, False), (False, True)]
    if device.type == "cpu" or torch.cuda.is_bf16_supported():
        formats.append((True, True))
    return formats


def _measure(device: torch.device, of: str | nn.Module, size: tuple[int, int]) -> Timed[Format]:
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        model = (build(of, 10) if isinstance(of, str) else build_like(of, 10)).train()
        return timed_in_turns({choice: _step(Runtime(device, *choice), model, size) for choice in _formats(device)})


def _step(runtime: Runtime, model: nn.Module, size: tuple[int, int]) -> Callable[[], None]:
    """A step forward and backward on random pictures, of as many pixels whatever their size."""
    model = runtime.place(copy.deepcopy(model))
    pixels, least = _ON_CPU if runtime.device.type == "cpu" else _ON_GPU
    shape = (channels_of(model), *size)
    batch = at_once(model, shape, runtime.device, max(least, pixels // (size[0] * size[1])), training=True)
    images = runtime.shape(torch.randn(batch, *shape, device=runtime.device))

    def step() -> None:
        with runtime.autocast():
            loss = model(images).float().square().mean()
        loss.backward()
        runtime.synchronise()

    runtime.synchronise()
    return step
