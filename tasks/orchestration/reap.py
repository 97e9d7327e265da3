"""The Prefect task of the reaper."""

from __future__ import annotations

import asyncio

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from tasks import wiring
from tasks.orchestration.prefect_server import hear_library
from tasks.orchestration.slots import service_slot
from tasks.settings import load_settings


@task(name="reap-sandboxes", task_run_name="reap-sandboxes", cache_policy=NO_CACHE)
def reap() -> str:
    """Delete what crashed batches left at Daytona; what was done, in a sentence."""
    hear_library()
    settings = load_settings()
    if settings.daytona_api_key is None:
        return "DAYTONA_API_KEY is not set, so no sandbox can have been left there"
    with service_slot("daytona"):
        deleted, left = asyncio.run(wiring.reap_sandboxes(settings))
    told = f"{deleted} sandboxes deleted, {left} leases kept for a later look"
    get_run_logger().info("%s", told)
    return told
