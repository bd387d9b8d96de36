"""Where and in which number format a net runs: one rule for the device, a short measurement for the format."""

from __future__ import annotations

import json
import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from maga_desk.domain.cost import Machine, host_mark
from maga_desk.domain.errors import SpecError
from maga_desk.domain.files import write_json
from maga_desk.models.families.registry import build

_TRIAL_BATCH, _TRIAL_STEPS = 64, 3
_TRIAL_PIXELS = 512 * 32 * 32  # on a GPU: what a batch does not fill waits for launches, in every format alike
_NAMED = {"float32": (False, False), "bfloat16": (True, True)}  # bfloat16, channels last
_WORTH_IT = 1.1  # a format other than float32 must be faster by this factor to be chosen


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
    device = torch.device(name)
    there = {"cpu": True, "mps": mps, "cuda": cuda and (device.index or 0) < torch.cuda.device_count()}
    if not there[device.type]:
        raise SpecError(f"there is no device '{name}' on this machine", where="device", todo="use auto or cpu")
    return repeatable(device)


def repeatable(device: torch.device) -> torch.device:
    """Ask the device's libraries for the same results every time: a seed must keep its meaning."""
    if device.type == "cuda":
        torch.backends.cudnn.deterministic = True
        torch.backends.cudnn.benchmark = False
    return device


def choose_runtime(
    device: torch.device,
    arch: str,
    size: tuple[int, int],
    *,
    precision: str = "auto",
    remembered: Path | None = None,
) -> Runtime:
    """The fastest of float32, float32 channels last and bfloat16 channels last for training ``arch``.

    Measured once (under a second for a small net) and remembered, so that a seed keeps its meaning on a machine.
    A named precision is taken as it is: nothing is measured, and other machines choose the same.

    :param size: height and width of the pictures.
    :param precision: ``auto``, ``float32`` (channels first) or ``bfloat16`` (channels last).
    :param remembered: a JSON file of earlier answers; a broken one is measured anew.
    """
    if precision != "auto":
        return Runtime(device, *_NAMED[precision])
    if device.type == "mps":
        return Runtime(device)
    key = f"{Runtime(device).device_title} | torch {torch.__version__} | {arch} | {size[0]}x{size[1]}"
    answers = _remembered(remembered)
    if key not in answers:
        answers[key] = _measure(device, arch, size)
        if remembered is not None:
            write_json(remembered, answers)
    bf16, channels_last = answers[key]
    return Runtime(device, bf16, channels_last)


def _remembered(path: Path | None) -> dict[str, tuple[bool, bool]]:
    try:
        raw = json.loads(path.read_text(encoding="utf-8")) if path else {}
        return {str(key): (bool(bf16), bool(last)) for key, (bf16, last) in raw.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _measure(device: torch.device, arch: str, size: tuple[int, int]) -> tuple[bool, bool]:
    formats = [(False, False), (False, True)]
    if device.type == "cpu" or torch.cuda.is_bf16_supported():
        formats.append((True, True))
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        seconds = {choice: _seconds(Runtime(device, *choice), arch, size) for choice in formats}
    plain = seconds[(False, False)]
    best = min(seconds, key=lambda choice: seconds[choice])
    return best if plain > _WORTH_IT * seconds[best] else (False, False)


def _seconds(runtime: Runtime, arch: str, size: tuple[int, int]) -> float:
    model = runtime.place(build(arch, 10)).train()
    batch = _TRIAL_BATCH if runtime.device.type == "cpu" else max(_TRIAL_BATCH, _TRIAL_PIXELS // (size[0] * size[1]))
    images = runtime.shape(torch.randn(batch, 3, *size, device=runtime.device))
    best = float("inf")
    for _ in range(_TRIAL_STEPS):
        runtime.synchronise()
        start = time.perf_counter()
        with runtime.autocast():
            loss = model(images).float().square().mean()
        loss.backward()
        runtime.synchronise()
        best = min(best, time.perf_counter() - start)
    return best
