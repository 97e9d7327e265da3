"""Finding opportunities: states, payoffs, books walked leg by leg, and those who look for each shape.

Public: ``find_opportunities(snapshot, as_of)`` in ``finding``, and what it reads in ``snapshot``. The values that come
out are in ``edgeworth.discovery.opportunity``.
"""
