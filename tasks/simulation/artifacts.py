"""What a batch of simulations shows on its page in Prefect: progress, a summary, a table, links to the pages.

Texts and rows are made in ``edgeworth.reports.batch_markdown``; keys are constants, so a page in Prefect keeps its
history and no outside text becomes an address. Everything here needs a Prefect API and a flow that is not async.
"""

from __future__ import annotations

import logging
from uuid import UUID

from edgeworth.reports.batch import BatchReport
from edgeworth.reports.batch_markdown import batch_markdown, market_rows
from edgeworth.reports.rendering import web_link
from tasks.orchestration.slots import server_is_away

SUMMARY_KEY = "batch-report"
MARKETS_KEY = "batch-markets"
PROGRESS_KEY = "batch-progress"
LINK_KEY = "batch-page"

logger = logging.getLogger(__name__)


def start_progress(total: int) -> UUID:
    """Begin to show how many of ``total`` markets are done; returns what ``report_progress`` wants."""
    from prefect.artifacts import create_progress_artifact

    made = create_progress_artifact(progress=0.0, key=PROGRESS_KEY, description=f"Markets that are done, of {total}.")
    assert isinstance(made, UUID), "called from an async flow"
    return made


def report_progress(artifact_id: UUID, done: int, total: int) -> None:
    """Show that ``done`` of ``total`` markets are done; while the server is away nobody looks, and nothing is shown."""
    from prefect.artifacts import update_progress_artifact

    share = 100.0 if total == 0 else 100.0 * done / total
    try:
        update_progress_artifact(
            artifact_id=artifact_id, progress=share, description=f"{done} of {total} markets are done."
        )
    except Exception as error:
        if not server_is_away(error):
            raise
        logger.warning("Prefect's server does not answer; %d of %d markets are done", done, total)


def publish(report: BatchReport, *, page: str | None = None) -> None:
    """Show ``report`` on the page of the run that is going on.

    Args:
        report: The batch.
        page: Where its page is served (http or https), if it is.
    """
    from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact

    create_markdown_artifact(
        markdown=batch_markdown(report), key=SUMMARY_KEY, description="What was simulated, found, paid for and failed."
    )
    create_table_artifact(
        table=market_rows(report), key=MARKETS_KEY, description="Markets, the strongest discrepancy first."
    )
    if address := web_link(page):
        create_link_artifact(link=address, link_text="The page of the batch", key=LINK_KEY, description="summary.html")
