"""Runs one program on its inputs and says how it ended, in one JSON document. The same on this machine and remotely.

The document that comes in: ``code``, ``inputs``, ``files`` (names to base64). The report that goes out: ``status``
(ok, code_error, memory, refused), ``result``, ``files`` (added or changed), ``error``, ``traceback``. Whoever reads the
report treats it as text of the program, for the program shares this process and could have written it.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import linecache
import os
import sys
import traceback
import types
from collections.abc import Mapping, Sequence
from typing import Any

PROGRAM = "program.py"
LONGEST_TEXT = 8_000


class UnusableResultError(Exception):
    """What ``main`` returned cannot go into the report."""


def main() -> None:
    """Where nothing of ours but this file is: document and report are files, and the limits are set here."""
    import resource

    job, report, cpu_seconds, memory_mb, result_bytes, file_bytes = sys.argv[1:]
    for kind, soft, hard in (
        (resource.RLIMIT_CPU, int(cpu_seconds), int(cpu_seconds) + 1),
        (resource.RLIMIT_AS, int(memory_mb) << 20, int(memory_mb) << 20),
        (resource.RLIMIT_FSIZE, int(file_bytes), int(file_bytes)),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        resource.setrlimit(kind, (soft, hard))
    with open(job, "rb") as source:  # noqa: PTH123  a path of ours
        document = source.read()
    text = run(document, result_bytes=int(result_bytes))
    sys.stdout.flush()
    sys.stderr.flush()
    with open(report, "wb") as target:  # noqa: PTH123
        target.write(text)
    os._exit(0)  # threads of the program are not waited for


def run(document: bytes, *, result_bytes: int) -> bytes:
    """The report on the job of ``document``. Never raises; a report of its own stands for what does not fit."""
    try:
        report = _reported(document, result_bytes)
    except MemoryError:
        report = b""
    # Outside of the block: what filled the memory is let go of by now.
    return report or _encode({"status": "memory", "error": "MemoryError: no memory was left to report how"})


def _reported(document: bytes, result_bytes: int) -> bytes:
    job = json.loads(document)
    files = {name: base64.b64decode(content) for name, content in job["files"].items()}
    _seed(document)
    try:
        return _run_program(job["code"], job["inputs"], files, result_bytes)
    except BaseException as error:  # noqa: BLE001  whatever a program raises is the news we are here to bring
        failure = error
    return _encode(_describe(failure))


def _run_program(code: str, inputs: Any, files: dict[str, bytes], result_bytes: int) -> bytes:
    before = dict(files)
    sys.meta_path.append(_FilesFinder(before))
    program = types.ModuleType("program")
    program.__file__ = PROGRAM
    program.__dict__["files"] = files
    sys.modules["program"] = program  # dataclasses look their module up
    _remember_source(PROGRAM, code)
    exec(compile(code, PROGRAM, "exec"), program.__dict__)  # noqa: S102  what a sandbox is for
    main = program.__dict__.get("main")
    if not callable(main):
        raise UnusableResultError("the program has no function main(inputs)")
    result = main(inputs)
    return _report_result(result, before, files, result_bytes)


def _report_result(result: Any, before: Mapping[str, bytes], after: Mapping[str, Any], result_bytes: int) -> bytes:
    changed = {}
    for name, content in after.items():
        if not isinstance(name, str) or not isinstance(content, bytes):
            raise UnusableResultError(f"expected files as bytes by name, found {name!r}: {type(content).__name__}")
        if before.get(name) != content:
            changed[name] = base64.b64encode(content).decode("ascii")

    def plain(value: Any) -> Any:
        return _plain(value, most=result_bytes)

    try:
        text = json.dumps({"status": "ok", "result": result, "files": changed}, allow_nan=False, default=plain)
    except ValueError as error:  # NaN, an infinity, a list that holds itself
        raise UnusableResultError(f"expected finite numbers and plain values in the result, found: {error}") from None
    except TypeError as error:
        raise UnusableResultError(f"expected a value that JSON can say, found: {error}") from None
    report = text.encode("ascii")
    if len(report) > result_bytes:
        raise UnusableResultError(f"expected a result of at most {result_bytes} bytes, found {len(report)}")
    return report


def _plain(value: Any, *, most: int) -> Any:
    """Numpy's scalars and arrays as plain values; an array that could never fit is not even unfolded."""
    if hasattr(value, "dtype") and hasattr(value, "tolist"):
        if value.size > most:
            raise UnusableResultError(f"expected at most {most} bytes of result, found an array of {value.size} values")
        return value.tolist()
    raise TypeError(f"{type(value).__name__} is not of JSON")


def _describe(failure: BaseException) -> dict[str, str]:
    """Status, sentence and failing lines; the text of the exception is the program's own, so it is cut."""
    if isinstance(failure, MemoryError):
        status, error = "memory", "MemoryError: it asked for more memory than it may have"
    elif isinstance(failure, PermissionError):
        status, error = "refused", f"the sandbox refused: {_named(failure)}"
    else:
        status, error = "code_error", _named(failure)
    return {"status": status, "error": error, "traceback": _failing_lines(failure)}


def _named(failure: BaseException) -> str:
    try:
        text = str(failure)
    except BaseException as error:  # noqa: BLE001  a hostile __str__
        text = f"(its text raised {type(error).__name__})"
    name = "" if isinstance(failure, UnusableResultError) else f"{type(failure).__name__}: "
    return (name + text)[:LONGEST_TEXT]


def _failing_lines(failure: BaseException) -> str:
    """The traceback without our own frames and without those of libraries."""
    if isinstance(failure, SyntaxError):
        return "".join(traceback.format_exception_only(failure))[-LONGEST_TEXT:]
    frames = [frame for frame in traceback.extract_tb(failure.__traceback__) if _is_of_the_job(frame.filename)]
    return "".join(traceback.format_list(frames))[-LONGEST_TEXT:]


def _is_of_the_job(filename: str) -> bool:
    """Whether it is source that somebody remembered for tracebacks, and no file."""
    remembered = linecache.cache.get(filename)
    return remembered is not None and len(remembered) == 4 and remembered[1] is None


def _encode(report: dict[str, str]) -> bytes:
    return json.dumps(report).encode("ascii")


def _remember_source(name: str, source: str) -> None:
    """For tracebacks; without a time, so that nobody looks for the file."""
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)


def _seed(document: bytes) -> None:
    """The global generators depend on the job alone.

    Made before the fork, they would repeat in every run; seeded from the system, no run could be repeated.
    """
    seed = int.from_bytes(hashlib.sha256(document).digest()[:4], "big")
    for name in ("random", "numpy.random"):
        with contextlib.suppress(ImportError):
            importlib.import_module(name).seed(seed)


class _FilesFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports ``NAME.py`` out of the files of the job."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        del path, target
        return importlib.util.spec_from_loader(fullname, self) if f"{fullname}.py" in self._files else None

    def exec_module(self, module: types.ModuleType) -> None:
        name = f"{module.__name__}.py"
        source = self._files[name].decode("utf-8")
        _remember_source(name, source)
        module.__file__ = name
        exec(compile(source, name, "exec"), module.__dict__)  # noqa: S102  what a sandbox is for


if __name__ == "__main__":
    main()
