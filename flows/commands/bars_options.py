"""The options that say over which bars a strategy runs, which one, and at what costs; of four commands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import msgspec
import typer
from msgspec import Struct

from edgeworth.errors import ConfigurationError
from flows.commands.arguments import read_instant
from flows.commands.batch_options import finite

if TYPE_CHECKING:
    from tasks.replay.plan import BarsChoice

WHICH = "Which bars"
HOW = "Strategy and costs"
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def _source(flag: str, metavar: str, text: str) -> tuple[Any, Any]:
    """The option for one source of bars, and the one for several."""

    def option(more: str) -> Any:
        return typer.Option(flag, metavar=metavar, help=text + more, show_default=False, rich_help_panel=WHICH)

    return option(""), option(" Repeat it for several.")


_BARS = _source("--bars", "PATH", "A table of bars: CSV, plain or gzip.")
_ASSET = _source("--asset", "SYMBOL", "Bars of the history, which `edgeworth ingest` stored.")
_MARKET = _source("--market", "SLUG", "Price history of a market (id, key or slug).")

BarsPath: TypeAlias = Annotated[str | None, _BARS[0]]
BarsPaths: TypeAlias = Annotated[list[str] | None, _BARS[1]]
Asset: TypeAlias = Annotated[str | None, _ASSET[0]]
Assets: TypeAlias = Annotated[list[str] | None, _ASSET[1]]
MarketName: TypeAlias = Annotated[str | None, _MARKET[0]]
Markets: TypeAlias = Annotated[list[str] | None, _MARKET[1]]
OutcomeIndex: TypeAlias = Annotated[
    int, typer.Option(metavar="INDEX", help="Which outcome of `--market`, from 0.", min=0, rich_help_panel=WHICH)
]
Interval: TypeAlias = Annotated[
    str,
    typer.Option(metavar="LENGTH", help="Of a bar of `--asset` or `--market`: 15m, 1h, 1d.", rich_help_panel=WHICH),
]
Start: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="DATE", help="Only bars from this day or instant on, UTC.", show_default=False, rich_help_panel=WHICH
    ),
]
End: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="DATE",
        help="Only bars that ended by this instant, or by the end of this day.",
        show_default=False,
        rich_help_panel=WHICH,
    ),
]
StrategyName: TypeAlias = Annotated[
    str,
    typer.Option(metavar="NAME", help="cross, fusion, holder, dip, or module:Class of your own.", rich_help_panel=HOW),
]
Setting: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="Another value for a setting of the strategy (screener.threshold=0.6); repeat it for several.",
        show_default=False,
        rich_help_panel=HOW,
    ),
]
Window: TypeAlias = Annotated[
    int,
    typer.Option(
        help="Bars before and behind a candidate that are looked at.", min=0, max=100_000, rich_help_panel=HOW
    ),
]
Cash: TypeAlias = Annotated[float, typer.Option(help="Dollars to begin with.", rich_help_panel=HOW)]
FeeRate: TypeAlias = Annotated[
    float | None,
    typer.Option(
        help="Of what changes hands; else 0.001, of a market what its venue takes.",
        show_default=False,
        rich_help_panel=HOW,
    ),
]
HalfSpread: TypeAlias = Annotated[
    float | None,
    typer.Option(
        help="Of the price; else 0.0002. Of a market dollars; else 0.005.", show_default=False, rich_help_panel=HOW
    ),
]
Slippage: TypeAlias = Annotated[
    float | None,
    typer.Option(
        help="Of the price; else 0.0003. Of a market dollars; else 0.", show_default=False, rich_help_panel=HOW
    ),
]


class BarsOptions(Struct, frozen=True, kw_only=True):
    """Which bars, as the options were given."""

    bars: BarsPath = None
    asset: Asset = None
    market: MarketName = None
    outcome: OutcomeIndex = 0
    interval: Interval = "1h"
    start: Start = None
    end: End = None

    def choice(self) -> BarsChoice:
        """The same as a part of a plan.

        Raises:
            ConfigurationError: Not exactly one source is named, or a date or length cannot be meant.
        """
        from tasks.replay.plan import BarsChoice

        if len([one for one in (self.bars, self.asset, self.market) if one is not None]) != 1:
            raise ConfigurationError("expected one of --bars, --asset and --market")
        return BarsChoice(
            path=self.bars,
            asset=self.asset,
            market=self.market,
            outcome=self.outcome,
            interval_seconds=seconds_of(self.interval),
            start=day_or_instant("--start", self.start),
            end=day_or_instant("--end", self.end, is_end=True),
        )


class StrategyOptions(Struct, frozen=True, kw_only=True):
    """Which strategy, and at what costs, as the options were given."""

    strategy: StrategyName = "fusion"
    setting: Setting = None
    window: Window = 48
    cash: Cash = 10_000.0
    fee_rate: FeeRate = None
    half_spread: HalfSpread = None
    slippage: Slippage = None

    def values(self) -> dict[str, Any]:
        """The same as fields of a plan.

        Raises:
            ConfigurationError: One of them cannot be meant.
        """
        costs = {"fee_rate": self.fee_rate, "half_spread": self.half_spread, "slippage": self.slippage}
        return {
            "strategy": self.strategy,
            "settings": named_values(self.setting or ()),
            "window": self.window,
            "cash": finite("--cash", self.cash),
            **{
                name: None if value is None else finite(f"--{name.replace('_', '-')}", value)
                for name, value in costs.items()
            },
        }


def named_values(given: Sequence[str]) -> dict[str, Any]:
    """``NAME=VALUE`` each; a value is a number, true, false or a JSON value, else the text itself.

    Raises:
        ConfigurationError: There is no ``=``, or one name twice.
    """
    found: dict[str, Any] = {}
    for text in given:
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise ConfigurationError(f"--set: expected NAME=VALUE, found {text[:60]!r}")
        if name.strip() in found:
            raise ConfigurationError(f"--set: expected {name.strip()[:60]} once, found it twice")
        found[name.strip()] = read_value(value)
    return found


def read_value(text: str) -> Any:
    """A JSON value, or the text itself."""
    try:
        return msgspec.json.decode(text.strip().encode())
    except msgspec.DecodeError:
        return text.strip()


def seconds_of(length: str) -> int:
    """Seconds of ``15m``, ``1h``, ``1d`` or a bare number of seconds.

    Raises:
        ConfigurationError: It is none of these.
    """
    number, unit = (length[:-1], length[-1:]) if length[-1:] in _UNITS else (length, "s")
    if not number.isascii() or not number.isdigit() or not 0 < int(number) * _UNITS[unit] <= 366 * _UNITS["d"]:
        raise ConfigurationError(f"--interval: expected a length such as 15m, 1h or 1d, found {length[:20]!r}")
    return int(number) * _UNITS[unit]


def day_or_instant(option: str, text: str | None, *, is_end: bool = False) -> datetime | None:
    """A day (its beginning, or for an end its end) in UTC, or an instant with a time zone.

    Raises:
        ConfigurationError: It is neither.
    """
    if text is None or len(text) != len("2025-06-15"):
        return read_instant(option, text)
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise ConfigurationError(f"{option}: expected a day such as 2025-06-15, found {text!r}") from None
    return day + timedelta(days=1) if is_end else day
