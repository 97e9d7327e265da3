"""docs/glossary.md knows every public class of the vocabulary, and names nothing of it that is gone."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import pytest

from edgeworth import markets

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "glossary.md").read_text(encoding="utf-8")
NAMED = set(re.findall(r"`([A-Z]\w+)(?:\.\w+)?`", PAGE))


def public_classes() -> list[type]:
    modules = [
        importlib.import_module(f"edgeworth.markets.{module.name}") for module in pkgutil.iter_modules(markets.__path__)
    ]
    return [
        value
        for module in modules
        for name, value in vars(module).items()
        if inspect.isclass(value) and value.__module__ == module.__name__ and not name.startswith("_")
    ]


@pytest.mark.parametrize("cls", public_classes(), ids=lambda cls: cls.__name__)
def test_every_public_class_of_the_vocabulary_is_in_the_glossary(cls):
    assert cls.__name__ in NAMED


def test_every_class_that_the_glossary_names_exists():
    known = set()
    for name in (
        "edgeworth.ports",
        "edgeworth.errors",
        "edgeworth.units",
        "edgeworth.markets.categories",
        "edgeworth.discovery.opportunity",
        "edgeworth.discovery.opportunities.snapshot",
        "tasks.settings",
    ):
        known |= set(vars(importlib.import_module(name)))
    known |= {cls.__name__ for cls in public_classes()}
    assert NAMED - known == set()


def test_no_term_is_explained_twice():
    terms = re.findall(r"^\| ([^|]+) \|", PAGE, flags=re.MULTILINE)
    terms = [term for term in terms if term not in {"Term", "---"}]
    assert len(terms) == len(set(terms)) > 60
