"""``index.html`` beside the runs: what ran, newest first, for whoever opens the folder without the site.

Written anew after each run, out of the store and whole: what a run finds there it replaces. Runs that end at once write
one after the other, and each reads the store after its own end stands in it, so the last one tells of all. Bounded like
the site's own page (``index_page.MOST_RUNS``), so a folder of thousands of runs costs no more than one of hundreds.
"""

from __future__ import annotations

import logging
from urllib.parse import quote

from filelock import FileLock, Timeout

from edgeworth.errors import EdgeworthError
from edgeworth.reports.index_page import INDEX_PAGE, render_index
from edgeworth.reports.rendering import minute
from edgeworth.web import run_files
from edgeworth.web.ports import Site
from edgeworth.web.run_index import told_runs
from tasks import wiring
from tasks.results import elsewhere
from tasks.results.building import write_whole
from tasks.settings import Settings

ALL_RUNS = f"../{INDEX_PAGE}"
"""Address of the index from the page of a run."""

LOCK = f".{INDEX_PAGE}.lock"
"""Beside the page: whoever writes it takes the same lock, whatever data folder it has."""
LOCK_SECONDS = 10.0
"""An index takes a fraction of a second; whoever waits longer leaves it to those who hold it."""

logger = logging.getLogger(__name__)


def tell_of_runs(settings: Settings, patience: float = LOCK_SECONDS) -> None:
    """Bring the index up to what the store says now; then put what waits for the other store, which may take long.

    A run whose report is written does not fail for either.

    Args:
        settings: Where stores and results are.
        patience: Seconds to wait for others who write the index.
    """
    try:
        with FileLock(settings.results_dir / LOCK, timeout=patience), wiring.open_site(settings) as site:
            write_whole(site.results_dir / INDEX_PAGE, index_page(site))
    except (OSError, Timeout, EdgeworthError) as error:
        logger.warning("%s was not renewed: %s", INDEX_PAGE, error)
    elsewhere.put_waiting(settings)


def index_page(site: Site) -> str:
    """The page, with links that hold on the disk.

    Raises:
        StorageError, ConfigurationError: The store cannot be read.
    """

    def address(folder: str) -> str | None:
        page = f"{folder}/{run_files.SUMMARY}"
        return None if run_files.find(site.results_dir, page) is None else quote(page)

    told = told_runs(site, address)
    now = f"As of {minute(site.now())}, when a run ended; the site (edgeworth serve) shows how it is now."
    return render_index(told.runs, note=f"{now} {told.note}".strip(), strays=told.strays)
