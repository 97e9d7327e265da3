"""Discovery: which markets are the same bet, and what can be traded between them."""
