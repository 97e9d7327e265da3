"""``edgeworth serve``: the read-only site over the store and the results. Needs no Prefect and no network."""

from __future__ import annotations

import webbrowser
from typing import Annotated

import typer

from edgeworth.errors import ConfigurationError
from flows.commands.console import errors, results
from tasks.settings import load_settings

EXAMPLES = """
Examples:

    edgeworth serve

    edgeworth serve --port 9000 --open
"""


def serve(
    port: Annotated[int, typer.Option(help="Port to answer on; 0 takes any that is free.", min=0, max=65535)] = 8787,
    host: Annotated[
        str, typer.Option(help="Address to answer on; other than this machine's own needs --public.")
    ] = "127.0.0.1",
    public: Annotated[
        bool,
        typer.Option("--public", help="Also answer other machines: whoever reaches the port reads everything shown."),
    ] = False,
    browser: Annotated[bool, typer.Option("--open", help="Open it in a browser.")] = False,
) -> None:
    """Show runs, markets, findings, forecasts and freshness in a browser. Reads only."""
    from edgeworth.web import serving
    from edgeworth.web.app import create_app
    from edgeworth.web.guard import LOOPBACK_NAMES
    from tasks import wiring

    is_loopback = serving.is_loopback(host)
    if not is_loopback and not public:
        raise ConfigurationError(
            f"--host: expected an address of this machine alone, such as 127.0.0.1, found {host!r}. With --public it "
            "is used: the site asks for no password, so whoever reaches the port reads every run, model and forecast"
        )
    names = LOOPBACK_NAMES | {host if ":" not in host else f"[{host}]"} if is_loopback else None
    app = create_app(wiring.build_site(load_settings()), names=names)
    listener = serving.listen(host, port)
    address = serving.address_of(listener)

    def started() -> None:
        results.print(f"Edgeworth is shown on {address}", highlight=False, markup=False, soft_wrap=True)
        if not is_loopback:
            errors.print("Public: whoever reaches this port reads everything that is shown.", soft_wrap=True)
        errors.print("Ctrl-C stops it.")
        if browser and not webbrowser.open(address):
            errors.print("No browser could be opened here.")

    serving.serve(app, listener, started=started)
