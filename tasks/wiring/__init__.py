"""The one place where adapters are built, from settings, for the time of a block.

Everything else receives ports. Nothing is built at import, and what is slow to import waits until it is needed: a
module is imported when one of its names is first asked for, so that a command that lists markets does not wait for the
clients of venues and services. Others use the names given here; which module holds them is the wiring's own business.
"""

# ruff: noqa: I001  one import a module, where names are handed on

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

_NAMES = {
    "bars": ("recorded_bars",),
    "books": ("BookSources", "open_book_sources"),
    "embedders": ("LOCAL_MODELS", "NO_MODEL", "ChosenEmbedder", "build_embedder", "choose_embedder"),
    "objects": ("open_objects",),
    "probes": ("service_probes",),
    "recordings": ("FILE_PREFIX", "recorded_items"),
    "sandboxes": ("SANDBOXES", "build_sandbox_provider", "choose_sandbox", "reap_sandboxes"),
    "services": ("MODEL_KEYS", "RESEARCH_FOLDER", "RESEARCH_KEYS", "build_language_model", "build_research"),
    "site": ("build_site", "open_site"),
    "sources": ("NETWORK_SOURCES", "check_sources", "open_source", "public_name"),
    "storage": ("Storage", "open_storage"),
    "synthetic": ("SYNTHETIC_STEP_SECONDS", "serve_synthetic", "synthetic_settings", "synthetic_world"),
    "venues": ("OpenVenue", "SourceOptions"),
}

if TYPE_CHECKING:
    from tasks.wiring.bars import recorded_bars as recorded_bars
    from tasks.wiring.books import BookSources as BookSources, open_book_sources as open_book_sources
    from tasks.wiring.embedders import (
        LOCAL_MODELS as LOCAL_MODELS,
        NO_MODEL as NO_MODEL,
        ChosenEmbedder as ChosenEmbedder,
        build_embedder as build_embedder,
        choose_embedder as choose_embedder,
    )
    from tasks.wiring.objects import open_objects as open_objects
    from tasks.wiring.probes import service_probes as service_probes
    from tasks.wiring.recordings import FILE_PREFIX as FILE_PREFIX, recorded_items as recorded_items
    from tasks.wiring.sandboxes import (
        SANDBOXES as SANDBOXES,
        build_sandbox_provider as build_sandbox_provider,
        choose_sandbox as choose_sandbox,
        reap_sandboxes as reap_sandboxes,
    )
    from tasks.wiring.services import (
        MODEL_KEYS as MODEL_KEYS,
        RESEARCH_FOLDER as RESEARCH_FOLDER,
        RESEARCH_KEYS as RESEARCH_KEYS,
        build_language_model as build_language_model,
        build_research as build_research,
    )
    from tasks.wiring.site import build_site as build_site, open_site as open_site
    from tasks.wiring.sources import (
        NETWORK_SOURCES as NETWORK_SOURCES,
        check_sources as check_sources,
        open_source as open_source,
        public_name as public_name,
    )
    from tasks.wiring.storage import Storage as Storage, open_storage as open_storage
    from tasks.wiring.synthetic import (
        SYNTHETIC_STEP_SECONDS as SYNTHETIC_STEP_SECONDS,
        serve_synthetic as serve_synthetic,
        synthetic_settings as synthetic_settings,
        synthetic_world as synthetic_world,
    )
    from tasks.wiring.venues import OpenVenue as OpenVenue, SourceOptions as SourceOptions
else:
    _MODULE_OF = {name: module for module, names in _NAMES.items() for name in names}

    def __getattr__(name: str) -> Any:
        if name not in _MODULE_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
