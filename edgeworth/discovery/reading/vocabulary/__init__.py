"""Tables of words: what spellings mean one thing, and which words carry nothing. Data only; no rule enters."""
