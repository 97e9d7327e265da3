"""An S3 on loopback for tests: moto's, with a count of what goes over the wire and a place to interfere.

Each test gets a bucket of its own. Credentials are in the environment, where the client looks for them.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from itertools import count
from typing import NamedTuple, Self

import pytest

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "AKIATESTS",
    "AWS_SECRET_ACCESS_KEY": "never-to-be-shown",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    # What stands in the user's home must decide nothing here.
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
}

_numbers = count()


class Request(NamedTuple):
    """One request, and how many bytes of a body were answered."""

    method: str
    path: str
    status: str
    sent: int


class S3Server:
    """Moto's S3 over HTTP, in threads of this process."""

    def __init__(self) -> None:
        from moto.server import DomainDispatcherApplication, create_backend_app
        from werkzeug.serving import make_server

        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._app = DomainDispatcherApplication(create_backend_app)
        self._server = make_server("127.0.0.1", 0, self._serve, threaded=True)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self.requests: list[Request] = []
        self.before: Callable[[str, str], str | None] = lambda method, path: None
        """Called with method and path before each request; a status that it gives is the answer."""
        self.after: Callable[[str, str], str | None] = lambda method, path: None
        """The same once it is done: what it gives is answered instead of the truth."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _serve(self, environ, start_response):
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        answer = []
        told, body = self.before(method, path), b""
        if told is None:
            body = b"".join(self._app(environ, lambda *given: answer.extend(given)))
            told = self.after(method, path)
        status, headers = answer[:2] if told is None else (told, [("Content-Length", "0")])
        body = body if told is None else b""
        self.requests.append(Request(method, path, status, len(body)))
        start_response(status, headers)
        return [body]


class Bucket(NamedTuple):
    """An empty bucket, for one test."""

    name: str
    server: S3Server

    @property
    def url(self) -> str:
        return f"s3://{self.name}"

    def keys(self, prefix: str = "") -> list[str]:
        """What is there, as another client sees it, sorted."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
        return [found["Key"] for page in pages for found in page.get("Contents", ())]

    def body(self, key: str) -> bytes:
        """What an object holds."""
        return self.client.get_object(Bucket=self.name, Key=key)["Body"].read()

    @property
    def client(self):
        import boto3

        return boto3.client("s3", endpoint_url=self.server.url)


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    """One server for all tests of a process."""
    from s3fs import S3FileSystem

    with S3Server() as server:
        # Clients are kept by what they were made with, and the environment is no part of that.
        S3FileSystem.clear_instance_cache()
        yield server


@pytest.fixture
def bucket(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    """An empty bucket; this process, and those that it starts, reach it as they would reach Amazon's."""
    for name, value in {**ENVIRONMENT, "AWS_ENDPOINT_URL": s3_server.url}.items():
        monkeypatch.setenv(name, value)
    found = Bucket(f"edgeworth-tests-{next(_numbers)}", s3_server)
    found.client.create_bucket(
        Bucket=found.name, CreateBucketConfiguration={"LocationConstraint": ENVIRONMENT["AWS_DEFAULT_REGION"]}
    )
    s3_server.requests.clear()
    yield found
    s3_server.before = s3_server.after = lambda method, path: None
