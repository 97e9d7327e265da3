"""How Daytona is used; apart from its SDK, which takes seconds to import."""

from __future__ import annotations

from msgspec import Struct


class SandboxWish(Struct, frozen=True, kw_only=True):
    """What a sandbox is to be like.

    Attributes:
        snapshot: ``None`` for the service's own, which has Python and numpy.
        ttl_minutes: When the service ends it, whatever it does: the last guard against one that is forgotten.
        create_seconds: How long it may take to be there.
    """

    snapshot: str | None = None
    ttl_minutes: int = 60
    create_seconds: float = 120.0


class DaytonaOptions(Struct, frozen=True, kw_only=True):
    """How Daytona is used.

    Attributes:
        api_url: With ``/api``. target: Region; ``None`` for the organisation's own.
        sandboxes: As many at once.
        is_reused: One that is closed serves the next market, which then may find what the last one left in it.
    """

    api_url: str
    target: str | None = None
    sandboxes: int = 10
    is_reused: bool = False
    wish: SandboxWish = SandboxWish()
