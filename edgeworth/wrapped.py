"""What stands between a caller and a service that may charge: it goes by the service's name and by its price."""

from __future__ import annotations

from typing import Generic, TypeVar

from edgeworth.ports import PaidService

Service = TypeVar("Service", bound=PaidService)


class Wrapped(Generic[Service]):
    """Is taken for ``service``; what is added to its answers is a subclass's."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._service!r})"

    @property
    def name(self) -> str:
        """Of the service."""
        return self._service.name

    @property
    def has_known_price(self) -> bool:
        """Of the service."""
        return self._service.has_known_price
