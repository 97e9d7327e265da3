"""What a sweep shows on its page in Prefect: progress, a summary, the best trials, a link to the page.

Texts are made in ``edgeworth.reports``; keys are constants, so a page in Prefect keeps its history and no outside text
becomes an address.
"""

from __future__ import annotations

import logging
from uuid import UUID

from edgeworth.reports.markdown import one_line
from edgeworth.reports.rendering import percent, web_link
from edgeworth.reports.replay import SweepReport, setting_of
from edgeworth.reports.replay_figures import ratio
from edgeworth.reports.replay_markdown import sweep_markdown
from edgeworth.reports.replay_words import setting_text
from tasks.artifacts import MOST_ROWS
from tasks.orchestration.slots import server_is_away

SUMMARY_KEY = "sweep-report"
TRIALS_KEY = "sweep-trials"
PROGRESS_KEY = "sweep-progress"
LINK_KEY = "sweep-page"

Row = dict[str, str]

logger = logging.getLogger(__name__)


def start_progress(total: int) -> UUID:
    """Begin to show how many of ``total`` trials are made; returns what ``report_progress`` wants."""
    from prefect.artifacts import create_progress_artifact

    made = create_progress_artifact(
        progress=0.0 if total else 100.0, key=PROGRESS_KEY, description=f"Trials that are made, of {total:,}."
    )
    assert isinstance(made, UUID), "called from an async flow"
    return made


def report_progress(artifact_id: UUID, done: int, total: int) -> None:
    """Show that ``done`` of ``total`` trials are made; while the server is away nobody looks, and nothing is shown."""
    from prefect.artifacts import update_progress_artifact

    try:
        update_progress_artifact(
            artifact_id=artifact_id,
            progress=100.0 * done / max(total, 1),
            description=f"{done:,} of {total:,} trials are made.",
        )
    except Exception as error:
        if not server_is_away(error):
            raise
        logger.warning("Prefect's server does not answer; %d of %d trials are made", done, total)


def publish(report: SweepReport, *, page: str | None = None) -> None:
    """Show ``report`` on the page of the run that is going on.

    Args:
        report: The sweep.
        page: Where its page is served (http or https), if it is.
    """
    from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact

    create_markdown_artifact(
        markdown=sweep_markdown(report), key=SUMMARY_KEY, description="What was tried, and what to think of the best."
    )
    create_table_artifact(
        table=trial_rows(report), key=TRIALS_KEY, description="Trials, the best Sharpe ratio of a bar first."
    )
    if address := web_link(page):
        create_link_artifact(link=address, link_text="The page of the sweep", key=LINK_KEY, description="summary.html")


def trial_rows(report: SweepReport) -> list[Row]:
    """The best trials, one row each, and a last row that says how many are left out."""
    trials = () if report.verdict is None else report.verdict.trials
    rows = [
        {
            "asset": one_line(trial.asset),
            **{one_line(name): one_line(setting_text(setting_of(trial.settings, name))) for name in report.grid},
            "sharpe a year": ratio(trial.metrics.sharpe),
            "return": percent(trial.metrics.total_return),
            "drawdown": percent(trial.metrics.drawdown),
            "trades": f"{trial.metrics.trades:,}",
        }
        for trial in trials[:MOST_ROWS]
    ]
    if len(trials) > MOST_ROWS:
        rows.append({"asset": f"{len(trials) - MOST_ROWS:,} more are in the report"})
    return rows
