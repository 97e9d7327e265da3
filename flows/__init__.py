"""Prefect flows, one pipeline a file, and the command line. Order, fan-out and names; no arithmetic."""
