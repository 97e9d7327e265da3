"""Settings: where things are and with which keys. Read from the environment and ``.env`` inside a run, never at import.

Settings never reach ``results/``; what a run computes is decided by its parameters, which always do. Keys are
``SecretStr``, so that no repr, log line or error shows them. An empty string is the same as unset.

Each subject has a module with its own fields; a run sees all of them as one ``Settings``. Of the names under which a
field is read, the first is the one that the documentation shows.
"""

from __future__ import annotations

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from edgeworth.errors import ConfigurationError
from tasks.settings.language_models import LanguageModelSettings
from tasks.settings.matching import MatchingSettings
from tasks.settings.places import PlaceSettings
from tasks.settings.research import ResearchSettings
from tasks.settings.sandboxes import SandboxSettings
from tasks.settings.simulating import SimulatingSettings
from tasks.settings.venues import VenueSettings


class Settings(
    ResearchSettings,
    LanguageModelSettings,
    SandboxSettings,
    SimulatingSettings,
    MatchingSettings,
    VenueSettings,
    PlaceSettings,
    BaseSettings,
):
    """Every setting of Edgeworth; ``docs/settings.md`` lists them for a reader and a test compares the two."""

    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True, populate_by_name=True
    )


def load_settings() -> Settings:
    """The settings of this process, read now.

    Raises:
        ConfigurationError: A value cannot be used; every one that cannot is named, none is printed if it is a key.
    """
    try:
        return Settings()
    except ValidationError as error:
        lines = [
            f"  {'/'.join(str(part) for part in problem['loc'])}: {problem['msg'].removeprefix('Value error, ')}"
            for problem in error.errors(include_input=False, include_url=False)
        ]
        raise ConfigurationError("These settings cannot be used:\n" + "\n".join(lines)) from None
