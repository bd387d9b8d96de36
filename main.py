"""Start MaGA Desk: make the machine ready if need be, then hand over.

    python main.py                 the window
    python main.py test [ARGS]     the project's checks and tests (ARGS go to pytest, which then runs alone)
    python main.py COMMAND ...     a command; --help lists them

The active Python is used when it already holds what ``pyproject.toml`` asks for. Else an environment is made in
``.venv`` beside this file, which takes a network once. A small file in it says what was installed, so that a
half-made environment is noticed and made again, and an outdated one is updated. Standard library only.
"""

import sys

if sys.version_info < (3, 11):
    sys.exit(f"MaGA Desk needs Python 3.11 or newer; this is Python {sys.version.split()[0]} ({sys.executable}).")

import hashlib
import json
import operator
import os
import re
import shutil
import subprocess
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
BASE = "dependencies"  # the part of pyproject.toml that is always wanted; the others are extras
CHECKS = {  # the import rules are a test, too
    "ruff check": ["-m", "ruff", "check", "."],
    "ruff format": ["-m", "ruff", "format", "--check", "."],
    "mypy": ["-m", "mypy"],
}
# Each worker imports torch: more would cost more than they save. Neighbours share a worker, and so what they both need.
IN_PARALLEL = ["-n", "auto", "--maxprocesses", "4", "--dist", "worksteal"]
_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)((?:[<>=!]=?[0-9][0-9.]*,?)*)")
_BOUND = re.compile(r"(>=|<=|==|!=|>|<)([0-9.]+)")
_COMPARE = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}


def main(argv: list[str]) -> int:
    """Make the environment ready, move into it, and do what ``argv`` asks; the exit status."""
    testing = argv[:1] == ["test"]
    if not getattr(sys, "frozen", False):
        status = enter_environment(ROOT, [BASE, "dev"] if testing else [BASE], argv)
        if status is not None:
            return status
        if testing:
            return run_tests(argv[1:])
    from maga_desk.__main__ import main as hand_over

    return hand_over(argv)


def enter_environment(root: Path, parts: list[str], argv: list[str]) -> int | None:
    """``None`` when this process can go on as it is, else the exit status of what ran (or failed) instead of it."""
    wanted = read_requirements(root, parts)
    inside = Path(sys.prefix).resolve() == (root / ".venv").resolve()
    foreign = not inside or not read_state(root)  # not made by us: good as it is when it holds everything
    if foreign and all(satisfied(line) for lines in wanted.values() for line in lines):
        return None
    if is_ready(root, wanted):
        return None if inside else restart(root, argv)
    try:
        install(root, parts)
    except KeyboardInterrupt:
        return complain("set-up interrupted; the next start makes .venv again", 130)
    except subprocess.CalledProcessError as error:
        return complain(f"set-up failed: {describe(error)}; mend that and start again", 1)
    except OSError as error:
        return complain(f"set-up failed: {error}; is {root / '.venv'} in use, or the disk full or read-only?", 1)
    return restart(root, argv)


def read_requirements(root: Path, parts: list[str]) -> dict[str, list[str]]:
    """The requirement strings of the named parts: ``dependencies`` or an extra; unknown parts are left out."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    tables: dict[str, list[str]] = {BASE: project.get(BASE, []), **project.get("optional-dependencies", {})}
    return {part: tables[part] for part in parts if part in tables}


def satisfied(requirement: str) -> bool:
    """Whether the active Python holds it. What is not plain ``name>=a,<b`` counts as missing, which is safe."""
    match = _REQUIREMENT.fullmatch(requirement.replace(" ", ""))
    if match is None:
        return False
    try:
        have = release(metadata.version(match[1]))
    except metadata.PackageNotFoundError:
        return False
    return all(_COMPARE[sign](have, release(bound)) for sign, bound in _BOUND.findall(match[2]))


def release(version: str) -> tuple[int, ...]:
    """The numbers of a version without trailing zeros: ``2.15.0+cpu`` gives ``(2, 15)``."""
    numbers = re.match(r"[0-9]+(?:\.[0-9]+)*", version)
    return tuple(int(number) for number in re.sub(r"(\.0+)+$", "", numbers[0]).split(".")) if numbers else ()


def venv_python(root: Path) -> Path:
    """Where the environment's interpreter is."""
    return root / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def interpreter(root: Path) -> str:
    """The Python behind the environment; it changes when the system's is replaced, and then nothing in it fits."""
    return os.path.realpath(venv_python(root)) if venv_python(root).exists() else ""


def stamp_of(root: Path, requirements: list[str]) -> str:
    """What one installed part depends on: its requirements, and the place that the project was installed from."""
    return hashlib.sha256(json.dumps([requirements, str(root)]).encode()).hexdigest()


def read_state(root: Path) -> dict[str, Any]:
    """What the last set-up wrote; empty where there was none."""
    try:
        state = json.loads((root / ".venv" / "maga-desk-setup.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}


def write_state(root: Path, *, finished: bool, ours: bool, stamps: dict[str, str]) -> None:
    """Say how far the set-up came, in one replacing step."""
    state = {"finished": finished, "ours": ours, "python": interpreter(root), "stamps": stamps}
    target = root / ".venv" / "maga-desk-setup.json"
    draft = target.with_suffix(".part")
    draft.write_text(json.dumps(state, indent=1), encoding="utf-8")
    draft.replace(target)


def is_whole(root: Path) -> bool:
    """Whether the last set-up came to its end and the environment's interpreter is still the same."""
    state = read_state(root)
    return bool(state.get("finished")) and state.get("python") == interpreter(root) != ""


def is_ready(root: Path, wanted: dict[str, list[str]]) -> bool:
    """Whether the environment is whole and was installed for just these requirements."""
    stamps = read_state(root).get("stamps", {})
    return is_whole(root) and all(stamps.get(part) == stamp_of(root, lines) for part, lines in wanted.items())


def install(root: Path, parts: list[str]) -> None:
    """Make or update ``.venv``; everything it prints goes to stderr. Raises ``CalledProcessError`` or ``OSError``."""
    import venv

    folder, state = root / ".venv", read_state(root)
    ours = bool(state.get("ours", not venv_python(root).exists()))
    known = state.get("stamps", {})
    broken = bool(state) and not is_whole(root)
    if broken and ours:
        print("MaGA Desk: .venv is half-made or lost its Python; making it again", file=sys.stderr)
        shutil.rmtree(folder)
    wanted = read_requirements(root, [*parts, *(part for part in known if part not in parts)])
    size = "" if known else " (the first time: several GB on Linux, some minutes)"
    print(f"MaGA Desk: installing into .venv{size}", file=sys.stderr, flush=True)
    folder.mkdir(exist_ok=True)
    write_state(root, finished=False, ours=ours, stamps=known)
    if not venv_python(root).exists():
        venv.create(folder, symlinks=os.name == "posix", with_pip=True)
    extras = ",".join(part for part in wanted if part != BASE)
    options = ["--force-reinstall"] if broken and not ours else []  # a stranger's environment is mended, not deleted
    pip = [str(venv_python(root)), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", *options]
    try:
        subprocess.run([*pip, "-e", f".[{extras}]" if extras else "."], check=True, cwd=root, stdout=sys.stderr)
    except subprocess.CalledProcessError:  # pip gave up and undid what it began: what was whole is as it was
        write_state(root, finished=bool(state) and not broken, ours=ours, stamps=known)
        raise
    stamps = {part: stamp_of(root, lines) for part, lines in wanted.items()}
    write_state(root, finished=True, ours=ours, stamps=stamps)


def describe(error: subprocess.CalledProcessError) -> str:
    """What a failed step of the set-up means to a person."""
    if "ensurepip" in error.cmd:
        return "Python could not make .venv (Debian and Ubuntu keep that in a package: sudo apt install python3-venv)"
    return "pip could not install the packages (its own words are above; is there a network?)"


def restart(root: Path, argv: list[str]) -> int:
    """Run this file again with the environment's Python."""
    command = [str(venv_python(root)), str(root / "main.py"), *argv]
    if os.name == "posix":
        os.execv(command[0], command)
    return wait_for(command)


def wait_for(command: list[str], cwd: Path | None = None) -> int:
    """Run a command to its end. Ctrl-C reaches it too, and it decides what becomes of that."""
    with subprocess.Popen(command, cwd=cwd) as child:
        while True:
            try:
                return child.wait()
            except KeyboardInterrupt:
                continue


def run_tests(arguments: list[str]) -> int:
    """Pytest on several cores and the checks beside it, a line each. With arguments pytest runs alone, as they say."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # workers, and programs that tests start, share what one compiled
    checks = {} if arguments else {name: started(command) for name, command in CHECKS.items()}
    status = wait_for([sys.executable, "-m", "pytest", *(arguments or IN_PARALLEL)], cwd=ROOT)
    failed = [name for name, check in checks.items() if not passes(name, check)]
    if failed:
        return complain(f"failed beside the tests: {', '.join(failed)}", status or 1)
    return status


def started(command: list[str]) -> subprocess.Popen[str]:
    """Begin one check. Types take a minute on one core, in which the tests need not wait."""
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, *command], cwd=ROOT, stdout=pipe, stderr=subprocess.STDOUT, text=True)


def passes(name: str, check: subprocess.Popen[str]) -> bool:
    """Wait for one check and print its line, with its output when it fails."""
    output, _ = check.communicate()
    print(f"{name}: {'ok' if check.returncode == 0 else 'failed'}", flush=True)
    if check.returncode:
        print(output, flush=True)
    return check.returncode == 0


def complain(text: str, status: int) -> int:
    """One line on stderr, and the status to leave with."""
    print(f"MaGA Desk: {text}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
