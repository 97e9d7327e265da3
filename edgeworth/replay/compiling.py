"""How kernels are compiled: once a machine, into the user's cache, never into the installed package.

``NUMBA_CACHE_DIR`` sets another folder. Where no folder can be written, kernels are compiled in each process anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar, cast

import numba
from numba.core import config

Function = TypeVar("Function", bound=Callable[..., object])

_SETTING = "CACHE_LOCATOR_CLASSES"
_FOLDERS = "UserProvidedCacheLocator,UserWideCacheLocator,IPythonCacheLocator"


def compiled(function: Function) -> Function:
    """``function`` as machine code that keeps to the order of its operations: no fast maths, no threads.

    A division by zero is infinite or NaN, as IEEE 754 has it; looking out for one would keep loops from being widened.
    """
    with _outside_of_the_package():
        try:
            kernel = numba.njit(cache=True, error_model="numpy")(function)
        except RuntimeError:  # no folder can be written
            kernel = numba.njit(error_model="numpy")(function)
    return cast("Function", kernel)


@contextmanager
def _outside_of_the_package() -> Iterator[None]:
    """Numba decides on the folder when a kernel is made; kernels of other packages keep their own."""
    before = getattr(config, _SETTING, "")
    setattr(config, _SETTING, before or _FOLDERS)
    try:
        yield
    finally:
        setattr(config, _SETTING, before)
