"""All export formats by name."""

from __future__ import annotations

from pathlib import Path

from maga_desk.domain.errors import OutputError
from maga_desk.domain.registry import Registry
from maga_desk.models.formats import onnx, own, patch, safetensors, state_dict, torch_export
from maga_desk.models.formats.format import Format

FORMATS = Registry(
    "format",
    "maga_desk.formats",
    (safetensors.FORMAT, state_dict.FORMAT, onnx.FORMAT, torch_export.FORMAT, patch.FORMAT, own.FORMAT),
    kind=Format,
    where="--format",
    error=OutputError,
)
"""In the order in which they are offered; the first is the usual one."""


def format_for(path: Path, name: str | None = None) -> Format:
    """The format of this name, or, without a name, the first that the file's ending fits.

    :raises OutputError: there is none, or the file ends otherwise than the format's files.
    """
    if name is None:
        fitting = [form for form in FORMATS.values() if form.info.suffix and path.suffix == form.info.suffix]
        if not fitting:
            endings = ", ".join(form.info.suffix for form in FORMATS.values() if form.info.suffix)
            raise OutputError("cannot tell the format by the ending", where=str(path), todo=f"known: {endings}")
        return fitting[0]
    form = FORMATS.find(name)
    if form.info.suffix and path.suffix != form.info.suffix:
        raise OutputError(f"a {name} file ends in {form.info.suffix}", where=str(path))
    return form
