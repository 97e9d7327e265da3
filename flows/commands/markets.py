"""``edgeworth markets``: list and show what the catalogue holds. Reads only; needs no Prefect and no network."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import typer
from rich.table import Table

from edgeworth.errors import ConfigurationError
from edgeworth.markets.market import Market, MarketStatus
from edgeworth.markets.venue import Venue
from edgeworth.reports.rendering import cents, compact, day, minute
from flows.commands.console import errors, print_json, printable, results, shown
from tasks.settings import load_settings

LIST_EXAMPLES = """
Examples:

    edgeworth markets list --category crypto --status open

    edgeworth markets list --search "rate cut" --limit 5 --json

    edgeworth markets show kalshi:KXNFLGAME-26OCT08TBDAL-DAL
"""

app = typer.Typer(help="List and show what the catalogue holds.", epilog=LIST_EXAMPLES, no_args_is_help=True)


@app.command(name="list", epilog=LIST_EXAMPLES)
def list_markets(
    venue: Annotated[Venue | None, typer.Option(help="Only markets of this venue.")] = None,
    status: Annotated[MarketStatus | None, typer.Option(help="Only markets in this state.")] = None,
    category: Annotated[str | None, typer.Option(help="politics, world, sports, crypto or finance.")] = None,
    search: Annotated[str | None, typer.Option(help="Only questions with all of these words.")] = None,
    order: Annotated[str, typer.Option(help="volume, volume_24h, closes or seen.")] = "volume",
    limit: Annotated[int, typer.Option(help="At most this many.", min=1)] = 25,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """List markets, the busiest first."""
    from edgeworth.markets.categories import CATEGORIES
    from tasks import wiring

    if category is not None and category not in CATEGORIES:
        raise ConfigurationError(f"--category: expected one of {', '.join(CATEGORIES)}, found {category!r}")
    with wiring.open_storage(load_settings()) as storage:
        found = storage.catalogue.find_markets(
            venue=venue, status=status, category=category, search=search, order=order, limit=limit
        )
        total = storage.catalogue.count_markets(venue=venue, status=status, category=category, search=search)
    if json:
        print_json({"total": total, "markets": [_public(market) for market in found]})
        return
    table = Table()
    for name in ("market", "question", "category", "state"):
        table.add_column(name, overflow="fold")
    for name in ("price", "24 h", "volume", "closes"):
        table.add_column(name, justify="right", no_wrap=True)
    for market in found:
        table.add_row(
            shown(market.market_id),
            shown(market.question),
            market.category or "",
            market.status.value,
            cents(market.outcomes[0].price if market.outcomes else None),
            _volume(market.volume_24h_usd, market.volume_24h_shares),
            _volume(market.volume_usd, market.volume_shares),
            day(market.closes_at),
        )
    results.print(table)
    errors.print(
        f"{len(found):,} of {total:,} markets." if total else "No market fits. `edgeworth ingest` brings them."
    )


@app.command(name="show", epilog=LIST_EXAMPLES)
def show(
    market: Annotated[str, typer.Argument(help="Market id, venue key or slug.")],
    json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Show one market: its terms, prices, how it ended, and when its terms changed."""
    from tasks import wiring

    with wiring.open_storage(load_settings()) as storage:
        found = storage.catalogue.get_market(market)
        if found is None:
            raise ConfigurationError(
                f"expected a market id, venue key or slug of the catalogue, found {market!r}; "
                "`edgeworth markets list --search …` finds it"
            )
        revisions = storage.catalogue.revisions(found.market_id)
    if json:
        print_json({**_public(found), "revisions": [msgspec.to_builtins(revision) for revision in revisions]})
        return
    results.print(printable(found.question), style="bold", markup=False, highlight=False)
    facts = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    facts.add_column(no_wrap=True)
    facts.add_column(overflow="fold")
    for label, value in _facts(found):
        facts.add_row(f"[dim]{label}[/]", shown(value))
    results.print(facts)
    if found.rules:
        results.print("\n[bold]Rules[/]")
        results.print(printable(found.rules), markup=False, highlight=False)
    for revision in revisions:
        results.print(
            f"\nTerms changed, seen {minute(revision.seen_at)}: {', '.join(revision.changed)}",
            highlight=False,
            markup=False,
        )


def _volume(usd: float | None, shares: float | None) -> str:
    return f"${compact(usd)}" if usd is not None else f"{compact(shares)} sh" if shares is not None else compact(None)


def _facts(market: Market) -> list[tuple[str, str]]:
    outcomes = ", ".join(f"{outcome.label} {cents(outcome.price)}" for outcome in market.outcomes)
    ending = ""
    if market.resolution is not None:
        winner = market.resolution.winner
        ending = market.resolution.shape.value + (f": {market.outcomes[winner].label}" if winner is not None else "")
    facts = {
        "Market": market.market_id,
        "Synthetic": "yes, invented by a seeded world" if market.venue.is_synthetic else "",
        "Event": market.event_id or "",
        "State": market.status.value,
        "Ended": ending,
        "Outcomes": outcomes,
        "Best bid, ask": f"{cents(market.best_bid)}, {cents(market.best_ask)}",
        "Volume": _volume(market.volume_usd, market.volume_shares),
        "Category": ", ".join(dict.fromkeys(filter(None, [market.category, *market.tags]))),
        "Closes": minute(market.closes_at),
        "Seen": minute(market.as_of),
        "Page": market.url or "",
    }
    return [(label, value) for label, value in facts.items() if value]


def _public(market: Market) -> dict[str, Any]:
    return {
        "market_id": market.market_id,
        "event_id": market.event_id,
        "is_synthetic": market.venue.is_synthetic,
        **msgspec.to_builtins(market),
    }
