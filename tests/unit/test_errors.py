"""The error family says what to do next."""

from __future__ import annotations

import pytest

from edgeworth import errors


def every_error():
    return [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, Exception)]


@pytest.mark.parametrize("error", every_error(), ids=lambda error: error.__name__)
def test_every_error_is_of_the_family_and_says_what_it_is_for(error):
    assert issubclass(error, errors.EdgeworthError)
    assert error.__doc__


@pytest.mark.parametrize(
    ("error", "branch"),
    [
        (errors.RetriableSourceError("503"), errors.SourceError),
        (errors.FatalSourceError("404"), errors.SourceError),
        (errors.ParseError("no_id", "expected an id, found none"), errors.DataError),
        (errors.UnreadableInputError("not JSON"), errors.DataError),
        (errors.UnknownFeeError("no terms"), errors.DataError),
        (errors.StorageBusyError("locked"), errors.StorageError),
        (errors.StorageFullError("no space"), errors.StorageError),
        (errors.StorageGoneError("no server"), errors.StorageError),
    ],
)
def test_the_branch_says_whose_fault_it_is(error, branch):
    assert isinstance(error, branch)


def test_a_retriable_error_carries_what_the_server_asked_us_to_wait():
    assert errors.RetriableSourceError("429", retry_after_seconds=2.5).retry_after_seconds == 2.5
    assert errors.RetriableSourceError("429").retry_after_seconds is None


def test_a_fatal_error_carries_the_status():
    error = errors.FatalSourceError("expected a market, found 404", status=404)
    assert (error.status, str(error)) == (404, "expected a market, found 404")
    assert errors.FatalSourceError("a repeated cursor").status is None


def test_a_parse_error_has_a_word_to_count_by_and_a_sentence_to_read():
    error = errors.ParseError("no_condition_id", "expected a condition id, found an empty string")
    assert error.code == "no_condition_id"
    assert str(error) == error.reason == "expected a condition id, found an empty string"


def test_a_spent_budget_is_nobody_s_fault():
    """It is not the service's, nor the setting's: who handles those must not swallow it."""
    assert errors.BudgetSpentError.__bases__ == (errors.EdgeworthError,)


def test_nothing_retriable_is_fatal():
    assert not issubclass(errors.RetriableSourceError, errors.FatalSourceError)
    assert not issubclass(errors.FatalSourceError, errors.RetriableSourceError)
