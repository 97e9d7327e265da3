"""Settings come from the environment; a wrong one is named, a key is never shown."""

import sys

import pytest

from edgeworth.errors import ConfigurationError
from tasks.settings import load_settings


def test_an_empty_value_is_the_same_as_none(monkeypatch):
    monkeypatch.setenv("PM_GAMMA_LIMIT", "")
    monkeypatch.setenv("OPENAI_API_KEY", "")
    settings = load_settings()
    assert settings.gamma_limit == 200
    assert settings.openai_api_key is None


def test_the_names_of_the_first_documents_are_understood(monkeypatch):
    monkeypatch.setenv("PM_GAMMA_LIMIT", "35")
    monkeypatch.setenv("ENABLE_WS_INGEST", "true")
    settings = load_settings()
    assert (settings.gamma_limit, settings.enable_ws_ingest) == (35, True)


def test_our_own_name_wins_over_the_alias(monkeypatch):
    monkeypatch.setenv("PM_GAMMA_LIMIT", "35")
    monkeypatch.setenv("EDGEWORTH_GAMMA_LIMIT", "70")
    assert load_settings().gamma_limit == 70


def test_a_value_that_cannot_be_used_is_named(monkeypatch):
    monkeypatch.setenv("EDGEWORTH_GAMMA_LIMIT", "many")
    with pytest.raises(ConfigurationError, match="EDGEWORTH_GAMMA_LIMIT: Input should be a valid integer"):
        load_settings()


def test_keys_and_the_database_password_are_in_no_representation(monkeypatch):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-verysecret")
    monkeypatch.setenv("EDGEWORTH_DATABASE_URL", "postgresql://me:verysecret@db/edgeworth")
    settings = load_settings()
    assert "verysecret" not in f"{settings!r} {settings} {settings.model_dump_json()}"
    assert settings.database.endswith("verysecret@db/edgeworth")


def test_a_dotenv_file_is_read_and_the_environment_wins(monkeypatch, tmp_path):
    (tmp_path / ".env").write_text("EDGEWORTH_SYNTHETIC_SEED=11\nEDGEWORTH_HISTORY_DAYS=3\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EDGEWORTH_HISTORY_DAYS", "5")
    settings = load_settings()
    assert (settings.synthetic_seed, settings.history_days) == (11, 5)


def test_the_catalogue_is_a_file_in_the_data_folder_unless_a_database_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("EDGEWORTH_DATA_DIR", str(tmp_path / "d"))
    assert load_settings().database == f"sqlite:///{(tmp_path / 'd' / 'edgeworth.db').as_posix()}"


@pytest.mark.parametrize("name", ["EDGEWORTH_HISTORY_URL", "EDGEWORTH_RESULTS_URL"])
@pytest.mark.parametrize(
    "address",
    [
        "s3://user:hunter2@bucket/h",
        "s3://bucket/h?secret=hunter2",
        "s3://bucket/h#hunter2",
        "s3:///hunter2",
        "s3://bucket/../hunter2",
        "s3://bucket//hunter2",
        "file://hunter2/h",
        "file:///",
        "ftp://hunter2/h",
        "memory://hunter2/h",
        "/hunter2/h",
    ],
)
def test_an_address_of_a_store_that_cannot_be_meant_is_named_and_not_repeated(monkeypatch, name, address):
    monkeypatch.setenv(name, address)
    with pytest.raises(ConfigurationError, match=f"{name}: expected an address like s3://bucket/prefix") as told:
        load_settings()
    assert "hunter2" not in str(told.value)


@pytest.mark.parametrize("address", ["s3://bucket", "s3://bucket/some/prefix_1/", "file:///mnt/history"])
def test_an_address_of_a_store_stands_without_a_slash_at_its_end(monkeypatch, address):
    monkeypatch.setenv("EDGEWORTH_HISTORY_URL", address)
    assert load_settings().history_url == address.rstrip("/")


@pytest.mark.parametrize(("scheme", "module", "wanted"), [("s3", "s3fs", "edgeworth[s3]"), ("gs", "gcsfs", "gcsfs")])
def test_a_package_that_a_store_needs_is_named(monkeypatch, scheme, module, wanted):
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setenv("EDGEWORTH_RESULTS_URL", f"{scheme}://bucket")
    needs = f'EDGEWORTH_RESULTS_URL: {scheme}:// needs a package that is not installed: pip install "{wanted}"'
    with pytest.raises(ConfigurationError) as told:
        load_settings()
    assert needs in str(told.value)
