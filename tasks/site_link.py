"""Where the page of a run can be looked at: the address on the site that ``edgeworth serve`` shows.

An address that was set is used as it is: whoever sets it knows that a site answers there for those who will look.
Without one a link is given only if a site of ours answers on this machine now: no page in Prefect leads nowhere.
"""

from __future__ import annotations

import http.client
from pathlib import PurePath
from urllib.parse import quote, urlsplit

from edgeworth.web.guard import MARK, MARK_VALUE
from tasks.settings import Settings

PATIENCE_SECONDS = 0.5


def page_address(settings: Settings, folder: str | None) -> str | None:
    """Address of the page of the run in ``folder``; ``None`` when there is nowhere to look at it."""
    return address_on(settings.site_url, folder, is_named="site_url" in settings.model_fields_set)


def address_on(url: str, folder: str | None, *, is_named: bool) -> str | None:
    """Address on the site at ``url``; without ``is_named`` only while that site answers."""
    if folder is None or not (is_named or site_answers(url)):
        return None
    return f"{url.rstrip('/')}/results/{quote(PurePath(folder).name)}/"


def site_answers(url: str) -> bool:
    """Whether a site of ours answers at ``url``, which is asked once and not waited for."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=PATIENCE_SECONDS)
    try:
        connection.request("HEAD", "/")
        return connection.getresponse().getheader(MARK) == MARK_VALUE
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
