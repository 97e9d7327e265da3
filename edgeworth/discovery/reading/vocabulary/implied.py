"""What a question may leave out because its other words imply it. Data only."""

# ruff: noqa: E501 -- tables, one entry a line

from __future__ import annotations

from typing import Final


def _keys(table: str) -> frozenset[str]:
    return frozenset(key.strip() for key in table.split("|"))


_BANKS: Final = _keys("entity:fed | entity:ecb | entity:boe | entity:boj | entity:boc | entity:rba")
"""They decide on rates at meetings: what is decided in March is decided after the March meeting."""

_GAUGES: Final = _keys("entity:gdp | entity:cpi | entity:core_cpi | entity:pce | entity:core_pce")
"""Figures that are changes already: they "are" what they "rise" by."""

IMPLIED: Final = {
    "place:us": _keys(
        "entity:cpi | entity:core_cpi | entity:pce | entity:core_pce | entity:fed | entity:supreme court | entity:federal government | entity:unemployment | entity:nonfarm payrolls | entity:sec | entity:doj | entity:fbi | scope:house | scope:senate | entity:republican | entity:democrat | entity:gdp | gas | gasolin | action:government shutdown | entity:trump"
    ),
    "openai": frozenset({"gpt", "entity:chatgpt", "sora"}),
    "entity:openai": frozenset({"gpt", "entity:chatgpt", "sora"}),
    "anthropic": frozenset({"claud"}),
    "googl": frozenset({"gemini"}),
    "entity:alphabet": frozenset({"gemini"}),
    "entity:spacex": frozenset({"starship"}),
    "entity:apple": frozenset({"iphon", "macbook", "ipad"}),
    "entity:meta": frozenset({"llama"}),
    "xai": frozenset({"grok"}),
    "rockstar": frozenset({"entity:gta 6"}),
    "action:win": frozenset({"entity:oscars", "entity:grammys", "entity:emmys", "entity:golden globes"}),
    "interest": _BANKS,
    "averag": _keys("gas | gasolin"),
    "employe": frozenset({"action:layoffs"}),
    "worker": frozenset({"action:layoffs"}),
    "vehicl": frozenset({"entity:tesla"}),
    "car": frozenset({"entity:tesla"}),
    "real": frozenset({"entity:gdp"}),
    "grow": frozenset({"entity:gdp"}),
    "growth": frozenset({"entity:gdp"}),
    "increas": _GAUGES,
    "ris": _GAUGES,
    "action:release": _keys("iphon | macbook | ipad | gpt | grok | llama | claud | gemini | entity:gta 6"),
    "trad": frozenset({"action:ipo"}),
    "action:meet": _BANKS,
    "decision": _BANKS,
    "after": _BANKS,
    "entity:nba": frozenset({"entity:nba finals"}),
    "entity:nfl": frozenset({"entity:super bowl"}),
    "entity:mlb": frozenset({"entity:world series"}),
    "entity:nhl": frozenset({"entity:stanley cup"}),
}
"""A key that may be missing on one side, to keys of which one must stand on both."""

WORKS: Final = frozenset(
    {
        "song",
        "album",
        "chart",
        "track",
        "singl",
        "film",
        "movi",
        "book",
        "entity:hot 100",
        "entity:billboard 200",
        "action:film",
    }
)
"""Words that show that a name is a work's: "<title> by <artist>" and "<title>" are then the same work."""

FAMILIES: Final = (
    _keys("action:out | action:resign | action:fire | action:impeach"),
    _keys("action:acquire | action:complete | action:deal | action:confirm"),
    _keys("action:win | action:beat | action:rank first | action:highest | action:record | action:lead"),
    _keys("action:deal | action:ceasefire | action:normal"),
    _keys("action:rule | action:strike down | action:ban"),
    _keys("action:release | action:announce | action:confirm | action:deploy"),
    _keys("action:attend | action:visit | action:appear | action:meet"),
    _keys("action:convict | action:indict | action:arrest"),
)
"""Actions that a text may mean by the other's word: a difference within a family is a doubt, not a contradiction."""

SYMMETRIC: Final = _keys(
    "action:ceasefire | action:deal | action:meet | action:marry | action:normal | place:russia_ukraine | or"
)
"""With one of these the order of names says nothing."""

ONE_SIDED: Final = _keys(
    "action:strike | action:invade | action:beat | action:acquire | action:endorse | action:fire | action:arrest | action:pardon | action:ban | action:visit | action:confirm | before | after | flip | overtak | attack | sue | nominat | appoint | replac | succeed | outgross | outperform | ahead | bomb | hit | sanction | recogniz | surpass | lead | pass | follow | recogn | annex | tariff | cap"
)
"""Actions in which it matters who does it to whom."""

SINGLE_WINNER: Final = frozenset(
    {
        "action:win",
        "action:rank first",
        "action:rank second",
        "action:rank third",
        "scope:nomination",
        "next",
        "entity:time person of the year",
        "action:richest",
        "action:highest",
    }
)
"""Where one of these is asked of two different subjects, at most one of the two comes true."""

LASTING: Final = _keys(
    "remain | stay | still | continu | surviv | keep | maintain | until | till | last | throughout | avoid | always | delay"
)
"""With one of these something has to hold for the whole of a time: a longer time asks for more, not for less."""

SUPERLATIVE: Final = _keys(
    "action:rank first | action:rank second | action:rank third | action:highest | action:lowest | action:richest | best | worst | most | least | top"
)
"""With one of these a period is compared with itself: the most of June need not be the most of the year."""
