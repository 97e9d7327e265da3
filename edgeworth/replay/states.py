"""The loops of ``kernels`` one value at a time: what an indicator remembers between two bars when it runs live.

Each does the same operations in the same order as its twin, so that both agree to the last bit.
"""

from __future__ import annotations

import math

NAN = math.nan


class RollingMean:
    """Twin of ``kernels.rolling_mean``."""

    __slots__ = ("_block", "_ends", "_n", "_place", "_so_far")

    def __init__(self, n: int) -> None:
        self._n = n
        self._block = [0.0] * n
        self._ends = [*[NAN] * n, 0.0]
        self._so_far = 0.0
        self._place = 0

    def push(self, x: float) -> float:
        """The value after one more ``x``."""
        place = self._place
        self._block[place] = x
        self._so_far = so_far = self._so_far + x
        self._place = place = place + 1
        value = (self._ends[place] + so_far) / self._n
        if place == self._n:
            self._next_block()
        return value

    def _next_block(self) -> None:
        ends, block = self._ends, self._block
        for k in range(self._n - 1, -1, -1):
            ends[k] = ends[k + 1] + block[k]
        self._so_far = 0.0
        self._place = 0


class RollingZ:
    """Twin of ``kernels.rolling_z``."""

    __slots__ = ("_block", "_mean", "_means", "_n", "_place", "_square", "_squares")

    def __init__(self, n: int) -> None:
        self._n = n
        self._block = [0.0] * n
        self._means = [*[NAN] * n, 0.0]
        self._squares = [*[NAN] * n, 0.0]
        self._mean = self._square = 0.0
        self._place = 0

    def push(self, x: float) -> float:
        """The value after one more ``x``."""
        n = self._n
        self._block[self._place] = x
        self._place = place = self._place + 1
        gap = x - self._mean
        self._mean += gap / place
        self._square += gap * (x - self._mean)
        before = self._means[place]
        apart = self._mean - before
        joined = before + apart * (place / n)
        whole = self._squares[place] + self._square + apart * apart * ((n - place) * place / n)
        if place == n:
            self._next_block()
        return (x - joined) / math.sqrt(whole / (n - 1)) if whole > 0.0 else NAN

    def _next_block(self) -> None:
        block, means, squares, n = self._block, self._means, self._squares, self._n
        for k in range(n - 1, -1, -1):
            gap = block[k] - means[k + 1]
            means[k] = means[k + 1] + gap / (n - k)
            squares[k] = squares[k + 1] + gap * (block[k] - means[k])
        self._mean = self._square = 0.0
        self._place = 0


class Smoothed:
    """Twin of ``kernels.smoothed``."""

    __slots__ = ("_n", "_seen", "_value", "_weight")

    def __init__(self, n: int, weight: float) -> None:
        self._n = n
        self._weight = weight
        self._seen = 0
        self._value = 0.0

    def push(self, x: float) -> float:
        """The value after one more ``x``."""
        if self._seen >= self._n:
            self._value += self._weight * (x - self._value)
            return self._value
        self._value += x
        self._seen += 1
        if self._seen < self._n:
            return NAN
        self._value /= self._n
        return self._value


class AverageTrueRange:
    """Twin of ``kernels.average_true_range``."""

    __slots__ = ("_before", "_n", "_place", "_value", "_weight")

    def __init__(self, n: int) -> None:
        self._n = n
        self._weight = 1.0 / n
        self._place = 0
        self._before = self._value = 0.0

    def push(self, high: float, low: float, close: float) -> float:
        """The value after one more bar."""
        before, self._before = self._before, close
        # As ``max`` and ``min`` would say, in a third of the time.
        true_range = (high if high > before else before) - (low if low < before else before)  # noqa: FURB136
        if self._place > self._n:
            self._value = value = self._value + self._weight * (true_range - self._value)
            return value
        place, self._place = self._place, self._place + 1
        if place == 0:
            return NAN
        self._value += true_range
        if place < self._n:
            return NAN
        self._value /= self._n
        return self._value


class SessionBreaks:
    """Twin of ``kernels.session_breaks``."""

    __slots__ = ("_bottom", "_ends", "_last_bottom", "_last_top", "_seconds", "_sessions", "_top")

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds
        self._ends = -(2**62)
        self._sessions = 0
        self._top = self._bottom = self._last_top = self._last_bottom = 0.0

    def push(self, opens_at: int, high: float, low: float, close: float) -> float:
        """The value after one more bar."""
        if opens_at >= self._ends:
            self._ends = (opens_at // self._seconds + 1) * self._seconds
            self._sessions += 1
            self._last_top, self._last_bottom = self._top, self._bottom
            self._top, self._bottom = high, low
        else:
            self._top = max(self._top, high)
            self._bottom = min(self._bottom, low)
        if self._sessions <= 2:
            return NAN
        return 1.0 if close > self._last_top else (-1.0 if close < self._last_bottom else 0.0)
