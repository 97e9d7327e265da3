"""Discovery: opportunities inside a market, an event or a ladder, and pairs of markets that are the same bet.

The way of a pair: *recall* (embedding and lexical neighbours under structural filters) proposes, the *reading* turns
each text into typed slots with the words they came from, the *decision* compares slots and says what follows, with
evidence, or abstains. A cosine never decides. The way of an opportunity: payoffs by state, books walked leg by leg,
fees, capacity, the state in which it loses.

Public: ``texts`` (what is read), ``reading`` (slots of one text), ``decision`` (verdict on two), ``embedding`` and
``neighbours`` (recall), ``opportunity`` and what finds them, ``evaluation`` (scores against labels). HTTP, SQL and
files never enter; vectors come through the ``Embedder`` port.
"""
