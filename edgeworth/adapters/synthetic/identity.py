"""The names under which the exchanges know events and markets, and the way back from a name to the market.

Every id carries the number of its event, scrambled where the real ids look random, so that looking one up needs no
table, however large the world is. A name that was not made here leads to ``None``.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

from edgeworth.adapters.synthetic.draws import derive
from edgeworth.adapters.synthetic.events import MAX_MARKETS, SyntheticEvent, SyntheticMarket
from edgeworth.adapters.synthetic.instants import day_code

FIRST_EVENT: Final = 20_000
FIRST_MARKET: Final = 500_000
_ODD: Final = 0xD6E8FEB86659FD93
_BACK: Final = pow(_ODD, -1, 1 << 64)
_WORD: Final = (1 << 64) - 1
_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_DATE_LENGTH: Final = 7


class Identity:
    """Names of one world; worlds with different seeds share none of the long ones."""

    def __init__(self, seed: int) -> None:
        self._key = derive(seed, "identity")
        self._salt = self._key.to_bytes(8, "big")

    def condition_id(self, market: SyntheticMarket) -> str:
        """``0x`` and 64 hexadecimal digits."""
        number = self._number(market)
        return f"0x{self._scramble(number):016x}{self._tail(number, 3):048x}"

    def question_id(self, market: SyntheticMarket) -> str:
        """The oracle's id of the question; says nothing of the market."""
        number = self._number(market)
        return self.hexadecimal(4, "question", number)

    def token_ids(self, market: SyntheticMarket) -> tuple[str, str]:
        """Decimal, 74 to 78 digits, one for each outcome."""
        number = self._number(market)
        first, second = (
            (self._scramble(2 * number + outcome) << 192) | self._tail(2 * number + outcome, 3) for outcome in (0, 1)
        )
        return str(first), str(second)

    def hexadecimal(self, words: int, *parts: int | str) -> str:
        """``0x`` and 16 digits a word, from the parts; for hashes that lead nowhere."""
        return "0x" + blake2b(repr(parts).encode(), key=self._salt, digest_size=8 * words).hexdigest()

    def of_condition(self, condition_id: str) -> tuple[int, int] | None:
        """(event index, position) behind a condition id."""
        try:
            number = self._unscramble(int(condition_id[2:18], 16))
        except ValueError:
            return None
        is_ours = condition_id == f"0x{self._scramble(number):016x}{self._tail(number, 3):048x}"
        return divmod(number, MAX_MARKETS) if is_ours else None

    def of_token(self, token_id: str) -> tuple[int, int, int] | None:
        """(event index, position, outcome) behind a token id."""
        if not token_id.isdecimal():
            return None
        word = int(token_id) >> 192
        number = self._unscramble(word & _WORD)
        if word > _WORD or int(token_id) & ((1 << 192) - 1) != self._tail(number, 3):
            return None
        market, outcome = divmod(number, 2)
        return (*divmod(market, MAX_MARKETS), outcome)

    @staticmethod
    def _number(market: SyntheticMarket) -> int:
        return market.event_index * MAX_MARKETS + market.position

    def _scramble(self, number: int) -> int:
        return (number * _ODD + self._key) & _WORD

    def _unscramble(self, word: int) -> int:
        return ((word - self._key) * _BACK) & _WORD

    def _tail(self, number: int, words: int) -> int:
        digest = blake2b((number & _WORD).to_bytes(8, "big"), key=self._salt, digest_size=8 * words).digest()
        return int.from_bytes(digest, "big")


def gamma_event_id(index: int) -> str:
    """Gamma's number of an event."""
    return str(FIRST_EVENT + index)


def gamma_market_id(market: SyntheticMarket) -> str:
    """Gamma's number of a market."""
    return str(FIRST_MARKET + market.event_index * MAX_MARKETS + market.position)


def of_gamma_event(event_id: str) -> int | None:
    """Event index behind Gamma's number."""
    return int(event_id) - FIRST_EVENT if event_id.isdecimal() and int(event_id) >= FIRST_EVENT else None


def of_gamma_market(market_id: str) -> tuple[int, int] | None:
    """(event index, position) behind Gamma's number."""
    if not market_id.isdecimal() or int(market_id) < FIRST_MARKET:
        return None
    return divmod(int(market_id) - FIRST_MARKET, MAX_MARKETS)


def of_slug(slug: str, parts: int) -> tuple[int, ...] | None:
    """The ``parts`` numbers at the end of a slug."""
    pieces = slug.rsplit("-", parts)[1:]
    if len(pieces) != parts or not all(piece.isdecimal() for piece in pieces):
        return None
    return tuple(int(piece) for piece in pieces)


def kalshi_event_ticker(event: SyntheticEvent) -> str:
    """``KXCOIND-26NOV30002F``: series, closing day, number in base 36."""
    return f"{event.family.series}-{day_code(event.closes_at)}{_base36(event.index)}"


def kalshi_ticker(event: SyntheticEvent, market: SyntheticMarket) -> str:
    """``KXCOIND-26NOV30002F-T95000``."""
    return f"{kalshi_event_ticker(event)}-{market.code}"


def of_kalshi_event(ticker: str) -> int | None:
    """Event index behind a ticker of an event or of a market."""
    pieces = ticker.split("-")
    if len(pieces) < 2 or len(pieces[1]) <= _DATE_LENGTH:
        return None
    digits = pieces[1][_DATE_LENGTH:]
    return int(digits, 36) if digits.isascii() and digits.isalnum() else None


def _base36(number: int) -> str:
    digits = ""
    while number or len(digits) < 3:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits
