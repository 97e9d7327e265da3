"""The synthetic venue: a seeded world with known truth, served over HTTP as the real exchanges would.

``world`` holds what is true (pure, no I/O), the ``*_payloads`` modules say it in the words of each exchange, the
``*_routes`` modules answer requests, and ``server`` puts them on a port. Nothing here ever reaches a real venue.
"""
