"""Replay: a strategy over the past, bar by bar, and the same past run only where it matters, proven equal.

Values in, values out: no clock, no adapters, no orchestrator, no unseeded chance.
``bars`` checks the columns; ``indicators`` and ``screener`` read them; ``loop`` runs a ``strategy`` over all of them or
over windows; ``parity`` and ``truncation`` say whether that can be believed; ``metrics``, ``selection`` and ``sweep``
what came of it.
"""
