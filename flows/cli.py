"""The command line. Each command is a file in ``flows/commands``; here they get their names and their error handling.

Exit codes: 0 success, 1 when part of the work failed (the partial report is valid), 2 for bad arguments or settings.
Prefect is imported only by the commands that run a flow: listing markets must not wait for it.
"""

from __future__ import annotations

import logging
import signal
import sys
from datetime import datetime

import typer

from edgeworth.errors import ConfigurationError, EdgeworthError
from flows.commands import (
    discover,
    doctor,
    evaluate,
    ingest,
    markets,
    parity,
    replay,
    run,
    screen,
    serve,
    setup,
    simulate,
    sweep,
    venue,
)
from flows.commands.console import errors, print_error
from tasks.clock import utc_now
from tasks.settings import load_settings

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it: 128 and the number of the signal."""

app = typer.Typer(
    name="edgeworth",
    help="Find where prediction markets disagree, and keep an honest record of whether it was right.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(name="run", epilog=run.EXAMPLES)(run.run)
app.command(name="ingest", epilog=ingest.EXAMPLES)(ingest.ingest)
app.add_typer(markets.app, name="markets")
app.command(name="discover", epilog=discover.EXAMPLES)(discover.discover)
app.command(name="simulate", epilog=simulate.EXAMPLES)(simulate.simulate)
app.command(name="screen", epilog=screen.EXAMPLES)(screen.screen)
app.command(name="replay", epilog=replay.EXAMPLES)(replay.replay)
app.command(name="sweep", epilog=sweep.EXAMPLES)(sweep.sweep)
app.command(name="parity", epilog=parity.EXAMPLES)(parity.parity)
app.add_typer(evaluate.app, name="evaluate")
app.command(name="serve", epilog=serve.EXAMPLES)(serve.serve)
app.command(name="doctor", epilog=doctor.EXAMPLES)(doctor.doctor)
app.command(name="setup", epilog=setup.EXAMPLES)(setup.setup)
app.command(name="venue", epilog=venue.EXAMPLES)(venue.venue)


def main() -> None:
    """Run the command line; a user's mistake ends in a sentence and a code, never in a traceback."""
    # Whoever ends a command by this signal (a shell, a container, a service) gets the same clean end as by Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    began = utc_now()
    try:
        app(standalone_mode=True)
    except ConfigurationError as error:
        print_error("Error", str(error))
        sys.exit(2)
    except EdgeworthError as error:
        print_error("Error", str(error))
        sys.exit(1)
    except SystemExit as end:
        # The command line's library turns Ctrl-C into this code and says nothing.
        if end.code == INTERRUPTED:
            errors.print("Interrupted. What was done is kept; the same command goes on from there.", soft_wrap=True)
        elif not end.code and _has_results_that_wait(began):
            sys.exit(1)
        raise


def _has_results_that_wait(began: datetime) -> bool:
    """Whether this command could not put its results where they are asked for; the log has said why."""
    # Not imported by now: no run was made.
    elsewhere = sys.modules.get("tasks.results.elsewhere")
    return elsewhere is not None and elsewhere.has_failed(load_settings(), began)


if __name__ == "__main__":
    main()
