"""What a replay shows on its page in Prefect: a summary, and a link to the page. Keys are constants."""

from __future__ import annotations

from edgeworth.reports.replay import ParityReport, ReplayReport, ScreenReport
from edgeworth.reports.replay_markdown import parity_markdown, replay_markdown, screen_markdown
from tasks.artifacts import publish_link


def publish(report: ScreenReport | ReplayReport | ParityReport, *, page: str | None) -> None:
    """Show ``report`` on the page of the run that is going on; needs a Prefect API.

    Args:
        report: What came of the run.
        page: Address of its page on a site that answers; ``None`` shows no link.
    """
    from prefect.artifacts import create_markdown_artifact

    kind, markdown = _told(report)
    create_markdown_artifact(markdown=markdown, key=f"{kind}-report", description=f"What the {kind} came to.")
    publish_link(page, key=f"{kind}-page", text="The page of the run")


def _told(report: ScreenReport | ReplayReport | ParityReport) -> tuple[str, str]:
    match report:
        case ScreenReport():
            return "screen", screen_markdown(report)
        case ReplayReport():
            return "replay", replay_markdown(report)
        case ParityReport():
            return "parity", parity_markdown(report)
