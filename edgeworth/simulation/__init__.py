"""Simulation: from a market and what was known of it to a probability, by a model that runs in a sandbox."""
