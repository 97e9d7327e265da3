"""Edgeworth's library: markets, matching, simulation and honest records, usable without an orchestrator.

Nothing in here imports prefect, flows or tasks; only ``edgeworth.adapters`` talks to the outside.
"""

__version__ = "0.1.0"
