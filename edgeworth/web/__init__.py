"""The read-only site over the store and the results: what a browser is shown, and what it is never shown.

Pages take values from the ports in ``ports.py`` and templates from ``edgeworth.reports`` and from here. Nothing is
written, nothing is asked of a venue, and no route changes anything.
"""
