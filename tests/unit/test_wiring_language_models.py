"""Which language model is asked and who is searched, by the keys that are set; and that no key is shown."""

from __future__ import annotations

import pytest

from edgeworth.errors import ConfigurationError
from tasks.diagnosis import _language_model, _research
from tasks.settings import Settings
from tasks.wiring import build_language_model, build_research

KEY = "sk-verysecret-0123456789"


def test_without_a_key_nobody_is_asked_and_doctor_says_which_keys_would_change_that():
    assert build_language_model(Settings()) is None
    assert build_research(Settings()) is None
    model, research = _language_model(Settings()), _research(Settings())
    assert (model.state, research.state) == ("missing", "missing")
    assert "ANTHROPIC_API_KEY, OPENAI_API_KEY, OPENROUTER_API_KEY" in model.detail
    assert "EXA_API_KEY, PERPLEXITY_API_KEY" in research.detail


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"ANTHROPIC_API_KEY": KEY, "OPENAI_API_KEY": KEY}, "anthropic/claude-sonnet-5-5"),
        ({"OPENAI_API_KEY": KEY, "OPENROUTER_API_KEY": KEY}, "openai/gpt-6.1-sol"),
        ({"OPENROUTER_API_KEY": KEY}, "openrouter/openai/gpt-6.1-sol"),
        (
            {"ANTHROPIC_API_KEY": KEY, "OPENAI_API_KEY": KEY, "EDGEWORTH_LANGUAGE_MODEL_SERVICE": "openai"},
            "openai/gpt-6.1-sol",
        ),
        (
            {
                "OPENAI_API_KEY": "any",
                "OPENAI_BASE_URL": "http://localhost:8080/v1",
                "EDGEWORTH_LANGUAGE_MODEL": "qwen3",
            },
            "openai@localhost:8080/qwen3",
        ),
    ],
)
def test_the_first_key_decides_unless_a_service_is_named(settings, name):
    model = build_language_model(Settings(**settings))
    assert model is not None
    assert model.name == name
    assert _language_model(Settings(**settings)).detail == name
    assert KEY not in repr(model)


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"EXA_API_KEY": KEY, "PERPLEXITY_API_KEY": KEY}, "exa"),
        ({"PERPLEXITY_API_KEY": KEY}, "perplexity"),
        ({"EXA_API_KEY": KEY, "PERPLEXITY_API_KEY": KEY, "EDGEWORTH_RESEARCH_SERVICE": "perplexity"}, "perplexity"),
        ({"EXA_API_KEY": KEY, "EXA_BASE_URL": "http://127.0.0.1:9/exa"}, "exa@127.0.0.1:9"),
    ],
)
def test_exa_is_searched_before_perplexity_unless_one_is_named(settings, name):
    research = build_research(Settings(**settings))
    assert research is not None
    assert research.name == name
    assert _research(Settings(**settings)).detail == name
    assert KEY not in repr(research)


def test_none_is_asked_where_none_is_wanted():
    assert build_language_model(Settings(OPENAI_API_KEY=KEY, EDGEWORTH_LANGUAGE_MODEL_SERVICE="none")) is None
    assert build_research(Settings(EXA_API_KEY=KEY, EDGEWORTH_RESEARCH_SERVICE="none")) is None


@pytest.mark.parametrize(
    ("setting", "service", "build"),
    [
        ("EDGEWORTH_LANGUAGE_MODEL_SERVICE", "anthropic", build_language_model),
        ("EDGEWORTH_RESEARCH_SERVICE", "perplexity", build_research),
    ],
)
def test_a_service_that_is_named_must_have_its_key(setting, service, build):
    with pytest.raises(
        ConfigurationError, match=f"{setting} is {service}: expected a key in {service.upper()}_API_KEY"
    ):
        build(Settings(**{setting: service}))
