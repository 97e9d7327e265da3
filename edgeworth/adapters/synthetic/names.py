"""Invented people, places, clubs and companies, some of them awkward on purpose.

Only assets, tokens and indices that everyone quotes keep their real names. No real person, club or company appears.
"""

from __future__ import annotations

from typing import Final

from edgeworth.adapters.synthetic.draws import Draws

FIRST_NAMES: Final = (
    "Ada", "Bram", "Chiara", "Dmitri", "Elif", "Farah", "Goran", "Hana", "Ivo", "Jonas", "Kaori", "Leila", "Mateo",
    "Nadia", "Omar", "Petra", "Quentin", "Rosa", "Soren", "Tamsin", "Usha", "Viktor", "Wanda", "Xavier", "Yara",
    "Zoltan",
    "Željko", "Jürgen", "Nguyễn Thị", "Mary-Ann",
)  # fmt: skip
LAST_NAMES: Final = (
    "Abernathy", "Bakker", "Castellan", "Dragomir", "Eastwick", "Fontaine", "Grimaldi", "Halvorsen", "Ibarra",
    "Jankowski",
    "Kessler", "Lindqvist", "Marchetti", "Novak", "O'Brien-Ñandú", "Papadakis", "Quillfeather", "Rosenthal", "Strand",
    "Tanaka", "Ueda", "Vasquez", "Whitlock", "Yilmaz", "Zamora", "Šimić", "Ångström", "Hạnh", "de la Cruz", "McTavish",
)  # fmt: skip
WHOLE_NAMES: Final = ("李雪梅", "Александр Ветров", "محمد الفارسي", "Sérgio “Tito” Brandão", "김하늘")
COUNTRIES: Final = (
    "Aldovia", "Borduria", "Carpathia", "Drovenia", "Estmark", "Freedonia", "Genovia", "Hallmark Isles", "Illyria",
    "Kasnia", "Latveria", "Morvania", "Norselund", "Orsinia", "Poldavia", "Ruritania", "Sylvania", "Tazbekistan",
    "Ustania",
    "Valdoria", "Wadiya", "Zubrowka",
)  # fmt: skip
OFFICES: Final = (
    "Finance Minister",
    "Foreign Minister",
    "Prime Minister",
    "Central Bank Governor",
    "Speaker",
    "Chief Justice",
)
COMPANIES: Final = (
    "Acme Dynamics", "Blue Harbor", "Cyberdyne Works", "Duff Beverages", "Encom", "Frobozz", "Globex", "Hooli",
    "Initech",
    "Kramerica", "Lumon", "Massive Dynamic", "Nakatomi", "Oceanic Air", "Pied Piper", "Rekall", "Soylent", "Tyrell",
    "Umbra & Sons", "Vandelay", "Wonka", "Yoyodyne", "Zorg",
)  # fmt: skip
PROTOCOLS: Final = (
    "Arclight", "Basalt", "Cobalt", "Driftnet", "Emberchain", "Fathom", "Gantry", "Halcyon", "Ionosphere", "Juniper",
    "Keel", "Lattice", "Monolith", "Nimbus", "Obsidian", "Parallax", "Quorum", "Rookery", "Sextant", "Trellis",
)  # fmt: skip
ECOSYSTEMS: Final = (
    "Aurora", "Borealis", "Cinder", "Dune", "Equinox", "Fjord", "Glacier", "Horizon", "Inlet", "Jetstream",
)  # fmt: skip
CITIES: Final = (
    "Port Meridian", "New Hartwell", "Castlebridge", "San Aurelio", "Grafton Falls", "Eastvale", "Kingsmoor",
    "Lakemont",
    "Río Claro", "Saint-Élodie", "Bad Königsfeld", "Oakhaven",
)  # fmt: skip
NICKNAMES: Final = (
    "Aviators", "Badgers", "Comets", "Drakes", "Engineers", "Foxes", "Gulls", "Hornets", "Icebreakers", "Jackals",
    "Kestrels", "Lancers", "Mariners", "Nomads", "Otters", "Pioneers", "Quakers", "Ravens", "Stags", "Tempest",
)  # fmt: skip
LEAGUES: Final = (
    ("NBA", "nba", "basketball"),
    ("NFL", "nfl", "football"),
    ("NHL", "nhl", "hockey"),
    ("EPL", "epl", "soccer"),
)
COINS: Final = (
    ("Bitcoin", "BTC", 95_000.0),
    ("Ethereum", "ETH", 3_400.0),
    ("Solana", "SOL", 190.0),
    ("XRP", "XRP", 2.4),
)
INDICES: Final = (
    ("S&P 500", "SPX", 6_800.0),
    ("Nasdaq 100", "NDX", 24_500.0),
    ("Gold", "XAU", 3_900.0),
    ("WTI Crude Oil", "WTI", 64.0),
)
UNIONS: Final = ("the Meridian Pact", "the Northern Customs Union", "the Pelagic League", "the Continental Assembly")
CUPS: Final = ("Continental Cup", "Founders' Trophy", "Winter Classic", "Grand Slam of Kingsmoor")


def person(draws: Draws) -> str:
    """A person's name; one in fourteen is not written in Latin letters or holds quotes."""
    if draws.chance(0.07):
        return draws.choice(WHOLE_NAMES)
    return f"{draws.choice(FIRST_NAMES)} {draws.choice(LAST_NAMES)}"


def people(draws: Draws, count: int) -> list[str]:
    """Different people."""
    found: dict[str, None] = {}
    while len(found) < count:
        found[person(draws)] = None
    return list(found)


def clubs(draws: Draws, count: int) -> list[str]:
    """Different clubs: a city and a nickname each, no nickname twice."""
    return [f"{draws.choice(CITIES)} {nickname}" for nickname in draws.sample(NICKNAMES, count)]
