"""Embedders: turning the words of markets into vectors, on this machine or through OpenAI.

Each module implements ``edgeworth.discovery.ports.Embedder``. Stores, neighbours and decisions never enter.
"""
