"""The data feed beside the invented exchanges: the past of the quantities that their ladders ask about.

No real venue has this route; it stands for the source that the rules name.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from edgeworth.adapters.synthetic.instants import HOUR
from edgeworth.adapters.synthetic.quantities import Quantity, quantities
from edgeworth.adapters.synthetic.service import Service, encode, whole_number

MOST_QUANTITIES: Final = 50


def feed_routes(service: Service) -> list[Route]:
    """Every route of the feed, to be mounted under its base URL."""

    async def shown(request: Request) -> Response:
        params = request.query_params
        limit = whole_number(params.get("limit"), MOST_QUANTITIES, MOST_QUANTITIES) or MOST_QUANTITIES
        first = whole_number(params.get("cursor"), 0, 1 << 40)
        return service.cached(request, lambda: _page(service, first, limit))

    return [Route("/quantities", shown)]


def _page(service: Service, first: int, limit: int) -> bytes:
    found = list(islice(quantities(service.world, first), limit + 1))
    cursor = str(found[limit].index) if len(found) > limit else None
    return encode({"quantities": _payloads(found[:limit]), "next_cursor": cursor})


def _payloads(found: Sequence[Quantity]) -> list[dict[str, Any]]:
    return [{**msgspec.structs.asdict(quantity), "interval_seconds": HOUR} for quantity in found]
