"""All export formats by name."""

from __future__ import annotations

from pathlib import Path

from maga_desk.domain.errors import OutputError
from maga_desk.domain.registry import Registry
from maga_desk.models.formats import int8, onnx, own, patch, safetensors, state_dict, torch_export
from maga_desk.models.formats.format import Format

FORMATS = Registry(
    "format",
    "maga_desk.formats",
    (safetensors.FORMAT, state_dict.FORMAT, onnx.FORMAT, torch_export.FORMAT, int8.FORMAT, patch.FORMAT, own.FORMAT),
    kind=Format,
    where="--format",
    error=OutputError,
)
"""In the order in which they are offered; the first is the usual one."""


def format_for(path: Path, name: str | None = None) -> Format:
    """The format of this name, or, without a name, that whose ending fits the file's best.

    :raises OutputError: there is none, or the file ends otherwise than the format's files.
    """
    if name is None:
        fitting = [form for form in FORMATS.values() if form.info.suffix and path.name.endswith(form.info.suffix)]
        if not fitting:
            endings = ", ".join(form.info.suffix for form in FORMATS.values() if form.info.suffix)
            raise OutputError("cannot tell the format by the ending", where=str(path), todo=f"known: {endings}")
        return max(fitting, key=lambda form: len(form.info.suffix))
    form = FORMATS.find(name)
    for other in FORMATS.values():
        # what lies beside such a file (an audit) is of that format alone
        taken = other.info.suffix.count(".") > 1 and path.name.casefold().endswith(other.info.suffix)
        if taken and other.info.name != form.info.name:
            what = f"a file that ends in {other.info.suffix} is an {other.info.name} file, not {form.info.name}"
            raise OutputError(what, where=str(path), todo="choose another ending")
    if form.info.suffix and not path.name.endswith(form.info.suffix):
        raise OutputError(f"a {name} file ends in {form.info.suffix}", where=str(path))
    return form
