"""A batch of simulations: chosen, gathered, simulated market by market, published, and scored later."""
