"""One file a command of ``edgeworth``: arguments in, one library or flow call, a table or JSON out."""
