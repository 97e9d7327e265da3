"""Probability, pure: prices to probabilities, intervals, scores and the uncertainty of scores.

Numbers and arrays in, numbers and arrays out. No market, no venue, no model, no clock; generators are passed in.

- ``log_odds``: the scale on which beliefs and prices move.
- ``devig``: prices of exclusive outcomes to probabilities (proportional, power, Shin).
- ``intervals``: what a share of hits says about a chance (Wilson), and of draws about a quantity.
- ``scoring``: Brier with its decomposition, log score with stated clipping, calibration.
- ``resampling``: whether a difference of scores is more than noise (paired, by cluster).
"""
