"""Only so many at once, none forgotten, each heard of as it ends."""

from concurrent.futures import Future

import pytest

from tasks.orchestration.fan_out import in_windows


class Desk:
    """Takes submissions. Once ``room`` are unfinished, the one that was begun last ends."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.futures: dict[str, Future[str]] = {}
        self.most_unfinished = 0

    def submit(self, item: str) -> Future[str]:
        self.futures[item] = future = Future()
        unfinished = self.unfinished()
        self.most_unfinished = max(self.most_unfinished, len(unfinished))
        if len(unfinished) >= self.room or item == "e":
            self.end(unfinished[-1])
        return future

    def unfinished(self) -> list[str]:
        return [item for item, future in self.futures.items() if not future.done()]

    def end(self, item: str) -> None:
        self.futures[item].set_result(item.upper())


@pytest.mark.parametrize("at_once", [1, 2, 3, 10])
def test_no_more_than_asked_for_are_unfinished_and_all_are_heard_of(at_once):
    desk = Desk(room=min(at_once, 5))
    heard = []
    for item, future in in_windows(desk.submit, "abcde", at_once=at_once):
        heard.append((item, future.result()))
        # Whoever waits for the last ones would wait for ever: nobody else ends them.
        if len(desk.futures) == 5 and desk.unfinished():
            desk.end(desk.unfinished()[0])
    assert sorted(heard) == [(item, item.upper()) for item in "abcde"]
    assert desk.most_unfinished == min(at_once, 5)


def test_they_are_heard_of_in_the_order_in_which_they_end():
    desk = Desk(room=2)
    heard = []
    for item, _ in in_windows(desk.submit, "abcde", at_once=2):
        heard.append(item)
        if len(desk.futures) == 5 and desk.unfinished():
            desk.end(desk.unfinished()[0])
    assert heard == ["b", "c", "d", "e", "a"]


def test_nothing_is_begun_before_somebody_listens_and_nothing_is_done_for_nothing():
    desk = Desk(room=1)
    in_windows(desk.submit, "ab", at_once=1)
    assert desk.futures == {}
    assert list(in_windows(desk.submit, "", at_once=3)) == []
