"""The error family, grouped by what to do next.

::

    EdgeworthError
    ├── ConfigurationError        a setting or an argument is wrong: tell the user, do not retry (exit 2)
    ├── BudgetSpentError          this run may spend no more: skip what is left, keep what is done
    ├── SourceError               a venue or another service did not answer as agreed
    │   ├── RetriableSourceError  the same call may go through later (429, 5xx, time-out)
    │   └── FatalSourceError      the same call will fail again (404, an HTML page, a repeated cursor)
    ├── DataError                 what we hold is not what it should be
    │   ├── ParseError            one record cannot be read: refuse it, keep the others
    │   ├── UnreadableInputError  a whole file or body cannot be read: nothing of it was used
    │   ├── UnknownFeeError       the fee of a trade is not known, so the trade is refused
    │   └── LookAheadError        something that was not yet known then would have been used
    └── StorageError              our own disk or database
        ├── StorageBusyError      locked by someone else: may go through later
        ├── StorageFullError      no space left: nothing half written is visible
        └── StorageGoneError      the database or folder cannot be reached

Every message says what was expected, what was found, and where. No message carries a secret.
"""

from __future__ import annotations


class EdgeworthError(Exception):
    """Base of every error that Edgeworth raises on purpose."""


class ConfigurationError(EdgeworthError):
    """A setting or an argument is missing or wrong; the user can mend it."""


class BudgetSpentError(EdgeworthError):
    """A bound that the user set on tokens, money or time is reached: ask no more, what is done stays valid."""


class SourceError(EdgeworthError):
    """A service outside did not answer as agreed."""


class RetriableSourceError(SourceError):
    """The same request may succeed later.

    Args:
        message: What was asked and what came back.
        retry_after_seconds: What the server asked us to wait, when it said so.
    """

    def __init__(self, message: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class FatalSourceError(SourceError):
    """The same request would fail again.

    Args:
        message: What was asked and what came back.
        status: The HTTP status, when there was one.
    """

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class DataError(EdgeworthError):
    """A value is not what it should be."""


class ParseError(DataError):
    """One record cannot be read; it becomes a refusal and its neighbours are kept.

    Args:
        code: A short, stable word for the kind of defect (``no_condition_id``), used to count.
        reason: A sentence for a person: what was expected and what was found.
    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason

    def __reduce__(self) -> tuple[type[ParseError], tuple[str, str]]:
        """An error that comes from another process is the same error."""
        return type(self), (self.code, self.reason)


class UnreadableInputError(DataError):
    """A whole file or response body cannot be read; nothing of it was used."""


class UnknownFeeError(DataError):
    """No dated schedule says what this trade costs, so it must not be priced."""


class LookAheadError(DataError):
    """Something later than the as-of instant would have been used."""


class StorageError(EdgeworthError):
    """Our own disk or database failed."""


class StorageBusyError(StorageError):
    """Another process holds the lock for longer than we were willing to wait."""


class StorageFullError(StorageError):
    """The disk is full (or a file-size limit was hit); no partial file was made visible."""


class StorageGoneError(StorageError):
    """The database or the folder cannot be reached."""
