"""The clients of the venues, built from settings."""

from __future__ import annotations

import pytest

from edgeworth.errors import RetriableSourceError
from tasks.settings import Settings
from tasks.wiring.venue_clients import clob_client, data_api_client, gamma_client, kalshi_client
from tests.loopback import Answer, Loopback


@pytest.mark.anyio
@pytest.mark.parametrize("build", [gamma_client, clob_client, data_api_client, kalshi_client])
async def test_a_venue_that_does_not_answer_is_asked_as_often_as_the_setting_says(build):
    async with Loopback(Answer(status=503)).running() as venue:
        addresses = dict.fromkeys(("gamma_url", "clob_url", "data_api_url", "kalshi_url"), venue.url)
        settings = Settings().model_copy(update={**addresses, "venue_attempts": 1})
        async with build(settings) as client:
            with pytest.raises(RetriableSourceError, match="HTTP 503"):
                await client.get("/anything", kind="test")
        assert len(venue.requests) == 1
