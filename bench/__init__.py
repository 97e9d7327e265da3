"""Speed and memory, as ratios against a named peer or a floor within one run: ``make bench``, never the tests."""
