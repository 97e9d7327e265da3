"""The SQL database as others see it: how it is opened, and the catalogue in it.

The parts: ``connection`` (opening, transactions, failures), ``migrate`` and ``migrations/``, ``schema`` (tables),
``rows`` (values to rows and back), ``upsert`` (bulk writes), ``page_fold`` (which record replaces which), ``catalogue``
(pages and walks), ``queries`` and ``trading`` (questions), ``runs``; of discovery ``vectors`` and ``findings``; of
simulation ``simulations``. Of the replay ``trials`` is imported by itself: it brings the compiled kernels along.
"""

from edgeworth.adapters.storage.catalogue import SqlCatalogue
from edgeworth.adapters.storage.connection import open_database
from edgeworth.adapters.storage.findings import SqlMatches, SqlOpportunities
from edgeworth.adapters.storage.queries import MarketOrder, StoredRefusal
from edgeworth.adapters.storage.rows import Revision
from edgeworth.adapters.storage.runs import Run
from edgeworth.adapters.storage.simulations import SqlSimulations
from edgeworth.adapters.storage.vectors import SqlEmbeddings

__all__ = [
    "MarketOrder",
    "Revision",
    "Run",
    "SqlCatalogue",
    "SqlEmbeddings",
    "SqlMatches",
    "SqlOpportunities",
    "SqlSimulations",
    "StoredRefusal",
    "open_database",
]
