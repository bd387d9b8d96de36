"""The command line: thin commands over the services.

Exit status: 0 done, 1 a fault of ours (the log file has the traceback), 2 a mistake that the user can mend (one line),
3 a result that lost what stays, or memory or disk that ran out, 130 cancelled.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

import click

from maga_desk import __version__
from maga_desk.cli.case import case_command
from maga_desk.cli.compare import ablate_command, compare_command
from maga_desk.cli.compare_runs import compare_runs_command
from maga_desk.cli.data import data_command
from maga_desk.cli.demo import demo_command
from maga_desk.cli.entangle import entangle_command
from maga_desk.cli.export import export_command
from maga_desk.cli.families import families_command
from maga_desk.cli.forecast import forecast_command
from maga_desk.cli.formats import formats_command
from maga_desk.cli.kept import kept_command
from maga_desk.cli.key import key_command
from maga_desk.cli.logs import logged, write_traceback
from maga_desk.cli.look import look_command
from maga_desk.cli.methods import methods_command
from maga_desk.cli.model import model_command
from maga_desk.cli.patch import apply_patch_command
from maga_desk.cli.propose import propose_command
from maga_desk.cli.proposers import proposers_command
from maga_desk.cli.queue import queue_command
from maga_desk.cli.report import report_command
from maga_desk.cli.run import run_command
from maga_desk.cli.select import select_command
from maga_desk.cli.sessions import sessions_command
from maga_desk.cli.sources import sources_command
from maga_desk.cli.stream import stream_command
from maga_desk.cli.terminal import echo
from maga_desk.cli.train import train_command
from maga_desk.cli.train_guide import train_guide_command
from maga_desk.cli.trust import trust_command
from maga_desk.cli.verify_record import verify_record_command
from maga_desk.domain.control import Cancelled
from maga_desk.domain.errors import UserError, full_behind
from maga_desk.domain.lacks import lack_behind

OpenWindow = Callable[[list[str]], int]


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="maga-desk")
def commands() -> None:
    """Make a trained image classifier forget: a class, a sub-class, any pictures.

    Without a command the window opens.
    """


for command in (
    demo_command,
    forecast_command,
    run_command,
    queue_command,
    stream_command,
    propose_command,
    methods_command,
    formats_command,
    families_command,
    proposers_command,
    sources_command,
    data_command,
    select_command,
    model_command,
    compare_command,
    compare_runs_command,
    look_command,
    ablate_command,
    entangle_command,
    train_command,
    export_command,
    apply_patch_command,
    report_command,
    verify_record_command,
    case_command,
    sessions_command,
    kept_command,
    key_command,
    trust_command,
    train_guide_command,
):
    commands.add_command(command)


def main(argv: Sequence[str] | None = None, open_window: OpenWindow | None = None) -> int:
    """Run one command.

    :param argv: arguments without the program's name; default: the process's.
    :param open_window: opens the window, given its arguments; commands that need one get it from here, as this room
        does not know the window.
    :returns: the exit status.
    """
    try:
        with logged():
            status = commands.main(
                list(sys.argv[1:] if argv is None else argv),
                prog_name="maga-desk",
                standalone_mode=False,
                obj=open_window,
            )
    except click.exceptions.NoArgsIsHelpError as error:
        echo(error.format_message())
        return 0
    except click.ClickException as error:
        return _mistake(error.format_message())
    except UserError as error:
        return _mistake(str(error), error.status)
    except (Cancelled, KeyboardInterrupt, click.Abort):
        echo("cancelled", err=True)
        return 130
    except BrokenPipeError:
        sys.stderr.close()  # whoever read us has gone; nothing more to say
        return 1
    except Exception as error:
        if lack := lack_behind(error):
            write_traceback()
            return _mistake(str(lack), lack.status)
        full = full_behind(error)
        if full is not None:
            return _mistake(str(full), full.status)
        echo(f"maga-desk: something went wrong on our side; details are in {write_traceback()}", err=True)
        return 1
    return status if isinstance(status, int) else 0


def _mistake(text: str, status: int = 2) -> int:
    echo(f"maga-desk: {' '.join(text.split())}", err=True)
    return status
