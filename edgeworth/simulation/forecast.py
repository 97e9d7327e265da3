"""A forecast: what was said of a market before its outcome was known, in the form in which it can be scored later.

Registered once and never changed, failures and abstentions included, so that no score can leave them out. Each carries
the digest of the one before it (``chain``).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from edgeworth.simulation.estimate import market_view
from edgeworth.simulation.record import AuthorKind, MarketSimulation, MarketStatus

LIVE_WITHIN: Final = timedelta(hours=1)
"""A forecast written down later than this after the instant it looks at is not of the present."""


class Forecast(Struct, frozen=True, kw_only=True):
    """Of outcome 0. Probabilities are ``None`` where nothing was said.

    Attributes:
        forecast_id: ``<run_id>/<market_id>``.
        as_of: Nothing later was known. registered_at: When it was written down.
        author: Of its models, joined by ``+`` when they differ. kind: The weakest kind among them (fallback first).
        probability: The model's. combined: Model and market together.
        low, high: Where the models put the true probability, 90 %.
        market_probability: The market's at ``as_of``, also where no model answered; its error stands beside it.
        verdict: See ``estimate.Verdict``. reason: Why there is no probability.
        code_version: Of Edgeworth.
    """

    forecast_id: str
    run_id: str
    market_id: str
    is_synthetic: bool
    as_of: datetime
    registered_at: datetime
    closes_at: datetime | None
    status: MarketStatus
    author: str
    kind: AuthorKind | None
    anchoring: str | None
    models: int
    probability: float | None
    sampling_error: float | None
    low: float | None
    high: float | None
    market_probability: float | None
    market_error: float | None
    combined: float | None
    difference: float | None
    difference_error: float | None
    verdict: str | None
    reason: str | None
    code_version: str

    @property
    def is_live(self) -> bool:
        """Whether it was written down while its instant was the present; those of a past one are never scored with it.

        Looking back (``--as-of``), whoever chose the markets or wrote the models may have known what came of them.
        A batch that took longer than ``LIVE_WITHIN`` counts with those: its prices were old by then.
        """
        return self.registered_at - self.as_of <= LIVE_WITHIN


def forecast_of(record: MarketSimulation, *, run_id: str, registered_at: datetime, code_version: str) -> Forecast:
    """The forecast that ``record`` amounts to."""
    used = [model for model in record.models if model.has_answer]
    told = record.estimate
    # Also where no model answered: what the market said then is known only now.
    market = market_view(record.context) if told is None else told.market
    return Forecast(
        forecast_id=f"{run_id}/{record.market_id}",
        run_id=run_id,
        market_id=record.market_id,
        is_synthetic=record.is_synthetic,
        as_of=record.context.as_of,
        registered_at=registered_at,
        closes_at=record.context.closes_at,
        status=record.status,
        author="+".join(dict.fromkeys(model.author for model in used or record.models)),
        kind=_weakest([model.kind for model in used or record.models]),
        anchoring=None if told is None or told.anchoring is None else told.anchoring.value,
        models=len(used),
        probability=None if told is None else told.model_probability,
        sampling_error=None if told is None else told.sampling_error,
        low=None if told is None else told.low,
        high=None if told is None else told.high,
        market_probability=None if market is None else market.probability,
        market_error=None if market is None else market.standard_error,
        combined=None if told is None else told.combined,
        difference=None if told is None else told.difference,
        difference_error=None if told is None else told.difference_error,
        verdict=None if told is None else told.verdict.value,
        reason=record.problem,
        code_version=code_version,
    )


def _weakest(kinds: list[AuthorKind]) -> AuthorKind | None:
    order = (AuthorKind.FALLBACK, AuthorKind.BUILTIN, AuthorKind.WRITTEN)
    return min(kinds, key=order.index, default=None)
