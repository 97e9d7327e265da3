"""Where runs keep what they read and write, and where their pages are reached."""

from __future__ import annotations

from pathlib import Path

from pydantic import AliasChoices, BaseModel, Field, SecretStr

from tasks.settings.addresses import StoreAddress, WebAddress


class PlaceSettings(BaseModel):
    data_dir: Path = Field(
        default=Path("data"),
        validation_alias=AliasChoices("EDGEWORTH_DATA_DIR"),
        description="Raw pages, history, the SQLite file and Prefect's home for local runs.",
    )
    results_dir: Path = Field(
        default=Path("results"),
        validation_alias=AliasChoices("EDGEWORTH_RESULTS_DIR"),
        description="One folder per run with its pages and manifest.",
    )
    database_url: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("EDGEWORTH_DATABASE_URL"),
        description="`postgresql://…` or `sqlite:///…`; unset means `edgeworth.db` in the data folder.",
    )
    history_url: StoreAddress | None = Field(
        default=None,
        validation_alias=AliasChoices("EDGEWORTH_HISTORY_URL"),
        description="Where prices, books, trades and bars are, `s3://bucket/prefix`; unset means `history` in the data "
        "folder; see [growing](growing.md#results-and-history-elsewhere).",
    )
    results_url: StoreAddress | None = Field(
        default=None,
        validation_alias=AliasChoices("EDGEWORTH_RESULTS_URL"),
        description="Where finished results are put as well, `s3://bucket/prefix`; unset means nowhere.",
    )
    site_url: WebAddress = Field(
        default="http://127.0.0.1:8787",
        validation_alias=AliasChoices("EDGEWORTH_SITE_URL"),
        description="Where `edgeworth serve` is reached: links in Prefect point there; see [serve](serve.md).",
    )

    @property
    def database(self) -> str:
        """The database's URL; holds the password, so it is handed to the engine and nowhere else."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{(self.data_dir / 'edgeworth.db').absolute().as_posix()}"

    @property
    def prefect_home(self) -> Path:
        """Where Prefect keeps its database for local runs; absolute, as Prefect needs it."""
        return (self.data_dir / "prefect").absolute()
