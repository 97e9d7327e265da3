"""Simulation: from a market and what was known of it at an instant to a probability, and how sure that is.

One market goes this way; each step is a pure function, and nothing but ``context.json`` reaches a model:

1. ``context``: what may be known at ``as_of``. Later material cannot be put in; what was left out is counted.
2. ``builtin.choose`` (or a model author): a ``model.py`` with one function ``simulate``, see ``contract``.
3. ``harness``: ours, runs beside the model in a ``sandbox``. Tests the model (shape, seeds, missing fields, whether it
   only echoes the price), runs it in batches until the standard error is small enough, sums up.
4. ``result``: what comes back is hostile text until it has been read and checked here.
5. ``estimate``: model against market. Three kinds of doubt stay apart: sampling noise (more runs help), the model's
   doubt about its own inputs (``belief``), and the spread between models.

How far a price may stand from the truth is one set of parameters, ``departure``. No venue, HTTP, SQL, clock or
language model here; generators are seeded by arguments.
"""
