"""The index of all runs, and the pages of a run as they were written."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response

from edgeworth.reports.index_page import index_values
from edgeworth.web import run_files
from edgeworth.web.parameters import Parameters
from edgeworth.web.policy import NOTHING, run_policy
from edgeworth.web.ports import Site
from edgeworth.web.rendering import message_page, page
from edgeworth.web.run_index import told_runs

MOST_MARKETS = 1_000
LARGEST_PAGE = 64_000_000
"""Bytes of a page that is read into memory, to see which styles and scripts are in it."""


def index_of_runs(site: Site, request: Request) -> Response:
    """``/``: every run, newest first."""
    Parameters(request.query_params, ())
    told = told_runs(site)
    return page("runs.html.j2", place="/", **index_values(told.runs, note=told.note, strays=told.strays))


def results_index(_: Site, request: Request) -> Response:
    """``/results/`` and the index that lies there for whoever opens it from the disk: ``/`` tells the same of now."""
    Parameters(request.query_params, ())
    return RedirectResponse("/", status_code=307)


def run_file(site: Site, request: Request) -> Response:
    """``/results/<folder>/…``: a file of a run."""
    Parameters(request.query_params, ())
    path = request.path_params["path"]
    found = run_files.find(site.results_dir, path)
    if found is None:
        return message_page(
            "Not found", f"There is no such file among the runs in {site.results_dir.name}.", status=404
        )
    if found.is_dir():
        return _folder(site, path)
    if found.suffix == ".html":
        return _page_of_run(found)
    kind = run_files.KINDS[found.suffix]
    return FileResponse(found, media_type=kind, headers={"content-security-policy": NOTHING})


def _page_of_run(found: Path) -> Response:
    if found.stat().st_size > LARGEST_PAGE:
        told = f"This page has more than {LARGEST_PAGE // 1_000_000} MB. Open the file from the disk instead."
        return message_page("Too large", told, status=413)
    body = found.read_bytes()
    headers = {"content-security-policy": run_policy(body)}
    return Response(body, media_type=run_files.KINDS[".html"], headers=headers)


def _folder(site: Site, path: str) -> Response:
    """The page of a run or of a market; of a run that has none yet, what there is of it."""
    folder = path.removesuffix("/")
    for name in (run_files.SUMMARY, "result.html"):
        if run_files.find(site.results_dir, f"{folder}/{name}") is not None:
            return RedirectResponse(f"/results/{folder}/{name}", status_code=307)
    if "/" in folder:
        return message_page("Not found", "There is no page in this folder.", status=404)
    place = site.results_dir / folder
    markets = run_files.subfolders(place, most=MOST_MARKETS + 1)
    done = [name for name in markets if run_files.find(site.results_dir, f"{folder}/{name}/result.html") is not None]
    files = sorted(
        one.name
        for one in place.iterdir()
        if run_files.find(site.results_dir, f"{folder}/{one.name}") is not None and one.is_file()
    )
    return page(
        "run.html.j2",
        place="",
        folder=folder,
        markets=done[:MOST_MARKETS],
        is_more=len(markets) > MOST_MARKETS,
        files=files[:50],
    )
