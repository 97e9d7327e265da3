"""What a run shows on its page in Prefect: small tables and Markdown, the full report being a file in ``results/``.

Also what several kinds of run show alike: how far they are, and a link to their page.

Text from outside (file names, messages that quote a venue) is data: it is flattened to one line, shortened, and escaped
so that neither Markdown nor HTML in it has an effect. Keys are constants, so a page in Prefect keeps its history and
no outside text becomes an address. What never enters: rows of markets; they belong in the report.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct

from edgeworth.markets.freshness import VenueFreshness
from edgeworth.ports import IngestCounts
from edgeworth.reports.ingest import IngestReport, SourceReport
from edgeworth.reports.markdown import escaped, one_line
from edgeworth.reports.rendering import web_link

COUNTS_KEY = "ingest-counts"
REPORT_KEY = "ingest-report"
FRESHNESS_KEY = "freshness"

MOST_ROWS = 50
"""Sources and refusal reasons shown; the rest is in the report, and the artifact says how many are left out."""

COLUMNS = (
    *("fetched", "parsed", "refused", "created", "changed", "unchanged", "superseded", "revisions"),
    *("pages", "resumed_pages"),
)

logger = logging.getLogger(__name__)


class ShownProgress(Struct, frozen=True):
    """How many of a number of things are done, as an artifact; needs a Prefect API and a flow that is not async.

    Attributes:
        key: Of the artifact. things: What they are called.
    """

    key: str
    things: str

    def start(self, total: int) -> UUID:
        """Begin to show how many of ``total`` are done; returns what ``report`` wants."""
        from prefect.artifacts import create_progress_artifact

        made = create_progress_artifact(
            progress=0.0 if total else 100.0,
            key=self.key,
            description=f"{self.things.capitalize()} that are done, of {total:,}.",
        )
        assert isinstance(made, UUID), "called from an async flow"
        return made

    def report(self, artifact_id: UUID, done: int, total: int) -> None:
        """Show that ``done`` of ``total`` are; while the server is away nobody looks, and nothing is shown."""
        from prefect.artifacts import update_progress_artifact

        from tasks.orchestration.slots import server_is_away

        told = f"{done:,} of {total:,} {self.things} are done"
        try:
            update_progress_artifact(
                artifact_id=artifact_id, progress=100.0 * done / total if total else 100.0, description=f"{told}."
            )
        except Exception as error:
            if not server_is_away(error):
                raise
            logger.warning("Prefect's server does not answer; %s", told)


def publish_link(page: str | None, *, key: str, text: str) -> None:
    """Show where the page of the run is served (http or https), if it is; needs a Prefect API."""
    from prefect.artifacts import create_link_artifact

    if address := web_link(page):
        create_link_artifact(link=address, link_text=text, key=key, description="summary.html")


def publish_ingest_artifacts(report: IngestReport) -> None:
    """Show ``report`` on the page of the run that is going on; needs a Prefect API."""
    from prefect.artifacts import create_markdown_artifact, create_table_artifact

    create_table_artifact(
        table=count_rows(report.sources), key=COUNTS_KEY, description="Rows of each source and what became of them."
    )
    create_markdown_artifact(
        markdown=ingest_markdown(report), key=REPORT_KEY, description="What was fetched, parsed, refused and changed."
    )


def publish_freshness_artifact(verdicts: Sequence[VenueFreshness], *, target_minutes: int) -> None:
    """Show the verdicts on the page of the run that is going on; needs a Prefect API."""
    from prefect.artifacts import create_markdown_artifact

    create_markdown_artifact(
        markdown=freshness_markdown(verdicts, target_minutes=target_minutes),
        key=FRESHNESS_KEY,
        description="How old each venue's markets are.",
    )


def count_rows(sources: Sequence[SourceReport]) -> list[dict[str, str | int]]:
    """One row a source, and a last one with the totals when there are several. Cells are numbers or plain words."""
    rows = [_row(one_line(_name(source)), source.counts) for source in sources[:MOST_ROWS]]
    if len(sources) > 1:
        totals = IngestCounts(refusals={})
        for source in sources:
            totals.add(source.counts)
        left_out = len(sources) - len(rows)
        rows.append(_row(f"all ({left_out} not shown)" if left_out else "all", totals))
    return rows


def ingest_markdown(report: IngestReport) -> str:
    """The run in words and two tables: sources, and refused rows by reason with an example of each."""
    totals = report.totals
    told = (
        f"**{totals.fetched}** rows fetched = **{totals.parsed}** parsed + **{totals.refused}** refused; "
        f"{totals.created} new, {totals.changed} changed, {totals.unchanged} unchanged, "
        f"{totals.superseded} older than what was known; terms of {totals.revisions} markets revised."
    )
    lines = [told, "", *_source_table(report.sources)]
    if totals.refusals:
        lines += ["", *_refusal_table(totals.refusals, report.reasons)]
    if report.folder:
        lines += ["", f"Full report: {escaped(report.folder)}"]
    return "\n".join(lines) + "\n"


def freshness_markdown(verdicts: Sequence[VenueFreshness], *, target_minutes: int) -> str:
    """A line a venue: when its markets were last read to the end, how old that is, and by how much it is late."""
    lines = [
        f"Target: markets of every venue at most {target_minutes} minutes old.",
        "",
        "| venue | state | last read to the end | age (min) | late by (min) |",
        "| --- | --- | --- | ---: | ---: |",
    ]
    for verdict in verdicts:
        at = "never" if verdict.finished_at is None else f"{verdict.finished_at:%Y-%m-%d %H:%M:%S} UTC"
        age = "" if verdict.age is None else f"{verdict.age.total_seconds() / 60:.1f}"
        late = "" if verdict.late_by is None else f"{verdict.late_by.total_seconds() / 60:.1f}"
        state = "fresh" if verdict.is_fresh else "**stale**"
        lines.append(f"| {verdict.venue.value} | {state} | {at} | {age} | {late} |")
    return "\n".join(lines) + "\n"


def _row(name: str, counts: IngestCounts) -> dict[str, str | int]:
    return {"source": name, **{column: getattr(counts, column) for column in COLUMNS}}


def _name(source: SourceReport) -> str:
    """A recorded file by its own name, everything else by the venue whose markets it held."""
    return source.source if source.source.startswith("file:") else source.venue or source.source


def _source_table(sources: Sequence[SourceReport]) -> list[str]:
    lines = ["| source | seconds | ended |", "| --- | ---: | --- |"]
    for source in sources[:MOST_ROWS]:
        ended = "complete" if source.error is None else f"**stopped**: {escaped(source.error)}"
        lines.append(f"| {escaped(_name(source))} | {source.seconds:.1f} | {ended} |")
    return [*lines, *_left_out(len(sources))]


def _refusal_table(refusals: dict[str, int], reasons: dict[str, str]) -> list[str]:
    lines = ["| refused because | rows | for example |", "| --- | ---: | --- |"]
    by_number = sorted(refusals.items(), key=lambda item: (-item[1], item[0]))
    for code, number in by_number[:MOST_ROWS]:
        lines.append(f"| {escaped(code)} | {number} | {escaped(reasons.get(code, ''))} |")
    return [*lines, *_left_out(len(refusals))]


def _left_out(number: int) -> list[str]:
    return [] if number <= MOST_ROWS else ["", f"{number - MOST_ROWS} more are in the report."]
