"""The edge: the only place that imports httpx, websockets, sqlalchemy and other libraries that reach outside.

One package a service. Each implements ports of ``edgeworth.ports``; payload types and SQL rows never leave it.
Nothing is imported here, so that asking for one adapter does not load them all.
"""
