"""Polymarket: Gamma (events and markets), CLOB (prices, books, stream) and Data API (trades).

``wire`` names the payload types, ``parse`` turns payloads into domain values, ``client`` asks, ``stream`` listens.
Wire spellings such as ``conditionId`` never leave this package.
"""
