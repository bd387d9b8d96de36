"""A program of ``torch.export`` (``.pt2``): weights and graph for PyTorch without the net's code, any batch size.

The program takes normalised pictures ``(N, 3, H, W) float32`` and gives logits ``(N, K)``. What is known of the net,
how pictures are shown among it, lies in the archive as the text ``maga_desk.json``:
``torch.export.load(path, extra_files={"maga_desk.json": ""})`` gives it. Only what was just written here is loaded; a
stranger's program is read as weights alone (:mod:`maga_desk.models.reading.exported`).
"""

from __future__ import annotations

import io
import json
import multiprocessing
import warnings
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from maga_desk.domain.checkpoints import CheckpointInfo
from maga_desk.domain.choices import FormatInfo
from maga_desk.domain.errors import CheckpointError
from maga_desk.domain.files import write_whole
from maga_desk.models.formats.format import Format, Predict

BESIDE = "maga_desk.json"
"""The text in the archive: :meth:`CheckpointInfo.to_text`."""


def _write(path: Path, model: nn.Module, info: CheckpointInfo, example: Tensor) -> None:
    """:raises CheckpointError: the net does what ``torch.export`` cannot follow."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            program = torch.export.export(
                model, (example,), dynamic_shapes=({0: torch.export.Dim("pictures", min=1)},), strict=False
            )
        except Exception as error:  # tracing runs the net's own code on stand-ins; whatever that raises means the same
            raise CheckpointError(
                f"this net cannot be exported as a torch.export program: {_first_line(error)}",
                where=str(path),
                todo="choose another format: a state dict keeps any net",
            ) from error
        for node in program.graph.nodes:
            node.meta.pop("stack_trace", None)  # has paths of this machine
        content = io.BytesIO()  # what the library raises where the disk is full says nothing of the disk
        torch.export.save(program, content, extra_files={BESIDE: info.to_text()})
    write_whole(path, lambda temporary: temporary.write_bytes(content.getbuffer()))


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__)[:200].rstrip(".")


def _read(path: Path, info: CheckpointInfo) -> Predict:
    """By a process that has only the file: nothing of the net that is open here can help it."""

    def predict(pictures: Tensor) -> Tensor:
        pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))
        try:
            logits, beside = pool.submit(_predicted, str(path), pictures.numpy()).result()
        except BrokenProcessPool as error:
            raise CheckpointError("the process that loads the file again has ended", where=str(path)) from error
        finally:
            pool.shutdown()
        if json.loads(beside) != json.loads(info.to_text()):
            raise CheckpointError("what is known of the net does not come back from the file", where=str(path))
        return torch.from_numpy(logits)

    return predict


def _predicted(path: str, pictures: NDArray[np.float32]) -> tuple[NDArray[np.float32], str]:
    """In the other process: logits, and the text beside the program."""
    beside = {BESIDE: ""}
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        program = torch.export.load(path, extra_files=beside).module()
        logits = program(torch.from_numpy(pictures))
        one = program(torch.from_numpy(pictures[:1]))  # another batch size
    if not torch.allclose(one, logits[:1], atol=1e-3):
        raise CheckpointError("the program gives another answer for one picture than for many", where=path)
    return logits.numpy(), beside[BESIDE]


FORMAT = Format(
    info=FormatInfo(
        name="torch-export",
        title="torch.export program",
        summary="Weights and graph for PyTorch, with any number of pictures at once. Runs without the net's code.",
        suffix=".pt2",
    ),
    write=_write,
    read=_read,
)
