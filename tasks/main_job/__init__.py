"""The main job: ingest, discovery and simulation as the parts of one report."""
