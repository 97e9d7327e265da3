"""The code that makes trials: what tells one state of it from another, and whether anything does."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from edgeworth.errors import ConfigurationError
from edgeworth.replay.ledger import version_of
from tasks.code_version import code_version
from tasks.replay.own_code import UNREADABLE, source_digest
from tasks.replay.strategies import strategy_class

_PROJECT = Path(__file__).resolve().parents[2]


class Edition(Struct, frozen=True):
    """The code that makes trials.

    Attributes:
        version: Under which the ledger keeps them; see ``version_of``.
        is_certain: No other code has the same version, so that what the ledger knows under it need not be made again.
            Of a checkout with changes that is not so: today's changes and tomorrow's are both called dirty.
    """

    version: str
    is_certain: bool


def edition_of(strategy: str) -> Edition:
    """The code of this process with which ``strategy`` is tried."""
    version, source = code_version(), source_digest(strategy)
    return Edition(version_of(version, source), is_certain=is_certain(version) and source != UNREADABLE)


def imported_edition(strategy: str) -> Edition:
    """The same where ``strategy`` may not have been imported yet, which is done first.

    Raises:
        ConfigurationError: It cannot be imported.
    """
    strategy_class(strategy)
    return edition_of(strategy)


def check_same(strategy: str, begun: Edition, here: Edition) -> None:
    """See that the strategy of this process is the one that the sweep began with.

    Raises:
        ConfigurationError: Its source is another, so that its trials would be told as those of the first.
    """
    expected, found = (each.version.partition("/")[2] for each in (begun, here))
    if expected != found:
        raise ConfigurationError(
            f"{strategy[:60]}: expected the source that the sweep began with ({expected[:12]}), found another where a "
            f"unit is made ({found[:12]}); start again when no file changes, and with the same files on every machine"
        )


def is_certain(version: str) -> bool:
    """Whether ``version``, of the code of this process, names one state of it."""
    return is_certain_version(version, is_checkout=(_PROJECT / ".git").exists())


def is_certain_version(version: str, *, is_checkout: bool) -> bool:
    """Whether ``version`` names one state of the code: not of a changed checkout, nor of one that git cannot read."""
    return not version.endswith("-dirty") and ("+" in version or not is_checkout)
