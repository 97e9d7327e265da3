"""``edgeworth venue``: the synthetic venue as a server, for trying clients and other tools against it."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.commands.console import errors, results
from tasks.settings import Settings, load_settings

EXAMPLES = """
Examples:

    edgeworth venue

    edgeworth venue --port 8766 --seed 11 --markets 50000
"""


def venue(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1.", min=1, max=65535)] = 8765,
    seed: Annotated[int | None, typer.Option(help="Seed of the world; the same seed gives the same world.")] = None,
    markets: Annotated[int | None, typer.Option(help="About how many markets the world holds.", min=1)] = None,
) -> None:
    """Serve a synthetic world with known truth over the routes of Polymarket and Kalshi, on loopback only."""
    from tasks.wiring import serve_synthetic

    settings = load_settings()
    if seed is not None:
        settings = settings.model_copy(update={"synthetic_seed": seed})
    serve_synthetic(settings, port=port, market_count=markets, announce=_announce)


def _announce(aimed: Settings) -> None:
    results.print("Synthetic venue (invented markets) on 127.0.0.1. Point Edgeworth at it with:", highlight=False)
    for name in ("gamma_url", "clob_url", "data_api_url", "kalshi_url", "market_stream_url"):
        line = f"  export EDGEWORTH_{name.upper()}={getattr(aimed, name)}"
        results.print(line, highlight=False, markup=False, soft_wrap=True)
    errors.print("Ctrl-C stops it.")
