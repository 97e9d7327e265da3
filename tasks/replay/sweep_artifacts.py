"""What a sweep shows on its page in Prefect: progress, a summary, the best trials, a link to the page.

Texts are made in ``edgeworth.reports``; keys are constants, so a page in Prefect keeps its history and no outside text
becomes an address.
"""

from __future__ import annotations

from edgeworth.reports.markdown import one_line
from edgeworth.reports.rendering import percent
from edgeworth.reports.replay import SweepReport, setting_of
from edgeworth.reports.replay_figures import ratio
from edgeworth.reports.replay_markdown import sweep_markdown
from edgeworth.reports.replay_words import setting_text
from tasks.artifacts import MOST_ROWS, ShownProgress, publish_link

SUMMARY_KEY = "sweep-report"
TRIALS_KEY = "sweep-trials"
LINK_KEY = "sweep-page"

Row = dict[str, str]
PROGRESS = ShownProgress("sweep-progress", "trials")


def publish(report: SweepReport, *, page: str | None = None) -> None:
    """Show ``report`` on the page of the run that is going on.

    Args:
        report: The sweep.
        page: Where its page is served (http or https), if it is.
    """
    from prefect.artifacts import create_markdown_artifact, create_table_artifact

    create_markdown_artifact(
        markdown=sweep_markdown(report), key=SUMMARY_KEY, description="What was tried, and what to think of the best."
    )
    create_table_artifact(
        table=trial_rows(report), key=TRIALS_KEY, description="Trials, the best Sharpe ratio of a bar first."
    )
    publish_link(page, key=LINK_KEY, text="The page of the sweep")


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
