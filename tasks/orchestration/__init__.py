"""Prefect itself: which server, what it needs to hold, on what its tasks run."""
