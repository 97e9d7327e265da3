"""The vocabulary: venues, events, markets, outcomes, books, trades, resolutions and fees; choosing a universe.

Values and pure functions. This room knows nothing of the rooms above it.
"""
