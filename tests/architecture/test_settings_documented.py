"""docs/settings.md and the code say the same."""

from pathlib import Path

from pydantic import AliasChoices

from tasks.settings import Settings

PAGE = Path(__file__).resolve().parents[2] / "docs" / "settings.md"


def documented() -> dict[str, tuple[list[str], str, str]]:
    found = {}
    for line in PAGE.read_text().splitlines():
        if line.startswith("| `"):
            name, others, default, meaning = (cell.strip() for cell in line.strip("|").split("|"))
            found[name.strip("`")] = (
                [alias.strip(" `") for alias in others.split(",") if alias],
                default.strip("`"),
                meaning,
            )
    return found


def declared() -> dict[str, tuple[list[str], str, str]]:
    found = {}
    for field in Settings.model_fields.values():
        assert isinstance(field.validation_alias, AliasChoices)
        first, *others = map(str, field.validation_alias.choices)
        default = "" if field.default is None else str(field.default)
        found[first] = (others, default, field.description or "")
    return found


def test_every_setting_is_documented_with_its_aliases_default_and_meaning():
    assert documented() == declared()
