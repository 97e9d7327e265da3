"""What runs leave in `results/`: a folder each, the index of them all, and a copy elsewhere where one is asked for."""
