"""Kalshi's public API (trade API v2) as ports: ``wire`` payload types, ``parse`` pure, ``client`` requests."""
