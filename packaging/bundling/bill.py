"""The bill of materials: what is in the bundle, as CycloneDX, made by its own tool and cut down."""

from __future__ import annotations

import json
import os
import re
import venv
from pathlib import Path
from typing import Any

from bundling.licences import packaged
from bundling.places import CHECKOUT, PACKAGING, Build, Words, project, ran, version


def write(build: Build) -> None:
    """Write ``maga-desk.cdx.json`` into the bundle.

    :raises BuildError: the tool cannot be had, or failed.
    """
    raw = build.work / "environment.cdx.json"
    words: Words = [
        "environment",
        build.python,
        "--pyproject",
        CHECKOUT / "pyproject.toml",
        "--output-format",
        "JSON",
    ]
    ran([tool(), *words, "--output-reproducible", "--output-file", raw], why="writing the bill of materials")
    names = {plain(str(each.metadata["Name"])) for each in packaged(build)}
    bill = limited(json.loads(raw.read_text(encoding="utf-8")), names)
    bill["metadata"]["component"]["version"] = version()
    bill["metadata"]["component"]["name"] = f"maga-desk-{build.flavour}"
    (build.folder / "maga-desk.cdx.json").write_text(json.dumps(bill, indent=1), encoding="utf-8")
    print(f"{len(bill['components'])} of {len(names)} packages in the bundle are on the bill")


def tool() -> Path:
    """``cyclonedx-py`` in an environment of its own, so that it does not end up in the bundle."""
    folder = PACKAGING / "build" / "bill"
    program = folder / ("Scripts/cyclonedx-py.exe" if os.name == "nt" else "bin/cyclonedx-py")
    if not program.exists():
        venv.create(folder, symlinks=os.name == "posix", with_pip=True)
        extras = project()["optional-dependencies"]
        assert isinstance(extras, dict)
        python = program.with_name("python.exe" if os.name == "nt" else "python")
        pip: Words = [python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--quiet"]
        ran([*pip, *extras["bill"]], why="installing cyclonedx-bom")
    return program


def limited(bill: dict[str, Any], names: set[str]) -> dict[str, Any]:
    """The bill with the components of these names only, and with what depends on what among them."""
    kept = [each for each in bill.get("components", []) if plain(each["name"]) in names]
    known = {each["bom-ref"] for each in kept} | {bill["metadata"].get("component", {}).get("bom-ref")}
    edges = [
        {**each, "dependsOn": [ref for ref in each.get("dependsOn", []) if ref in known]}
        for each in bill.get("dependencies", [])
        if each["ref"] in known
    ]
    return {**bill, "components": kept, "dependencies": edges}


def plain(name: str) -> str:
    """A package's name in the one form that counts."""
    return re.sub(r"[-_.]+", "-", name).lower()
