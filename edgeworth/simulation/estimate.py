"""Model against market: two probabilities of outcome 0, how far they are apart, and whether that is more than noise.

Four kinds of doubt, kept apart and shown apart:

- sampling: a finite number of runs; more runs help;
- belief: what the models are not sure of themselves;
- between models: how far several models of one market differ beyond their sampling noise;
- market: how far a price may stand from what the market thinks (half the spread either way, and passing noise).

Nothing here says what to do. A model that follows the price (``anchored``), or that was never tested for it, shows no
discrepancy: its difference is its own noise. The combination is a mean in log-odds; ``EstimateRule.model_weight`` says
how much an independent model counts, and is small because markets have mostly been the better forecasters (a
simulation-fed forecaster scored a Brier of 0.0957 where its market had 0.064: koala73/worldmonitor#7066).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

import numpy as np
from msgspec import Struct

from edgeworth.errors import ConfigurationError, DataError
from edgeworth.probability.devig import power
from edgeworth.probability.log_odds import pool
from edgeworth.simulation.context import KnownQuote, Sibling, SimulationContext
from edgeworth.simulation.result import Anchoring, SimulationResult, SimulationStatus

NORMAL_90: Final = 1.6448536269514722


class EstimateRule(Struct, frozen=True, kw_only=True):
    """Parameters of the comparison; recorded with every estimate.

    Attributes:
        model_weight: Share of the model in the combination, in log-odds, when it is independent; the market has the
            rest. An anchored model counts nothing: the market already holds what it says.
        market_noise: Passing noise of a price, as a deviation in log-odds, where nothing else is known.
        worth_a_look: Distances in standard errors from which a difference is worth a look.
        strong: Likewise for strong. Three, because many markets are looked at: of a thousand without any discrepancy
            about three lie that far out.
        oldest_quote_seconds: An older quote is shown and combined, but no difference from it means anything: the market
            may have moved since. Siblings with older quotes do not free a price of its margin either.
    """

    model_weight: float = 0.25
    market_noise: float = 0.1
    worth_a_look: float = 2.0
    strong: float = 3.0
    oldest_quote_seconds: float = 86_400.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.model_weight <= 1.0 or not self.market_noise >= 0.0:
            raise ConfigurationError(f"expected a weight between 0 and 1 and no negative noise, found {self}")
        if not 0.0 < self.worth_a_look <= self.strong:
            raise ConfigurationError(f"expected worth a look above 0 and at most strong, found {self}")


class Verdict(StrEnum):
    """How a difference compares with its own noise."""

    INSIDE_NOISE = "inside_noise"
    WORTH_A_LOOK = "worth_a_look"
    STRONG = "strong"
    NOT_COMPARABLE = "not_comparable"
    """The models are anchored or untested, or the market has no price of now: there is no discrepancy to speak of."""


class MarketView(Struct, frozen=True, kw_only=True):
    """What the market says of outcome 0.

    Attributes:
        method: ``mid``, or ``mid, power`` when the mids of a complete exclusive event were freed of their margin.
        age_seconds: Of the quote.
        spread: Dollars.
        standard_error: Of the probability, from spread and passing noise.
    """

    probability: float
    method: str
    age_seconds: float
    spread: float
    standard_error: float


class Estimate(Struct, frozen=True, kw_only=True):
    """One market's estimate, for outcome 0.

    Attributes:
        model_probability: Mean of the models'.
        sampling_error: Of it.
        belief_deviation: Mean doubt of the models.
        between_models: Deviation of the models from each other beyond sampling; ``None`` with one model.
        low, high: Where the models put the true probability, 90 %; ``None`` unless all of them say.
        difference: Model minus market, with its standard error; ``None`` when not comparable.
        combined: Market and model together; the model alone when the market has no price.
        model_weight: Share that the model had in it.
    """

    market_id: str
    models: int
    anchoring: Anchoring | None
    model_probability: float
    sampling_error: float
    belief_deviation: float | None
    between_models: float | None
    low: float | None
    high: float | None
    market: MarketView | None
    difference: float | None
    difference_error: float | None
    combined: float
    model_weight: float
    verdict: Verdict

    @property
    def sure_difference(self) -> float:
        """What is left of the difference after 90 % of its noise, in probability; 0 inside noise. What to sort by."""
        if self.difference is None or self.difference_error is None or self.verdict is Verdict.INSIDE_NOISE:
            return 0.0
        return max(0.0, abs(self.difference) - NORMAL_90 * self.difference_error)


def market_view(context: SimulationContext, rule: EstimateRule = EstimateRule()) -> MarketView | None:  # noqa: B008
    """The market's probability of outcome 0; ``None`` without two sides that fit together: a mid is never made up."""
    quote = context.quote
    sides = None if quote is None else _sides(quote)
    if quote is None or sides is None:
        return None
    bid, ask = sides
    mid, spread = (bid + ask) / 2.0, ask - bid
    freed = _freed_of_margin(context, mid, rule.oldest_quote_seconds)
    probability = mid if freed is None else freed
    noise = rule.market_noise * probability * (1.0 - probability)
    return MarketView(
        probability=probability,
        method="mid" if freed is None else "mid, power",
        age_seconds=quote.age_seconds,
        spread=spread,
        standard_error=math.hypot(spread / math.sqrt(12.0), noise),
    )


def estimate(
    context: SimulationContext,
    results: Sequence[SimulationResult],
    rule: EstimateRule = EstimateRule(),  # noqa: B008
) -> Estimate:
    """Compare the models that ran with the market.

    Args:
        context: What they were asked about.
        results: Of one or several models; those that did not end well are passed over.
        rule: Parameters.

    Raises:
        DataError: No model ended well.
    """
    good = [result for result in results if result.status is SimulationStatus.OK]
    if not good:
        raise DataError(f"expected at least one model of {context.market_id} that ended well, found none")
    probabilities = np.array([result.outcomes[0].probability for result in good])
    errors = np.array([result.outcomes[0].standard_error for result in good])
    model = float(probabilities.mean())
    sampling = float(math.sqrt((errors**2).sum()) / len(good))
    beliefs = [result.belief for result in good if result.belief is not None]
    belief = math.sqrt(sum(one.deviation**2 for one in beliefs) / len(beliefs)) if beliefs else None
    says_all = len(beliefs) == len(good)
    spread = between_models(probabilities.tolist(), errors.tolist())
    anchoring = _together(good)
    market = market_view(context, rule)
    is_independent = anchoring is Anchoring.INDEPENDENT
    difference = error = None
    if market is not None and is_independent and market.age_seconds <= rule.oldest_quote_seconds:
        difference = model - market.probability
        error = math.sqrt(
            sampling**2 + (belief or 0.0) ** 2 + (spread or 0.0) ** 2 / len(good) + market.standard_error**2
        )
    weight = 1.0 if market is None else rule.model_weight if is_independent else 0.0
    return Estimate(
        market_id=context.market_id,
        models=len(good),
        anchoring=anchoring,
        model_probability=model,
        sampling_error=sampling,
        belief_deviation=belief,
        between_models=spread,
        low=min(one.low for one in beliefs) if says_all else None,
        high=max(one.high for one in beliefs) if says_all else None,
        market=market,
        difference=difference,
        difference_error=error,
        combined=model if market is None else pool([model, market.probability], [weight, 1.0 - weight]),
        model_weight=weight,
        verdict=_verdict(difference, error, rule),
    )


def between_models(probabilities: Sequence[float], errors: Sequence[float]) -> float | None:
    """Deviation of models from each other that sampling does not explain; ``None`` with fewer than two.

    The variance of the answers minus the mean of their squared standard errors, never below zero.
    """
    if len(probabilities) < 2:
        return None
    excess = float(np.var(probabilities, ddof=1) - np.mean(np.square(errors)))
    return math.sqrt(max(0.0, excess))


def in_order(estimates: Sequence[Estimate]) -> list[Estimate]:
    """Strongest first: by verdict, then by what is left of the difference after its noise, then by market id."""
    rank = {Verdict.STRONG: 0, Verdict.WORTH_A_LOOK: 1, Verdict.INSIDE_NOISE: 2, Verdict.NOT_COMPARABLE: 3}
    return sorted(estimates, key=lambda one: (rank[one.verdict], -one.sure_difference, one.market_id))


def _together(results: Sequence[SimulationResult]) -> Anchoring | None:
    """Independent only when every model is; ``None`` when one was not tested and none is anchored."""
    labels = {result.label for result in results}
    if Anchoring.ANCHORED in labels:
        return Anchoring.ANCHORED
    return None if None in labels else Anchoring.INDEPENDENT


def _verdict(difference: float | None, error: float | None, rule: EstimateRule) -> Verdict:
    if difference is None or error is None:
        return Verdict.NOT_COMPARABLE
    distance = math.inf if error == 0.0 else abs(difference) / error
    if difference == 0.0 or distance < rule.worth_a_look:
        return Verdict.INSIDE_NOISE
    return Verdict.STRONG if distance >= rule.strong else Verdict.WORTH_A_LOOK


def _freed_of_margin(context: SimulationContext, mid: float, oldest_seconds: float) -> float | None:
    """The mid's share of a complete exclusive event, all of whose markets are quoted on both sides, not long ago."""
    event = context.event
    if event is None or not event.is_exclusive or not event.is_complete or not event.siblings:
        return None
    if any((context.as_of - sibling.observed_at).total_seconds() > oldest_seconds for sibling in event.siblings):
        return None
    sides = [_sides(sibling) for sibling in event.siblings]
    mids = [(one[0] + one[1]) / 2.0 for one in sides if one is not None]
    known = [one for one in mids if 0.0 < one < 1.0]
    if len(known) != len(sides) or not 0.0 < mid < 1.0:
        return None
    return float(power([mid, *known])[0])


def _sides(quoted: KnownQuote | Sibling) -> tuple[float, float] | None:
    """Bid and ask; ``None`` also where the bid stands above the ask, for then one of the two is not of now."""
    if quoted.bid is None or quoted.ask is None or quoted.bid > quoted.ask:
        return None
    return quoted.bid, quoted.ask
