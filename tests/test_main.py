"""The set-up: main.py is tried on a tiny project with a package index of its own, so that no network is needed."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path
from typing import Any

import pytest

import main

SOURCE = Path(main.__file__)

# A build backend inside the project: what pip needs to install the project itself without fetching a backend.
BACKEND = """
import zipfile

def build_editable(folder, config_settings=None, metadata_directory=None):
    name = "tiny_desk-1.0-py3-none-any.whl"
    with zipfile.ZipFile(f"{folder}/{name}", "w") as wheel:
        wheel.writestr("tiny_desk-1.0.dist-info/METADATA", open("METADATA").read())
        about = "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
        wheel.writestr("tiny_desk-1.0.dist-info/WHEEL", about)
        wheel.writestr("tiny_desk-1.0.dist-info/RECORD", "")
    return name
"""

HAND_OVER = """
import json, sys
from importlib.metadata import version

def main(argv):
    if argv == ["fail"]:
        return 7
    print(json.dumps({"argv": argv, "prefix": sys.prefix, "needed": version("tiny-needed")}))
    return 0
"""


class TinyProject:
    """A checkout with main.py, one dependency, and a folder of wheels that pip finds it in."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "a project"  # the space is part of the test
        self.wheels = folder / "wheels"
        (self.root / "maga_desk").mkdir(parents=True)
        self.wheels.mkdir()
        shutil.copy(SOURCE, self.root / "main.py")
        (self.root / "backend.py").write_text(BACKEND)
        (self.root / "maga_desk" / "__init__.py").touch()
        (self.root / "maga_desk" / "__main__.py").write_text(HAND_OVER)
        for version in ("1.0", "2.0"):
            self._wheel(version)
        self.need("tiny-needed>=1.0,<2")

    def need(self, requirement: str) -> None:
        """Write the project so that it needs just this."""
        (self.root / "pyproject.toml").write_text(
            '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
            f'[project]\nname = "tiny-desk"\nversion = "1.0"\ndependencies = ["{requirement}"]\n'
        )
        (self.root / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: tiny-desk\nVersion: 1.0\nRequires-Dist: {requirement}\n"
        )

    def start(self, *arguments: str, wheels: bool = True) -> subprocess.CompletedProcess[str]:
        """Run main.py as a user would; without ``wheels`` pip would find nothing, as without a network."""
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PIP_")}
        links = self.wheels if wheels else self.root / "nowhere"
        environment |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": links.as_uri(), "PIP_CONFIG_FILE": os.devnull}
        command = [sys.executable, str(self.root / "main.py"), *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    def state(self) -> dict[str, Any]:
        return main.read_state(self.root)

    def _wheel(self, version: str) -> None:
        about = f"tiny_needed-{version}.dist-info"
        with zipfile.ZipFile(self.wheels / f"tiny_needed-{version}-py3-none-any.whl", "w") as wheel:
            wheel.writestr("tiny_needed.py", f"version = {version!r}\n")
            wheel.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: tiny-needed\nVersion: {version}\n")
            wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{about}/RECORD", "")


@pytest.fixture
def project(tmp_path: Path) -> TinyProject:
    return TinyProject(tmp_path)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[TinyProject, subprocess.CompletedProcess[str]]:
    """A project whose first start has been, and what that start said."""
    tiny = TinyProject(tmp_path_factory.mktemp("made"))
    return tiny, tiny.start("run", "spec.toml", "--json")


@pytest.fixture
def ready(made: tuple[TinyProject, subprocess.CompletedProcess[str]]) -> TinyProject:
    """The same project, put back into the state after its first start."""
    tiny = made[0]
    tiny.need("tiny-needed>=1.0,<2")
    if not main.is_ready(tiny.root, main.read_requirements(tiny.root, [main.BASE])):
        tiny.start()
    return tiny


def test_a_first_start_installs_and_hands_over(made: tuple[TinyProject, subprocess.CompletedProcess[str]]) -> None:
    tiny, done = made
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)  # standard output is the command's alone
    assert told == {
        "argv": ["run", "spec.toml", "--json"],
        "prefix": str(tiny.root / ".venv"),
        "needed": "1.0",
    }
    assert "installing into .venv" in done.stderr
    assert "Successfully installed" in done.stderr
    assert tiny.state()["finished"] is True


def test_a_second_start_installs_nothing_and_passes_the_status_on(ready: TinyProject) -> None:
    before = ready.state()
    done = ready.start("fail", wheels=False)
    assert (done.returncode, done.stdout, done.stderr) == (7, "", "")
    assert ready.state() == before


def test_a_half_made_environment_is_made_again(ready: TinyProject) -> None:
    stray = ready.root / ".venv" / "half-written"
    stray.touch()
    main.write_state(ready.root, finished=False, ours=True, stamps={})
    done = ready.start("hello")
    assert done.returncode == 0, done.stderr
    assert ".venv is half-made or lost its Python; making it again" in done.stderr
    assert not stray.exists()
    assert json.loads(done.stdout)["argv"] == ["hello"]


def test_an_outdated_environment_is_updated_in_place(ready: TinyProject) -> None:
    kept = ready.root / ".venv" / "kept"
    kept.touch()
    ready.need("tiny-needed>=2.0,<3")
    done = ready.start()
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["needed"] == "2.0"
    assert kept.exists()


def test_an_environment_of_the_users_own_is_used_and_never_deleted(project: TinyProject, ready: TinyProject) -> None:
    shutil.copytree(ready.root / ".venv", project.root / ".venv", symlinks=True)
    (project.root / ".venv" / "maga-desk-setup.json").unlink()
    own = project.root / ".venv" / "own"
    own.touch()
    assert project.start().returncode == 0
    main.write_state(project.root, finished=False, ours=False, stamps={})
    done = project.start()
    assert done.returncode == 0, done.stderr
    assert own.exists()
    assert project.state()["ours"] is False


def test_without_a_network_an_update_says_so_and_keeps_what_was_there(ready: TinyProject) -> None:
    kept = ready.root / ".venv" / "kept"
    kept.touch()
    ready.need("tiny-needed>=2.0,<3")
    done = ready.start(wheels=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("MaGA Desk: set-up failed: pip could not install")
    assert "Traceback" not in done.stderr
    later = ready.start()
    assert json.loads(later.stdout)["needed"] == "2.0"
    assert kept.exists()


def test_without_a_network_a_first_start_is_known_as_unfinished(project: TinyProject) -> None:
    assert project.start(wheels=False).returncode == 1
    assert project.state()["finished"] is False
    assert project.start().returncode == 0


def test_an_interrupted_set_up_is_known_as_unfinished(
    project: TinyProject, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(venv, "create", interrupted)
    assert main.enter_environment(project.root, [main.BASE], []) == 130
    assert "set-up interrupted; the next start makes .venv again" in capsys.readouterr().err
    assert project.state()["finished"] is False
    assert not main.is_ready(project.root, main.read_requirements(project.root, [main.BASE]))


def test_a_python_without_ensurepip_gets_the_name_of_its_package(
    project: TinyProject, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def no_ensurepip(*_: Any, **__: Any) -> None:
        raise subprocess.CalledProcessError(1, ["python", "-m", "ensurepip", "--upgrade"])

    monkeypatch.setattr(venv, "create", no_ensurepip)
    assert main.enter_environment(project.root, [main.BASE], []) == 1
    assert "sudo apt install python3-venv" in capsys.readouterr().err


def test_an_active_python_that_has_everything_is_used_as_it_is(project: TinyProject) -> None:
    project.need("pytest>=1,<1000")
    assert main.enter_environment(project.root, [main.BASE, "dev"], []) is None
    assert not (project.root / ".venv").exists()


def test_the_active_environment_is_used_even_if_it_is_a_venv_of_the_users_own(
    project: TinyProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project.root / ".venv").mkdir()
    monkeypatch.setattr(sys, "prefix", str(project.root / ".venv"))
    project.need("pytest>=1,<1000")
    assert main.enter_environment(project.root, [main.BASE], []) is None


def finished_by_hand(project: TinyProject) -> dict[str, list[str]]:
    """Make the project's environment look finished without making it; what it was finished for."""
    python = main.venv_python(project.root)
    python.parent.mkdir(parents=True)
    python.touch()
    wanted = main.read_requirements(project.root, [main.BASE])
    stamps = {part: main.stamp_of(project.root, lines) for part, lines in wanted.items()}
    main.write_state(project.root, finished=True, ours=True, stamps=stamps)
    return wanted


def test_ready_means_just_these_requirements_in_this_place(project: TinyProject, tmp_path: Path) -> None:
    wanted = finished_by_hand(project)
    assert main.is_ready(project.root, wanted)
    assert not main.is_ready(project.root, {main.BASE: ["tiny-needed>=2"]})
    assert not main.is_ready(project.root, {**wanted, "dev": ["pytest"]})
    moved = project.root.rename(tmp_path / "moved")
    assert not main.is_ready(moved, wanted)


@pytest.mark.skipif(os.name != "posix", reason="elsewhere the environment holds a copy of the interpreter")
def test_an_environment_whose_python_was_replaced_is_not_whole(project: TinyProject) -> None:
    finished_by_hand(project)
    assert main.is_whole(project.root)
    main.venv_python(project.root).unlink()
    assert not main.is_whole(project.root)
    main.venv_python(project.root).symlink_to(sys.executable)
    assert not main.is_whole(project.root)


@pytest.mark.parametrize("text", ["", "not json", "[]", '{"finished": true}'])
def test_a_damaged_state_file_is_not_taken_for_a_finished_one(project: TinyProject, text: str) -> None:
    python = main.venv_python(project.root)
    python.parent.mkdir(parents=True)
    python.touch()
    (project.root / ".venv" / "maga-desk-setup.json").write_text(text)
    assert not main.is_ready(project.root, main.read_requirements(project.root, [main.BASE]))


@pytest.mark.parametrize(
    ("requirement", "have", "expected"),
    [
        ("thing>=2.14,<3", "2.15.0+cu130", True),
        ("thing>=2.14,<3", "2.9", False),
        ("thing>=2.14,<3", "3.0", False),
        ("thing>=1.0", "1", True),
        ("thing==1.2,!=1.2.1", "1.2.0", True),
        ("thing<=1.2,>1", "1.2.1", False),
        ("thing", "0.1", True),
        ("thing>=1; sys_platform == 'linux'", "2", False),
        ("thing[extra]>=1", "2", False),
        ("thing~=1.0", "1.1", False),
    ],
)
def test_requirements(monkeypatch: pytest.MonkeyPatch, requirement: str, have: str, expected: bool) -> None:
    monkeypatch.setattr(main.metadata, "version", {"thing": have}.__getitem__)
    assert main.satisfied(requirement) is expected


def test_a_package_that_is_not_there_is_missing() -> None:
    assert main.satisfied("no-such-package-anywhere>=1") is False


def test_every_requirement_of_the_project_can_be_compared() -> None:
    parts = main.read_requirements(main.ROOT, [main.BASE, "dev", "packaging"])
    assert set(parts) == {main.BASE, "dev", "packaging"}
    lines = [line for part in parts.values() for line in part]
    assert [line for line in lines if main._REQUIREMENT.fullmatch(line) is None] == []


def test_an_old_python_gets_one_line() -> None:
    ast.parse(SOURCE.read_text(encoding="utf-8"), feature_version=(3, 7))
    code = (
        "import runpy, sys\nsys.version_info = (3, 10, 4, 'final', 0)\nsys.version = '3.10.4 (main)'\n"
        f"runpy.run_path({str(SOURCE)!r}, run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("MaGA Desk needs Python 3.11 or newer; this is Python 3.10.4")


def test_the_test_command_says_a_line_for_each_check(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(main, "CHECKS", {"good": ["-c", "pass"], "bad": ["-c", "print('why'); raise SystemExit(3)"]})
    calls: list[list[str]] = []

    def pytest_passes(command: list[str], cwd: Path | None = None) -> int:
        calls.append(command[1:])
        return 0

    monkeypatch.setattr(main, "wait_for", pytest_passes)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    assert main.run_tests([]) == 1
    assert "PYTHONDONTWRITEBYTECODE" not in os.environ, "the suite would compile itself in every worker"
    told = capsys.readouterr()
    assert told.out.splitlines() == ["good: ok", "bad: failed", "why", ""]
    assert told.err == "MaGA Desk: failed beside the tests: bad\n"
    assert main.run_tests(["tests/domain", "-x"]) == 0  # with arguments pytest runs alone
    assert calls == [["-m", "pytest", *main.IN_PARALLEL], ["-m", "pytest", "tests/domain", "-x"]]
