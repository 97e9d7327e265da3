"""Submitting many tasks of a flow, only so many at once, and hearing of each as it ends. Works with any task runner."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from queue import SimpleQueue
from typing import Any, TypeVar

from prefect.futures import PrefectFuture

Item = TypeVar("Item")


def in_windows(
    submit: Callable[[Item], PrefectFuture[Any]], items: Iterable[Item], *, at_once: int
) -> Iterator[tuple[Item, PrefectFuture[Any]]]:
    """Submit ``items``, at most ``at_once`` of them unfinished at a time; each with its future as soon as it ended.

    Args:
        submit: Submits a task for one item.
        items: In the order in which they are begun.
        at_once: At least 1.
    """
    waiting = iter(items)
    ended: SimpleQueue[tuple[Item, PrefectFuture[Any]]] = SimpleQueue()

    def begin(item: Item) -> None:
        future = submit(item)
        future.add_done_callback(lambda done: ended.put((item, done)))

    running = 0
    for item in islice(waiting, at_once):
        begin(item)
        running += 1
    while running:
        yield ended.get()
        running -= 1
        for item in islice(waiting, 1):
            begin(item)
            running += 1
