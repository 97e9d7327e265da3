"""Teams of the North American leagues: nickname, home, and the short forms venues use. Data only.

A home alone ("Houston") or a nickname shared by two leagues ("Kings") names a team only once the league is known, or
the other team of the game.
"""

from __future__ import annotations

from typing import Final

TEAMS: Final = {
    "nba": """
        Hawks: Atlanta | ATL
        Celtics: Boston | BOS
        Nets: Brooklyn | BKN
        Hornets: Charlotte | CHA
        Bulls: Chicago | CHI
        Cavaliers: Cleveland | CLE | Cavs
        Mavericks: Dallas | DAL | Mavs
        Nuggets: Denver | DEN
        Pistons: Detroit | DET
        Warriors: Golden State | GSW
        Rockets: Houston | HOU
        Pacers: Indiana | IND
        Clippers: Los Angeles C | LA Clippers | LAC | Los Angeles Clippers
        Lakers: Los Angeles L | LA Lakers | LAL | Los Angeles Lakers
        Grizzlies: Memphis | MEM
        Heat: Miami | MIA
        Bucks: Milwaukee | MIL
        Timberwolves: Minnesota | MIN | Wolves
        Pelicans: New Orleans | NOP
        Knicks: New York | NYK
        Thunder: Oklahoma City | OKC
        Magic: Orlando | ORL
        76ers: Philadelphia | PHI | Sixers
        Suns: Phoenix | PHX
        Trail Blazers: Portland | POR | Blazers
        Kings: Sacramento | SAC
        Spurs: San Antonio | SAS
        Raptors: Toronto | TOR
        Jazz: Utah | UTA
        Wizards: Washington | WAS
    """,
    "nfl": """
        Cardinals: Arizona | ARI
        Falcons: Atlanta | ATL
        Ravens: Baltimore | BAL
        Bills: Buffalo | BUF
        Panthers: Carolina | CAR
        Bears: Chicago | CHI
        Bengals: Cincinnati | CIN
        Browns: Cleveland | CLE
        Cowboys: Dallas | DAL
        Broncos: Denver | DEN
        Lions: Detroit | DET
        Packers: Green Bay | GB
        Texans: Houston | HOU
        Colts: Indianapolis | IND
        Jaguars: Jacksonville | JAX | Jags
        Chiefs: Kansas City | KC
        Raiders: Las Vegas | LV
        Chargers: Los Angeles C | LA Chargers | LAC | Los Angeles Chargers
        Rams: Los Angeles R | LA Rams | LAR | Los Angeles Rams
        Dolphins: Miami | MIA
        Vikings: Minnesota | MIN
        Patriots: New England | NE | Pats
        Saints: New Orleans | NO
        Giants: New York G | NY Giants | NYG | New York Giants
        Jets: New York J | NY Jets | NYJ | New York Jets
        Eagles: Philadelphia | PHI
        Steelers: Pittsburgh | PIT
        49ers: San Francisco | SF | Niners
        Seahawks: Seattle | SEA
        Buccaneers: Tampa Bay | TB | Bucs
        Titans: Tennessee | TEN
        Commanders: Washington | WAS
    """,
    "mlb": """
        Diamondbacks: Arizona | ARI | D-backs
        Braves: Atlanta | ATL
        Orioles: Baltimore | BAL
        Red Sox: Boston | BOS
        Cubs: Chicago C | CHC | Chicago Cubs
        White Sox: Chicago W | CWS | Chicago White Sox
        Reds: Cincinnati | CIN
        Guardians: Cleveland | CLE
        Rockies: Colorado | COL
        Tigers: Detroit | DET
        Astros: Houston | HOU
        Royals: Kansas City | KC
        Angels: Los Angeles A | LAA | Los Angeles Angels | LA Angels
        Dodgers: Los Angeles D | LAD | Los Angeles Dodgers | LA Dodgers
        Marlins: Miami | MIA
        Brewers: Milwaukee | MIL
        Twins: Minnesota | MIN
        Mets: New York M | NYM | New York Mets | NY Mets
        Yankees: New York Y | NYY | New York Yankees | NY Yankees
        Athletics: Oakland | ATH | A's
        Phillies: Philadelphia | PHI
        Pirates: Pittsburgh | PIT
        Padres: San Diego | SD
        Giants: San Francisco | SF
        Mariners: Seattle | SEA
        Cardinals: St. Louis | STL | St Louis
        Rays: Tampa Bay | TB
        Rangers: Texas | TEX
        Blue Jays: Toronto | TOR
        Nationals: Washington | WSH
    """,
    "nhl": """
        Ducks: Anaheim | ANA
        Bruins: Boston | BOS
        Sabres: Buffalo | BUF
        Flames: Calgary | CGY
        Hurricanes: Carolina | CAR
        Blackhawks: Chicago | CHI
        Avalanche: Colorado | COL
        Blue Jackets: Columbus | CBJ
        Stars: Dallas | DAL
        Red Wings: Detroit | DET
        Oilers: Edmonton | EDM
        Panthers: Florida | FLA
        Kings: Los Angeles | LAK | LA Kings | Los Angeles Kings
        Wild: Minnesota | MIN
        Canadiens: Montreal | MTL | Montréal
        Predators: Nashville | NSH
        Devils: New Jersey | NJD
        Islanders: New York I | NYI | New York Islanders | NY Islanders
        Rangers: New York R | NYR | New York Rangers | NY Rangers
        Senators: Ottawa | OTT
        Flyers: Philadelphia | PHI
        Penguins: Pittsburgh | PIT
        Sharks: San Jose | SJS
        Kraken: Seattle | SEA
        Blues: St. Louis | STL | St Louis
        Lightning: Tampa Bay | TBL
        Maple Leafs: Toronto | TOR | Leafs
        Mammoth: Utah | UTA
        Canucks: Vancouver | VAN
        Golden Knights: Vegas | VGK
        Capitals: Washington | WSH
        Jets: Winnipeg | WPG
    """,
}

CLUBS: Final = """
manchester city: Man City | Manchester City FC
manchester united: Man United | Man Utd | Manchester Utd | Manchester United FC
tottenham: Spurs FC | Tottenham Hotspur | Tottenham Hotspur FC
arsenal: Arsenal FC
chelsea: Chelsea FC
liverpool: Liverpool FC
newcastle: Newcastle United
nottingham forest: Nott'm Forest
wolverhampton: Wolverhampton Wanderers
psg: PSG | Paris Saint-Germain | Paris Saint Germain | Paris SG
bayern: Bayern Munich | Bayern München | FC Bayern
dortmund: Borussia Dortmund | BVB
leverkusen: Bayer Leverkusen
real madrid: Real Madrid CF
barcelona: FC Barcelona | Barça | Barca
atletico madrid: Atlético Madrid | Atletico de Madrid
inter: Inter Milan | Internazionale
milan: AC Milan
juventus: Juventus FC | Juve
napoli: SSC Napoli
"""

LEAGUE_OF_COMPETITION: Final = {
    "nba finals": "nba",
    "nba": "nba",
    "super bowl": "nfl",
    "nfl": "nfl",
    "world series": "mlb",
    "mlb": "mlb",
    "stanley cup": "nhl",
    "nhl": "nhl",
}
"""Competition, as ``people_and_bodies`` names it, to the league its teams come from."""
