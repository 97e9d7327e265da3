"""What tokens cost, as the services had published it on a stated day. A model that is not here has no known price.

Standard rates without any discount: input that a service remembers from an earlier call is charged at less, so a cost
worked out here is never less than the bill.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Final

from msgspec import Struct

from edgeworth.units import UsdMicros

PRICES_AS_OF: Final = date(2026, 11, 21)
"""Last day on which the tables were compared with what was published.

Anthropic: platform.claude.com/docs, "Models & pricing". OpenAI: developers.openai.com/api/docs/pricing.
"""


class TokenPrices(Struct, frozen=True):
    """Micro-dollars a million tokens.

    Attributes:
        up_to_input: Longer prompts have other prices, which are not declared here; their cost is unknown.
    """

    input: UsdMicros
    output: UsdMicros
    up_to_input: int | None = None


def _usd(dollars_in: float, dollars_out: float, up_to_input: int | None = None) -> TokenPrices:
    return TokenPrices(UsdMicros(round(dollars_in * 1e6)), UsdMicros(round(dollars_out * 1e6)), up_to_input)


ANTHROPIC: Final[Mapping[str, TokenPrices]] = {
    "claude-fable-5-1": _usd(10, 50),
    "claude-opus-5-5": _usd(4, 20),
    "claude-opus-5": _usd(5, 25),
    "claude-opus-4-8": _usd(5, 25),
    "claude-sonnet-5-5": _usd(2, 10),
    "claude-sonnet-5": _usd(2, 10),
    "claude-sonnet-4-6": _usd(3, 15),
    "claude-haiku-5-5": _usd(0.10, 0.50, 100_000),
    "claude-haiku-4-5": _usd(1, 5),
}

OPENAI: Final[Mapping[str, TokenPrices]] = {
    "gpt-6-astra": _usd(10, 50, 272_000),
    "gpt-6.1-sol": _usd(2, 10, 272_000),
    "gpt-6.1-terra": _usd(1, 5, 272_000),
    "gpt-6-sol": _usd(2, 10, 272_000),
    "gpt-6-luna": _usd(0.10, 0.50, 272_000),
    "gpt-5.6-sol": _usd(4, 20, 272_000),
    "gpt-5": _usd(1.25, 10),
    "gpt-5-mini": _usd(0.25, 2),
    "gpt-4.1": _usd(2, 8),
    "gpt-4.1-mini": _usd(0.40, 1.60),
    "gpt-4o": _usd(2.50, 10),
    "gpt-4o-mini": _usd(0.15, 0.60),
}

_SNAPSHOT = re.compile(r"-(\d{8}|\d{4}-\d{2}-\d{2})$")
"""The day that some services add to the name of a model."""


def price_of(prices: Mapping[str, TokenPrices], model: str) -> TokenPrices | None:
    """What is declared of ``model`` or, where its name ends in the day of a snapshot, of the model it is one of."""
    return prices.get(model) or prices.get(_SNAPSHOT.sub("", model))


def cost_of(
    prices: Mapping[str, TokenPrices], model: str, *, input_tokens: int, output_tokens: int
) -> UsdMicros | None:
    """What a call cost at most, rounded up; ``None`` when that is not known."""
    price = price_of(prices, model)
    if price is None or (price.up_to_input is not None and input_tokens > price.up_to_input):
        return None
    return UsdMicros(-(-(input_tokens * price.input + output_tokens * price.output) // 1_000_000))
