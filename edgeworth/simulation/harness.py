"""Runs a model beside itself in the sandbox: tests it, calls it in batches, sums up. Standard library and numpy only.

This file travels: it is put next to the model in a sandbox, so it imports nothing of ours, never pickles, reads no
file and no clock but a stopwatch, and takes and gives plain JSON values. ``contract.py`` says what a model is.

``main(inputs)`` with ``inputs = {"model": source, "context": {...}, "options": {...}}`` gives a dict with ``status``:

- ``ok``: probabilities, intervals, drivers, checks, label, timing.
- ``abstained``: the model says why it has no answer.
- ``invalid``: ``problem`` says what is wrong, with the failing lines of ``model.py``, for whoever mends it.

Everything but ``timing`` is a function of the inputs. The tests find mistakes, not malice: a model shares this process
and could forge what it likes. What it may touch is the sandbox's business, what its answer is worth the scores'.
"""

from __future__ import annotations

import json
import linecache
import math
import sys
import time
import traceback
import types
from typing import Any

import numpy as np

CONTRACT = 1

DEFAULTS: dict[str, Any] = {
    "runs": 200,
    "batch": 100,
    "standard_error": 0.0,
    "seed": 0,
    "confidence": 0.95,
    "belief_confidence": 0.90,
    "validate": True,
    "check_runs": 64,
}
"""Most runs; runs a call; stop once every outcome's standard error is at most this (0: never); seed; confidence of the
Wilson interval and of the belief interval; whether to test the model first, and with how many runs."""

OPTIONAL: tuple[str, ...] = (
    *("rules", "category", "closes_at", "tick_size", "quote", "history"),
    *("event", "matched", "research", "spot", "claim"),
)
"""Fields of the context that a market may lack; a model must bear that."""

EMPTY = {"rules": "", "matched": [], "research": []}
"""How a context says that it has nothing, where that is not null."""

MOST_DRIVERS = 20
MOST_BELIEFS = 20_000
FEWEST_BELIEFS = 16
ANCHOR_RESPONSE = 0.2
"""A model that follows at least this share of a move of the price, in log-odds, is anchored to it."""

ECHO_PRICES = (0.3, 0.7)
"""Where the price is moved to, to see whether the answer follows."""

PERCENTILES = (5, 25, 50, 75, 95)
MODEL_FILE = "model.py"
NORMAL_QUANTILES = {0.90: 1.6448536269514722, 0.95: 1.959963984540054, 0.99: 2.5758293035489004}


class Invalid(Exception):  # noqa: N818
    """The model broke the contract; ``code`` is a stable word to count by."""

    def __init__(self, code: str, message: str, trace: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.trace = trace


class Abstained(Exception):  # noqa: N818
    """The model has no answer, and says why."""


class Draw:
    """What one call of a model gave, checked.

    Attributes:
        payouts: Runs by outcomes, each row summing to 1.
        is_sampled: Rows are all zeros and a one.
        drivers: What the answer depends on, per run.
        quantities: What came out besides, per run.
        beliefs: Draws of the probabilities themselves, or ``None``.
    """

    def __init__(
        self,
        payouts: Any,
        is_sampled: bool,  # noqa: FBT001
        drivers: dict[str, Any],
        quantities: dict[str, Any],
        beliefs: Any,
    ) -> None:
        self.payouts = payouts
        self.is_sampled = is_sampled
        self.drivers = drivers
        self.quantities = quantities
        self.beliefs = beliefs


def main(inputs: dict[str, Any]) -> dict[str, Any]:
    """What a sandbox calls."""
    return run(inputs["model"], inputs["context"], inputs.get("options") or {})


def run(source: str, context: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    """Test the model in ``source`` and run it on ``context``.

    Never raises for what the model does wrong, except out of memory, and what the sandbox itself forbids (OSError):
    those say more about the run than a line number would, and the sandbox reports them.
    """
    settings = {**DEFAULTS, **options}
    started = time.perf_counter()
    result: dict[str, Any] = {
        "contract": CONTRACT,
        "status": "ok",
        "problem": None,
        "checks": [],
        "seed": settings["seed"],
    }
    try:
        model = Model(source, context)
        loaded = time.perf_counter()
        if settings["validate"]:
            result.update(validate(model, settings))
        else:
            result.update({"label": None, "price_response": None})
        tested = time.perf_counter()
        result.update(simulate_in_batches(model, settings))
        result["timing"] = {
            "load_seconds": loaded - started,
            "check_seconds": tested - loaded,
            "run_seconds": time.perf_counter() - tested,
        }
    except Abstained as reason:
        result.update({"status": "abstained", "problem": {"code": "abstained", "message": str(reason), "trace": ""}})
    except Invalid as error:
        problem = {"code": error.code, "message": str(error), "trace": error.trace}
        result.update({"status": "invalid", "problem": problem})
    result.setdefault("timing", {"total_seconds": time.perf_counter() - started})
    return result


class Model:
    """A model's source, compiled, and the context it is asked about."""

    def __init__(self, source: str, context: dict[str, Any]) -> None:
        # So that a traceback can quote the lines: the model is no file.
        linecache.cache[MODEL_FILE] = (len(source), None, source.splitlines(keepends=True), MODEL_FILE)
        self._text = json.dumps(context)
        self.outcomes = len(context["outcomes"])
        self.labels = [str(outcome["label"]) for outcome in context["outcomes"]]
        # Some of the standard library (dataclasses) looks a class's module up by name.
        module = sys.modules["model"] = types.ModuleType("model")
        guarded("does_not_load", lambda: exec(compile(source, MODEL_FILE, "exec"), module.__dict__))  # noqa: S102
        self._simulate = getattr(module, "simulate", None)
        if not callable(self._simulate):
            raise Invalid("no_simulate", "expected a function simulate(context, runs, rng) in model.py, found none")

    def context(self) -> dict[str, Any]:
        """A fresh copy each time: a model may scribble on it."""
        copy: dict[str, Any] = json.loads(self._text)
        return copy

    def draw(self, runs: int, key: tuple[int, ...], context: dict[str, Any] | None = None) -> Draw:
        """One call of the model with a generator seeded by ``key``, checked."""
        given = self.context() if context is None else context
        rng = np.random.default_rng(np.random.SeedSequence(key))
        answer = guarded("raised", lambda: self._simulate(given, runs, rng))  # type: ignore[misc]
        return read_answer(answer, runs, self.outcomes)


def guarded(code: str, call: Any) -> Any:
    """``call()``; what the model raises becomes an ``Invalid`` with the lines of model.py that led there."""
    try:
        with np.errstate(all="ignore"):
            return call()
    except (MemoryError, OSError, Invalid):
        raise
    except Exception as error:  # noqa: BLE001 - whatever a model raises is told to whoever mends it
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == MODEL_FILE]
        trace = "".join(traceback.format_list(frames))
        if isinstance(error, SyntaxError):
            trace = "".join(traceback.format_exception_only(error))
        raise Invalid(code, f"{type(error).__name__}: {error}"[:2000], trace[-4000:]) from None


# --- reading what a model returned ------------------------------------------------------------------------------------


def read_answer(answer: Any, runs: int, outcomes: int) -> Draw:
    """Check shape, kind and bounds of what ``simulate`` returned.

    Raises:
        Abstained: The model has no answer.
        Invalid: It broke the contract.
    """
    if not isinstance(answer, dict):
        raise Invalid("not_a_dict", f"expected a dict, found {type(answer).__name__}")
    if "abstain" in answer:
        raise Abstained(str(answer["abstain"])[:500])
    unknown = sorted(str(key)[:40] for key in set(answer) - {"outcomes", "payouts", "drivers", "quantities", "beliefs"})
    if unknown:
        raise Invalid(
            "unknown_keys", f"expected outcomes or payouts, drivers, quantities, beliefs; found {unknown[:5]}"
        )
    if ("outcomes" in answer) == ("payouts" in answer):
        raise Invalid(
            "outcomes", "expected exactly one of outcomes (an index for each run) and payouts (runs by outcomes)"
        )
    if "outcomes" in answer:
        payouts = read_indices(answer["outcomes"], runs, outcomes)
    else:
        payouts = read_shares("payouts", answer["payouts"], outcomes)
        if payouts.shape[0] != runs:
            raise Invalid("shape", f"expected payouts of {runs} runs, found {payouts.shape[0]}")
    return Draw(
        payouts,
        "outcomes" in answer,
        read_named("drivers", answer.get("drivers"), runs),
        read_named("quantities", answer.get("quantities"), runs),
        read_beliefs(answer.get("beliefs"), outcomes),
    )


def read_indices(given: Any, runs: int, outcomes: int) -> Any:
    """Outcome indices as rows of zeros and a one. Truth values are refused: True would be index 1, which is No."""
    array = as_array("outcomes", given)
    if array.dtype.kind not in "iu":
        raise Invalid("kind", f"expected whole numbers, each the index of an outcome, found {array.dtype}")
    if array.shape != (runs,):
        raise Invalid("shape", f"expected {runs} outcomes, one a run, found the shape {array.shape}")
    if array.size and (array.min() < 0 or array.max() >= outcomes):
        raise Invalid("bounds", f"expected indices from 0 to {outcomes - 1}, found {array.min()} to {array.max()}")
    return np.eye(outcomes)[array.astype(np.int64)]


def read_shares(name: str, given: Any, outcomes: int) -> Any:
    """Rows of numbers within [0, 1], one for each outcome, that sum to 1."""
    array = as_array(name, given)
    if array.dtype.kind != "f" or array.ndim != 2 or array.shape[1] != outcomes:
        raise Invalid("shape", f"expected {name} as floats, rows of {outcomes}, found {array.dtype} {array.shape}")
    if not np.isfinite(array).all() or array.min(initial=0.0) < -1e-9 or array.max(initial=0.0) > 1.0 + 1e-9:
        raise Invalid("bounds", f"expected {name} within 0 and 1, none missing")
    if array.size and np.abs(array.sum(axis=1) - 1.0).max() > 1e-6:
        raise Invalid("bounds", f"expected {name} of each row to sum to 1")
    return np.clip(array, 0.0, 1.0)


def read_named(what: str, given: Any, runs: int) -> dict[str, Any]:
    """Named arrays of one finite number a run."""
    if given is None:
        return {}
    if not isinstance(given, dict) or len(given) > MOST_DRIVERS:
        raise Invalid(what, f"expected {what} as a dict of at most {MOST_DRIVERS} names to arrays")
    found = {}
    for name, values in given.items():
        array = as_array(what, values)
        if not isinstance(name, str) or not 0 < len(name) <= 60:
            raise Invalid(what, f"expected names of {what} of 1 to 60 characters, found {str(name)[:80]!r}")
        if array.dtype.kind not in "iufb" or array.shape != (runs,) or not np.isfinite(array.astype(float)).all():
            raise Invalid(what, f"expected {runs} finite numbers for {name!r}, found {array.dtype} {array.shape}")
        found[name] = array.astype(float)
    return found


def read_beliefs(given: Any, outcomes: int) -> Any:
    """Draws of the probabilities: rows of outcomes, or of two outcomes just the first."""
    if given is None:
        return None
    array = as_array("beliefs", given)
    if array.ndim == 1 and outcomes == 2 and array.dtype.kind == "f":
        array = np.stack([array, 1.0 - array], axis=1)
    beliefs = read_shares("beliefs", array, outcomes)
    if not FEWEST_BELIEFS <= beliefs.shape[0] <= MOST_BELIEFS:
        raise Invalid("beliefs", f"expected {FEWEST_BELIEFS} to {MOST_BELIEFS} beliefs, found {beliefs.shape[0]}")
    return beliefs


def as_array(name: str, given: Any) -> Any:
    """``given`` as an array of numbers."""
    array = guarded("kind", lambda: np.asarray(given))
    if array.dtype.kind not in "iufb":
        raise Invalid("kind", f"expected numbers as {name}, found {array.dtype}")
    return array


# --- tests before a model counts --------------------------------------------------------------------------------------


def validate(model: Model, settings: dict[str, Any]) -> dict[str, Any]:
    """Shape and bounds, seeds, missing fields, price echo.

    Raises:
        Invalid: The first test that fails.
        Abstained: The model has no answer for the full context.
    """
    runs, seed = settings["check_runs"], settings["seed"]
    first = model.draw(runs, (seed, 1))
    again = model.draw(runs, (seed, 1))
    other = model.draw(runs, (seed, 2))
    checks = [{"name": "shape and bounds", "passed": True, "detail": ""}]
    if not same(first, again):
        raise Invalid("not_repeatable", "expected the same answer for the same seed: draw from rng only")
    checks.append({"name": "same seed, same answer", "passed": True, "detail": ""})
    if same(first, other):
        raise Invalid("ignores_seed", "expected other draws for another seed: nothing in the answer comes from rng")
    checks.append({"name": "other seed, other draws", "passed": True, "detail": ""})
    abstentions = check_missing_fields(model, settings)
    detail = f"no answer without {', '.join(abstentions)}" if abstentions else ""
    checks.append({"name": "survives missing fields", "passed": True, "detail": detail})
    response = price_response(model, settings)
    is_anchored = response is not None and abs(response) >= ANCHOR_RESPONSE
    detail = "no price to move" if response is None else f"follows {response:.2f} of a move of the price"
    checks.append({"name": "price echo", "passed": True, "detail": detail})
    return {"checks": checks, "label": "anchored" if is_anchored else "independent", "price_response": response}


def same(one: Draw, other: Draw) -> bool:
    """Whether two draws are equal to the last bit."""
    if not np.array_equal(one.payouts, other.payouts) or one.drivers.keys() != other.drivers.keys():
        return False
    if one.quantities.keys() != other.quantities.keys():
        return False
    named = [(one.drivers, other.drivers), (one.quantities, other.quantities)]
    if not all(np.array_equal(a[name], b[name]) for a, b in named for name in a):
        return False
    return one.beliefs is None or (other.beliefs is not None and np.array_equal(one.beliefs, other.beliefs))


def check_missing_fields(model: Model, settings: dict[str, Any]) -> list[str]:
    """Call the model without each field that it has, and without all; the fields without which it abstains."""
    full = model.context()
    present = [name for name in OPTIONAL if full.get(name) not in (None, "", [], ())]
    abstentions = []
    for name, missing in [*((name, [name]) for name in present), ("all of these", present)]:
        context = model.context()
        context.update({field: EMPTY.get(field) for field in missing})
        if name == "all of these":
            for outcome in context["outcomes"]:
                outcome["price"] = None
        try:
            model.draw(settings["check_runs"], (settings["seed"], 3), context)
        except Abstained:
            abstentions.append(name)
        except Invalid as error:
            names = ", ".join(missing)
            raise Invalid("missing_field", f"without {names}: {error}", error.trace) from None
    return abstentions


def price_response(model: Model, settings: dict[str, Any]) -> float | None:
    """Which share of a move of the market's own price the answer follows, in log-odds; ``None`` without a price."""
    now = present_price(model.context())
    if now is None:
        return None
    runs = 4 * settings["check_runs"]
    answers = []
    for price in ECHO_PRICES:
        context = model.context()
        move_price(context, float(log_odds(price) - log_odds(now)))
        try:
            drawn = model.draw(runs, (settings["seed"], 4), context)
        except Abstained:
            return None
        answers.append((drawn.payouts[:, 0].sum() + 0.5) / (runs + 1.0))
    moved = log_odds(ECHO_PRICES[1]) - log_odds(ECHO_PRICES[0])
    return float((log_odds(answers[1]) - log_odds(answers[0])) / moved)


def present_price(context: dict[str, Any]) -> float | None:
    """The market's own price of outcome 0 as the context shows it."""
    quote = context.get("quote") or {}
    sides = [side for side in (quote.get("bid"), quote.get("ask")) if side is not None]
    history = (context.get("history") or {}).get("values") or []
    listed = context["outcomes"][0].get("price")
    if len(sides) == 2:
        return float(sum(sides) / 2.0)
    return float(history[-1]) if history else listed if listed is not None else sides[0] if sides else None


def move_price(context: dict[str, Any], by: float) -> None:
    """Move every mention of the market's own price by ``by`` log-odds, in place."""

    def moved(price: float | None, sign: float = 1.0) -> float | None:
        if price is None:
            return None
        return float(1.0 / (1.0 + math.exp(-(log_odds(price) + sign * by))))

    if context.get("quote"):
        context["quote"].update({side: moved(context["quote"].get(side)) for side in ("bid", "ask")})
    if context.get("history"):
        context["history"]["values"] = [moved(value) for value in context["history"]["values"]]
    for number, outcome in enumerate(context["outcomes"]):
        outcome["price"] = moved(outcome.get("price"), 1.0 if number == 0 else -1.0)


def log_odds(probability: float) -> float:
    """Kept a ten-thousandth away from 0 and 1: a price of 0 is a price below the last tick."""
    kept = min(max(probability, 1e-4), 1.0 - 1e-4)
    return math.log(kept / (1.0 - kept))


# --- the runs that count ----------------------------------------------------------------------------------------------


def simulate_in_batches(model: Model, settings: dict[str, Any]) -> dict[str, Any]:
    """Call the model until the standard error is small enough or the runs are used up, and sum up."""
    draws: list[Draw] = []
    done = 0
    while done < settings["runs"]:
        size = min(settings["batch"], settings["runs"] - done)
        draws.append(model.draw(size, (settings["seed"], 0, len(draws))))
        done += size
        if settings["standard_error"] > 0.0 and standard_errors(draws).max() <= settings["standard_error"]:
            break
    payouts = np.concatenate([draw.payouts for draw in draws])
    return {
        "runs": done,
        "asked_runs": settings["runs"],
        "batches": len(draws),
        "stopped_early": done < settings["runs"],
        "outcomes": outcome_rows(model.labels, payouts, standard_errors(draws), settings["confidence"]),
        "confidence": settings["confidence"],
        "belief": belief_row(draws, settings["belief_confidence"]),
        "drivers": named_rows([draw.drivers for draw in draws], payouts[:, 0]),
        "quantities": named_rows([draw.quantities for draw in draws], None),
    }


def standard_errors(draws: list[Draw]) -> Any:
    """Of each outcome's probability, from sampling alone.

    Of sampled outcomes one imagined run each way is added, so that ten misses in a row do not look like certainty.
    """
    payouts = np.concatenate([draw.payouts for draw in draws])
    if draws[0].is_sampled:
        hits = payouts.sum(axis=0) + 1.0
        share = hits / (len(payouts) + 2.0)
        return np.sqrt(share * (1.0 - share) / (len(payouts) + 2.0))
    if len(payouts) < 2:
        return np.full(payouts.shape[1], 0.5)
    return payouts.std(axis=0, ddof=1) / math.sqrt(len(payouts))


def outcome_rows(labels: list[str], payouts: Any, errors: Any, confidence: float) -> list[dict[str, Any]]:
    """Probability of each outcome, with its standard error and Wilson interval."""
    rows = []
    for number, label in enumerate(labels):
        share = float(payouts[:, number].mean())
        low, high = wilson(share, len(payouts), confidence)
        row = {"label": label, "probability": share, "standard_error": float(errors[number]), "low": low, "high": high}
        rows.append(row)
    return rows


def wilson(share: float, count: int, confidence: float) -> tuple[float, float]:
    """Wilson's interval; wide enough also for payouts between 0 and 1, whose mean never varies more than hits do."""
    z = NORMAL_QUANTILES.get(round(confidence, 2)) or normal_quantile(0.5 + confidence / 2.0)
    centre = share + z * z / (2.0 * count)
    reach = z * math.sqrt(max(share * (1.0 - share), 0.0) / count + z * z / (4.0 * count * count))
    scale = 1.0 + z * z / count
    return max(0.0, (centre - reach) / scale), min(1.0, (centre + reach) / scale)


def normal_quantile(level: float) -> float:
    """By bisection of the error function: the standard library has no other without statistics' import time."""
    low, high = -10.0, 10.0
    for _ in range(80):
        middle = (low + high) / 2.0
        if 0.5 * (1.0 + math.erf(middle / math.sqrt(2.0))) < level:
            low = middle
        else:
            high = middle
    return (low + high) / 2.0


def belief_row(draws: list[Draw], confidence: float) -> dict[str, Any] | None:
    """Where the true probability of outcome 0 may lie, by the model's own doubt about its inputs."""
    given = [draw.beliefs[:, 0] for draw in draws if draw.beliefs is not None]
    if not given:
        return None
    beliefs = np.concatenate(given)
    low, high = np.quantile(beliefs, [(1.0 - confidence) / 2.0, (1.0 + confidence) / 2.0])
    return {
        "confidence": confidence,
        "low": float(low),
        "high": float(high),
        "mean": float(beliefs.mean()),
        "deviation": float(beliefs.std()),
        "draws": int(beliefs.size),
    }


def named_rows(parts: list[dict[str, Any]], answer: Any) -> list[dict[str, Any]]:
    """Percentiles of each named array, and for drivers how far the answer hangs on it."""
    rows = []
    for name in sorted(set.intersection(*(set(part) for part in parts))):
        values = np.concatenate([part[name] for part in parts])
        row: dict[str, Any] = {"name": name}
        row.update({f"p{level}": float(value) for level, value in zip(PERCENTILES, np.percentile(values, PERCENTILES))})  # noqa: B905
        if answer is not None:
            row.update(sensitivity(values, answer))
        rows.append(row)
    return rows


def sensitivity(values: Any, answer: Any) -> dict[str, float | None]:
    """How outcome 0 goes with a driver.

    ``correlation`` is of ranks; ``swing`` is the probability in the driver's highest fifth minus that in its lowest,
    with its standard error. All ``None`` for a driver that does not vary.
    """
    if values.min() == values.max():
        return {"correlation": None, "swing": None, "swing_standard_error": None}
    low, high = np.percentile(values, [20, 80])
    bottom, top = answer[values <= low], answer[values >= high]
    error = math.sqrt(sum(float(part.var()) / len(part) for part in (bottom, top)))
    return {
        "correlation": rank_correlation(values, answer),
        "swing": float(top.mean() - bottom.mean()),
        "swing_standard_error": error,
    }


def rank_correlation(values: Any, answer: Any) -> float | None:
    """Spearman's, with ties at their mean rank; ``None`` when the answer does not vary."""
    if answer.min() == answer.max():
        return None
    return float(np.corrcoef(mean_ranks(values), mean_ranks(answer))[0, 1])


def mean_ranks(values: Any) -> Any:
    """Rank of each value, equal values at the mean of their ranks."""
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return (ends - (counts - 1) / 2.0)[which]
