"""What ``maga-desk`` and ``python -m maga_desk`` start: the window without arguments, else a command."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Sequence

from maga_desk.domain.memory import keep_freed_memory
from maga_desk.domain.waiting import wait_asleep


def main(argv: Sequence[str] | None = None) -> int:
    """Open the window when ``argv`` is empty, else run the command it names; the exit status."""
    multiprocessing.freeze_support()
    keep_freed_memory()
    wait_asleep()
    multiprocessing.set_start_method("spawn", force=True)
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments:
        return open_window()
    from maga_desk.cli import main as run_command

    return run_command(arguments, open_window)


def open_window(arguments: Sequence[str] = ()) -> int:
    """Show the window, or say in one line why there can be none (status 2).

    :param arguments: what the window itself understands: ``--demo`` opens the demo world, ``--out DIR`` takes its runs.
    """
    from maga_desk.domain.display import load_torch_before_qt, window_problem

    problem = window_problem()
    if problem is not None:
        print(f"maga-desk: {problem}", file=sys.stderr)
        return 2
    load_torch_before_qt()
    from maga_desk.app import main as run_window

    return run_window(list(arguments))


if __name__ == "__main__":
    sys.exit(main())
