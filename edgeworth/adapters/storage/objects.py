"""Objects of a store that is reached by a URL: S3, Google Cloud Storage, Azure, through fsspec.

An object is put as a whole or not at all, and one that is made new never takes the place of another: the store refuses
it. There is no rename and no lock. Credentials come from where the store's own client looks for them; they stand in no
URL and in no message here. That client tries again what may pass, so nothing here does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import fsspec  # type: ignore[import-untyped]
from fsspec.asyn import sync  # type: ignore[import-untyped]

from edgeworth.errors import ConfigurationError, StorageBusyError, StorageError, StorageGoneError

_PATIENCE: Mapping[str, Mapping[str, Any]] = {
    "s3": {
        "config_kwargs": {
            "connect_timeout": 10,
            "read_timeout": 30,
            "retries": {"mode": "standard", "total_max_attempts": 3},
        }
    }
}
"""Of the clients that we know: a store that does not answer is told within a minute, not within many."""


_DEFECTS = (TypeError, AttributeError, NameError, LookupError, AssertionError, NotImplementedError)
"""What no store answers with: a mistake of ours or of a client's, which must not be told as a failure of the store."""


class Objects:
    """The objects below one address.

    Args:
        url: ``scheme://bucket/prefix``. Nothing is asked before the first use.
        fsspec_options: For the store's client, beside what it finds in the environment.

    Raises:
        ConfigurationError: The client's package is not installed, or cannot make anything of the address.
    """

    def __init__(self, url: str, **fsspec_options: Any) -> None:
        self.shown = public_address(url)
        self._scheme = urlsplit(url).scheme
        options = {**_PATIENCE.get(self._scheme, {}), **fsspec_options}
        try:
            # Others write here too: a listing that was kept would hide what they wrote.
            self._files, root = fsspec.url_to_fs(url, use_listings_cache=False, **options)
        except ImportError as error:
            raise ConfigurationError(f"{self.shown}: {self._scheme} needs a package that is not installed") from error
        except _DEFECTS:
            raise
        except Exception as error:
            raise ConfigurationError(f"{self.shown}: cannot be used as an address ({type(error).__name__})") from error
        self._root = root.rstrip("/")

    def list(self) -> dict[str, int]:
        """Size in bytes of every object below the address, by name.

        Raises:
            StorageError: The store or the bucket cannot be reached.
        """
        with self._told("listed"):
            found = self._files.find(self._root, detail=True)
        return {name.removeprefix(f"{self._root}/"): int(info["size"]) for name, info in found.items()}

    def get(self, name: str) -> bytes:
        """The whole object.

        Raises:
            FileNotFoundError: There is none of that name.
            StorageError: The store cannot be reached.
        """
        with self._told(f"read ({name})", missing=False):
            return bytes(self._files.cat_file(self._path(name)))

    def put(self, name: str, data: bytes) -> None:
        """Make or replace an object.

        Raises:
            StorageError: The store refuses or cannot be reached; what stood there before stands.
        """
        with self._told(f"written ({name})"):
            self._files.pipe_file(self._path(name), data)

    def put_new(self, name: str, data: bytes) -> None:
        """Make an object; one that holds the same bytes already is as good.

        Raises:
            StorageBusyError: Another one has that name.
            StorageError: The store refuses or cannot be reached.
        """
        try:
            with self._told(f"written ({name})"):
                self._files.pipe_file(self._path(name), data, mode="create")
        except FileExistsError:
            # A client that heard no answer asks again, and then finds what it wrote itself.
            if self._found(name) != data:
                raise StorageBusyError(
                    f"{self.shown}/{name}: expected a free name, found an object that another process wrote; run again"
                ) from None

    def put_files(self, files: Mapping[str, Path]) -> None:
        """Make or replace objects from files of this machine, by name, several at a time.

        Raises:
            StorageError: The store refuses or cannot be reached; some may be there.
        """
        if not files:
            return
        with self._told("written"):
            self._files.put([str(file) for file in files.values()], [self._path(name) for name in files])

    def delete(self, names: Sequence[str]) -> None:
        """Remove objects; those that are gone already do not matter.

        Raises:
            StorageError: The store refuses or cannot be reached.
        """
        for name in names:
            with self._told(f"deleted ({name})"), _ignoring_missing():
                self._files.rm_file(self._path(name))

    def check(self, token: str) -> None:
        """Make an object in a folder that is named by ``token``, look for it, and remove it.

        Raises:
            StorageError: One of the three cannot be done.
        """
        folder = f".edgeworth-check-{token}"
        name = f"{folder}/object"
        self.put_new(name, b"edgeworth")
        try:
            with self._told("listed"):
                found = self._files.find(self._path(folder))
            if found != [self._path(name)]:
                raise StorageError(f"{self.shown}: an object that was just written is not listed")
        finally:
            self.delete([name])

    def address(self, name: str) -> str:
        """The object as other libraries name it."""
        return str(self._files.unstrip_protocol(self._path(name)))

    def s3_options(self) -> dict[str, str] | None:
        """What another client of S3 needs to see the same objects: endpoint, region, keys. ``None`` for other stores.

        Holds secrets; it is handed to that client and nowhere else.

        Raises:
            StorageError: The credentials cannot be had.
        """
        if self._scheme != "s3":
            return None
        with self._told("read"):
            self._files.connect()
            keys = sync(self._files.loop, _frozen_keys, self._files.session)
            meta = self._files.s3.meta
        options = {"aws_endpoint_url": meta.endpoint_url}
        if meta.endpoint_url.startswith("http://"):
            options["aws_allow_http"] = "true"
        if meta.region_name not in {None, "aws-global"}:
            options["aws_region"] = meta.region_name
        if keys is None:
            return {**options, "aws_skip_signature": "true"}
        token = {} if keys.token is None else {"aws_session_token": keys.token}
        return {**options, "aws_access_key_id": keys.access_key, "aws_secret_access_key": keys.secret_key, **token}

    def gone(self, error: BaseException, done: str) -> StorageError:
        """What a failure of a client means. Its own text may repeat what it was called with: only its kind is told."""
        match error:
            case PermissionError():
                why = "the store refuses; check the credentials in the environment and what they may do"
            case FileNotFoundError():
                why = "there is no such bucket; make it, or check the address"
            case _ if "Credentials" in type(error).__name__:
                why = "the store's client found no credentials in the environment"
            case _:
                why = f"the store cannot be reached; check the address and the network ({type(error).__name__})"
        return StorageGoneError(f"{self.shown} cannot be {done}: {why}")

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"

    def _found(self, name: str) -> bytes | None:
        """The object; ``None`` when there is none, or none any more."""
        try:
            return self.get(name)
        except FileNotFoundError:
            return None

    @contextmanager
    def _told(self, done: str, *, missing: bool = True) -> Iterator[None]:
        """Turn failures of the store's client into the error family; what is missing only where it is a failure."""
        try:
            yield
        except FileExistsError:
            raise
        except FileNotFoundError as error:
            if not missing:
                raise
            raise self.gone(error, done) from error
        except _DEFECTS:
            raise
        except Exception as error:
            # Each client has a family of errors of its own, and not all of them are of the operating system's.
            raise self.gone(error, done) from error


def public_address(url: str) -> str:
    """``url`` without user, password and options, for messages."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}".rstrip("/")


async def _frozen_keys(session: Any) -> Any:
    keys = await session.get_credentials()
    return None if keys is None else await keys.get_frozen_credentials()


@contextmanager
def _ignoring_missing() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        return
