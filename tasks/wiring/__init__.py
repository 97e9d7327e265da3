"""The one place where adapters are built, from settings, for the time of a block.

Everything else receives ports. Nothing is built at import, and what is slow to import waits until it is needed. Others
use the names given here; which module holds them is the wiring's own business.
"""

from tasks.wiring.books import BookSources, open_book_sources
from tasks.wiring.embedders import LOCAL_MODELS, NO_MODEL, ChosenEmbedder, build_embedder, choose_embedder
from tasks.wiring.probes import service_probes
from tasks.wiring.recordings import FILE_PREFIX, recorded_items
from tasks.wiring.sandboxes import SANDBOXES, build_sandbox_provider, choose_sandbox, reap_sandboxes
from tasks.wiring.services import (
    MODEL_KEYS,
    RESEARCH_FOLDER,
    RESEARCH_KEYS,
    build_language_model,
    build_research,
)
from tasks.wiring.sources import NETWORK_SOURCES, check_sources, open_source, public_name
from tasks.wiring.storage import Storage, open_storage
from tasks.wiring.synthetic import (
    SYNTHETIC_STEP_SECONDS,
    serve_synthetic,
    synthetic_settings,
    synthetic_world,
)
from tasks.wiring.venues import OpenVenue, SourceOptions

__all__ = [
    "FILE_PREFIX",
    "LOCAL_MODELS",
    "MODEL_KEYS",
    "NETWORK_SOURCES",
    "NO_MODEL",
    "RESEARCH_FOLDER",
    "RESEARCH_KEYS",
    "SANDBOXES",
    "SYNTHETIC_STEP_SECONDS",
    "BookSources",
    "ChosenEmbedder",
    "OpenVenue",
    "SourceOptions",
    "Storage",
    "build_embedder",
    "build_language_model",
    "build_research",
    "build_sandbox_provider",
    "check_sources",
    "choose_embedder",
    "choose_sandbox",
    "open_book_sources",
    "open_source",
    "open_storage",
    "public_name",
    "reap_sandboxes",
    "recorded_items",
    "serve_synthetic",
    "service_probes",
    "synthetic_settings",
    "synthetic_world",
]
