"""Pages for tests of the catalogue: built from domain values, applied without a listing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
import xxhash
from msgspec.structs import replace

from edgeworth.adapters.storage.database import SqlCatalogue
from edgeworth.adapters.storage.schema import metadata
from edgeworth.markets.listing import ListingItem, ParsedItem, Refusal
from edgeworth.markets.market import Market
from edgeworth.markets.venue import Venue
from edgeworth.ports import IngestCounts, KnownItem, PageWrite, PassProgress, RawPosition
from tests.builders import NOON

PATH = "polymarket/events/2026/11/01/walk.jsonl.zst"


def listed(parsed: ParsedItem, native_id: str | None = "1", *, index: int = 0, content: str = "") -> tuple:
    """``parsed`` with the item it came from; ``content`` stands for its bytes."""
    raw = (content or repr(parsed)).encode()
    digest = xxhash.xxh3_128_hexdigest(raw)
    return ListingItem(kind="event", native_id=native_id, raw=raw, digest=digest, index=index), parsed


def of_markets(*markets: Market, native_id: str | None = "1", refusals: Sequence[Refusal] = (), **more) -> tuple:
    """An item that holds ``markets`` and refused rows."""
    rows = len(markets) + len(refusals)
    return listed(ParsedItem(rows=rows, markets=list(markets), refusals=list(refusals), **more), native_id)


def a_refusal(native_id: str | None = None, *, code: str = "bad", index: int = 0) -> Refusal:
    return Refusal(kind="market", native_id=native_id, code=code, reason=f"{code}: made so", item_index=index)


class Walk:
    """A walk that is fed pages by hand."""

    def __init__(self, catalogue: SqlCatalogue, name: str = "walk", *, started_at: datetime = NOON) -> None:
        self.catalogue = catalogue
        self.state = PassProgress(pass_id=name, key="listing", started_at=started_at, raw_path=PATH)
        catalogue.start_pass(self.state, "run")

    def page(
        self,
        *items: tuple,
        unchanged: Sequence[KnownItem] = (),
        fetched_at: datetime = NOON,
        last: bool = False,
        venue: Venue = Venue.POLYMARKET,
    ) -> IngestCounts:
        """Apply one page of ``items``."""
        number = self.state.pages
        write = PageWrite(
            venue=venue,
            fetched_at=fetched_at,
            parsed=list(items),
            unchanged=list(unchanged),
            position=RawPosition(path=PATH, offset=number, end=number + 1),
            next_cursor=None if last else f"c{number + 1}",
        )
        counts = self.catalogue.apply_page(self.state, "run", write)
        self.state = replace(
            self.state,
            next_cursor=write.next_cursor,
            pages=number + 1,
            fetched=self.state.fetched + counts.fetched,
            raw_end=number + 1,
        )
        return counts


def contents(engine: sa.Engine, *tables: str) -> dict[str, list[tuple]]:
    """Every row of ``tables`` in the order of their keys; of all that do not depend on who wrote them, when none named."""
    names = tables or ("venue_event", "market", "outcome", "market_revision", "series", "listing_item")
    with engine.connect() as connection:
        return {
            name: [
                tuple(row)
                for row in connection.execute(
                    sa.select(metadata.tables[name]).order_by(*metadata.tables[name].primary_key)
                )
            ]
            for name in names
        }
