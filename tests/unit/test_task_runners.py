"""Which task runner, what it needs, and errors that come from another process."""

import pickle

import pytest

from edgeworth.errors import ConfigurationError, EdgeworthError, ParseError, RetriableSourceError
from tasks.orchestration.task_runners import portable_errors
from tasks.settings import Settings, load_settings
from tasks.simulation import ready
from tasks.simulation.ready import check_task_runner


def test_threads_are_the_default_and_need_nothing():
    settings = load_settings()
    assert settings.task_runner == "threads"
    check_task_runner(settings)


def test_a_runner_that_there_is_not_is_named(monkeypatch):
    monkeypatch.setenv("EDGEWORTH_TASK_RUNNER", "carrier-pigeons")
    with pytest.raises(ConfigurationError, match="EDGEWORTH_TASK_RUNNER: Input should be 'threads', 'processes'"):
        load_settings()


@pytest.mark.parametrize(
    ("runner", "package"), [("dask", "prefect-dask>=0.3.7,<0.4"), ("ray", "prefect-ray>=0.6,<0.7")]
)
def test_a_package_that_is_missing_is_one_sentence_that_says_what_to_install(runner, package, monkeypatch):
    monkeypatch.setenv("EDGEWORTH_TASK_RUNNER", runner)
    monkeypatch.setattr(ready, "find_spec", lambda name: None)
    with pytest.raises(ConfigurationError) as error:
        check_task_runner(load_settings())
    assert str(error.value) == (
        f"EDGEWORTH_TASK_RUNNER is {runner}, which needs the package {package.split('>')[0]}: "
        f'pip install "{package}", or choose threads or processes'
    )


def test_the_package_asked_for_is_the_one_of_the_extra():
    """``pip install edgeworth[dask]`` and the sentence above must not disagree."""
    import tomllib
    from pathlib import Path

    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    _, package, releases = ready.RUNNER_PACKAGES["dask"]
    assert project["project"]["optional-dependencies"]["dask"] == [f"{package}{releases}"]


@pytest.mark.parametrize(
    "error",
    [
        ParseError("no_id", "expected an id, found none"),
        RetriableSourceError("later", retry_after_seconds=3.0),
        ConfigurationError("a key"),
    ],
)
def test_an_error_of_ours_is_the_same_after_the_way_between_processes(error):
    with pytest.raises(type(error)) as raised, portable_errors():
        raise error
    sent = pickle.loads(pickle.dumps(raised.value))
    assert (type(sent), str(sent), vars(sent)) == (type(error), str(error), vars(error))


class UnsendableError(Exception):
    """As some clients' errors are: made with more than its message."""

    def __init__(self, message: str, *, response: object) -> None:
        super().__init__(message)


def test_an_error_that_cannot_be_sent_is_told_in_words():
    with pytest.raises(EdgeworthError, match="defect of Edgeworth: UnsendableError: no answer"), portable_errors():
        raise UnsendableError("no answer", response=object())


def test_settings_name_the_clusters(monkeypatch):
    monkeypatch.setenv("EDGEWORTH_DASK_ADDRESS", "tcp://cluster:8786")
    settings: Settings = load_settings()
    assert (settings.dask_address, settings.ray_address) == ("tcp://cluster:8786", None)
