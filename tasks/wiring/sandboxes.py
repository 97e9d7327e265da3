"""Where generated programs run, and what crashed runs left behind there."""

from __future__ import annotations

import uuid
from pathlib import Path

from edgeworth.adapters.sandbox.daytona_options import DaytonaOptions, SandboxWish
from edgeworth.adapters.sandbox.levels import CONFINED, UNSAFE
from edgeworth.adapters.sandbox.local import LocalSandboxProvider
from edgeworth.errors import ConfigurationError
from edgeworth.simulation.sandbox import SandboxProvider
from tasks.clock import utc_now
from tasks.settings import Settings

SANDBOXES = ("auto", "local", "daytona", "unsafe")
"""What may be asked for."""


def build_sandbox_provider(settings: Settings, *, kind: str | None = None) -> SandboxProvider:
    """Where generated programs run; to be entered, which decides the level.

    Args:
        settings: Where, and the weakest level that will do.
        kind: In place of ``settings.sandbox``, for an option of a command.

    Raises:
        ConfigurationError: Daytona is asked for and its key is missing, or the kind is none that there is.
    """
    chosen = choose_sandbox(settings, kind=kind)
    if chosen == "daytona":
        # Its SDK takes seconds to import: only who uses it waits for it.
        from edgeworth.adapters.sandbox.daytona import DaytonaSandboxProvider

        return DaytonaSandboxProvider(
            api_key=_daytona_key(settings),
            options=_daytona_options(settings),
            leases=_leases(settings),
            lease_id=uuid.uuid4().hex,
            clock=utc_now,
        )
    levels = (UNSAFE,) if chosen == "unsafe" else CONFINED
    return LocalSandboxProvider(levels=levels, require=settings.sandbox_require)


def choose_sandbox(settings: Settings, *, kind: str | None = None) -> str:
    """``daytona``, ``local`` or ``unsafe``; see ``build_sandbox_provider``."""
    wanted = kind or settings.sandbox
    if wanted not in SANDBOXES:
        raise ConfigurationError(f"sandbox: expected one of {', '.join(SANDBOXES)}, found {wanted!r}")
    if wanted == "daytona" and settings.daytona_api_key is None:
        raise ConfigurationError(
            "sandbox: daytona is asked for and DAYTONA_API_KEY is not set; set it, or use --sandbox local"
        )
    if wanted == "auto":
        return "local" if settings.daytona_api_key is None else "daytona"
    return wanted


async def reap_sandboxes(settings: Settings) -> tuple[int, int]:
    """Delete what crashed runs left at Daytona: sandboxes deleted, and leases that stay noted for a later look.

    Raises:
        ConfigurationError: ``DAYTONA_API_KEY`` is not set or not accepted.
        SourceError: Daytona did not answer as agreed.
    """
    choose_sandbox(settings, kind="daytona")
    from edgeworth.adapters.sandbox.daytona import reap_sandboxes as reap

    reaped = await reap(
        api_key=_daytona_key(settings), options=_daytona_options(settings), leases=_leases(settings), clock=utc_now
    )
    return reaped.deleted, reaped.left


def _daytona_options(settings: Settings) -> DaytonaOptions:
    return DaytonaOptions(
        api_url=settings.daytona_url,
        sandboxes=settings.daytona_sandboxes,
        is_reused=settings.daytona_reuse,
        wish=SandboxWish(snapshot=settings.daytona_snapshot, create_seconds=settings.daytona_create_seconds),
    )


def _daytona_key(settings: Settings) -> str:
    assert settings.daytona_api_key is not None
    return settings.daytona_api_key.get_secret_value()


def _leases(settings: Settings) -> Path:
    """Who holds sandboxes of a service is noted here."""
    return settings.data_dir / "sandboxes"
