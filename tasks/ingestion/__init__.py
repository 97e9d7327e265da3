"""Ingest: reading the venues, page by page, into the catalogue and the history."""
