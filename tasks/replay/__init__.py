"""Replay: bars read, screened, replayed in full or around candidates, compared, swept, and published."""
