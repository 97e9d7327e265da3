"""One cheap question for each venue, for the doctor."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from edgeworth.adapters.http import VenueHttp
from tasks.settings import Settings
from tasks.wiring.venue_clients import clob_client, data_api_client, gamma_client, kalshi_client


def service_probes(settings: Settings) -> dict[str, Callable[[], Awaitable[str]]]:
    """One cheap question for each service, by name; the answer is a sentence, or a ``SourceError`` is raised."""
    questions: dict[str, tuple[VenueHttp, str, tuple[tuple[str, str], ...]]] = {
        "Polymarket Gamma": (gamma_client(settings), "/tags", (("limit", "1"),)),
        "Polymarket CLOB": (clob_client(settings), "/time", ()),
        "Polymarket Data API": (data_api_client(settings), "/v2/trades", (("limit", "1"),)),
        "Kalshi": (kalshi_client(settings), "/exchange/status", ()),
    }

    def probe(http: VenueHttp, path: str, params: tuple[tuple[str, str], ...]) -> Callable[[], Awaitable[str]]:
        async def ask() -> str:
            async with http:
                is_synthetic = await http.identify(path, params)
            return f"{http.base_url} answers" + (", a synthetic stand-in" if is_synthetic else "")

        return ask

    return {name: probe(*question) for name, question in questions.items()}
