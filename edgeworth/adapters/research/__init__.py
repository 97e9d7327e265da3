"""Research: what was published about a question until an instant, through Exa or Perplexity.

Each service implements ``edgeworth.ports.Research``. What counts as known by then is decided in one place,
``screening``, for all of them; ``memory`` keeps answers that were paid for.
"""
