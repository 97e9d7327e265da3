"""What a batch of simulations shows on its page in Prefect: progress, a summary, a table, links to the pages.

Texts and rows are made in ``edgeworth.reports.batch_markdown``; keys are constants, so a page in Prefect keeps its
history and no outside text becomes an address. Everything here needs a Prefect API and a flow that is not async.
"""

from __future__ import annotations

from edgeworth.reports.batch import BatchReport
from edgeworth.reports.batch_markdown import batch_markdown, market_rows
from tasks.artifacts import ShownProgress, publish_link

SUMMARY_KEY = "batch-report"
MARKETS_KEY = "batch-markets"
LINK_KEY = "batch-page"

PROGRESS = ShownProgress("batch-progress", "markets")


def publish(report: BatchReport, *, page: str | None = None) -> None:
    """Show ``report`` on the page of the run that is going on.

    Args:
        report: The batch.
        page: Where its page is served (http or https), if it is.
    """
    from prefect.artifacts import create_markdown_artifact, create_table_artifact

    create_markdown_artifact(
        markdown=batch_markdown(report), key=SUMMARY_KEY, description="What was simulated, found, paid for and failed."
    )
    create_table_artifact(
        table=market_rows(report), key=MARKETS_KEY, description="Markets, the strongest discrepancy first."
    )
    publish_link(page, key=LINK_KEY, text="The page of the batch")
