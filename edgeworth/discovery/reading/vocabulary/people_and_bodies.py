"""Persons under more than one name, parties, institutions, companies and traded things. Data only."""

# ruff: noqa: E501 -- tables, one entry a line

from __future__ import annotations

from typing import Final

ENTITIES: Final = """
trump: Donald Trump | Donald J. Trump | President Trump | President Donald Trump | Pres. Trump
biden: Joe Biden | Joseph Biden | President Biden
harris: Kamala Harris | Kamala | VP Harris
vance: JD Vance | J.D. Vance | James David Vance
newsom: Gavin Newsom | Gov. Newsom | Governor Newsom
ocasio-cortez: AOC | Alexandria Ocasio-Cortez | Ocasio Cortez
rfk jr: Robert F. Kennedy Jr. | RFK Jr. | RFK | Robert Kennedy Jr. | Robert F. Kennedy Jr
musk: Elon Musk | Elon
powell: Jerome Powell | Jay Powell | Chair Powell
netanyahu: Benjamin Netanyahu | Bibi Netanyahu | Bibi
putin: Vladimir Putin
zelenskyy: Zelensky | Volodymyr Zelenskyy | Volodymyr Zelensky | Zelenskiy
xi jinping: President Xi
khamenei: Ali Khamenei | Ayatollah Khamenei | Ayatollah Ali Khamenei
starmer: Keir Starmer | Sir Keir Starmer
macron: Emmanuel Macron
maduro: Nicolás Maduro
erdogan: Recep Tayyip Erdogan | Recep Tayyip Erdoğan
modi: Narendra Modi
carney: Mark Carney
trudeau: Justin Trudeau
lula: Luiz Inácio Lula da Silva | Lula da Silva | Luiz Inacio Lula da Silva
bolsonaro: Jair Bolsonaro
milei: Javier Milei
zuckerberg: Mark Zuckerberg
bezos: Jeff Bezos
altman: Sam Altman
swift: Taylor Swift
kelce: Travis Kelce
kim jong un: Kim Jong-un | Kim Jong Un
republican: Republicans | R | GOP | Republican Party | Rep.
democrat: Democrats | D | Democratic | Democratic Party | Dem | Dems
labour: Labour Party | Labour
conservative: Conservatives | Conservative Party | Tories | Tory
libertarian: Libertarian Party
supreme court: SCOTUS | US Supreme Court | U.S. Supreme Court | Supreme Court of the United States
fed: Federal Reserve | the Fed | FOMC | Federal Open Market Committee | US Federal Reserve
ecb: European Central Bank
boe: Bank of England
boj: Bank of Japan
boc: Bank of Canada
rba: Reserve Bank of Australia
(sec): SEC | Securities and Exchange Commission
(doj): DOJ | Department of Justice | Justice Department
(fbi): FBI | Federal Bureau of Investigation
doge: Department of Government Efficiency
nato: NATO | North Atlantic Treaty Organization
(un): UN | United Nations
(who): WHO | World Health Organization
nasa: NASA | National Aeronautics and Space Administration
(imf): IMF | International Monetary Fund
(iaea): IAEA | International Atomic Energy Agency
opec: OPEC
bls: Bureau of Labor Statistics
federal government: US government | U.S. government | United States government | American government
bitcoin: BTC | $BTC | BTC/USD | BTCUSD | XBT
ethereum: ETH | Ether | $ETH | ETH/USD
solana: SOL | $SOL | SOL/USD
xrp: XRP | Ripple | XRP/USD
dogecoin: $DOGE
apple: AAPL | Apple Inc. | Apple Inc
microsoft: MSFT | Microsoft Corp
nvidia: NVDA | NVIDIA
tesla: TSLA | Tesla Inc | Tesla Motors
amazon: AMZN
alphabet: GOOGL | GOOG
meta: META | Meta Platforms
netflix: NFLX
warner bros discovery: WBD | Warner Bros. Discovery | Warner Brothers Discovery | Warner Bros Discovery
berkshire hathaway: BRK
palantir: PLTR
coinbase: COIN
microstrategy: MSTR
spacex: Space X
openai: Open AI
deepmind: Google DeepMind
chatgpt: Chat GPT
gta 6: GTA VI | GTA 6 | GTA6 | Grand Theft Auto VI | Grand Theft Auto 6
s&p 500: S&P 500 | S&P500 | SPX | S & P 500 | Standard & Poor's 500
nasdaq 100: NDX | Nasdaq-100
nasdaq composite: Nasdaq Composite
dow jones: Dow Jones Industrial Average | DJIA | the Dow | Dow
(wti): WTI | West Texas Intermediate | WTI crude | WTI crude oil | West Texas Intermediate crude oil | WTI oil
brent: Brent crude | Brent crude oil | Brent oil
gold: XAU | XAU/USD
(cpi): CPI | Consumer Price Index | CPI inflation | consumer price inflation
(core_cpi): core CPI | core CPI inflation | core inflation
(pce): PCE | PCE inflation
(core_pce): core PCE | core PCE inflation
tvl: TVL | total value locked
gdp: gross domestic product
unemployment: unemployment rate | jobless rate | unemployment rate U-3 | U-3
nonfarm payrolls: non-farm payrolls | nonfarm payroll | jobs added
yoy: year over year | year-over-year | y/y | YoY | annual rate
mom: month over month | month-over-month | m/m | MoM
market cap: market capitalization | market capitalisation | market value
time person of the year: TIME's Person of the Year | Time Person of the Year | TIME Magazine's Person of the Year | TIME magazine Person of the Year
rotten tomatoes: RT
hot 100: Billboard Hot 100 | Billboard Hot 100 chart | Billboard Hot 100 charts | Hot 100 chart | Billboard
billboard 200: Billboard 200 chart
"""

PARTIES: Final = frozenset({"entity:republican", "entity:democrat", "entity:labour", "entity:conservative"})

COMPETITIONS: Final = """
super bowl: the Super Bowl | Pro football championship
nfl: NFL | National Football League
nba finals: NBA Championship | Pro basketball championship | NBA title
nba: NBA | National Basketball Association
world series: MLB World Series | Pro baseball championship
mlb: MLB | Major League Baseball
stanley cup: NHL Stanley Cup | Stanley Cup Final | Stanley Cup Finals | Pro hockey championship
nhl: NHL | National Hockey League
premier league: EPL | English Premier League | Barclays Premier League
champions league: UCL | UEFA Champions League
europa league: UEFA Europa League
la liga: LaLiga | Spanish La Liga
ligue 1: French Ligue 1
serie a: Italian Serie A
bundesliga: German Bundesliga
world cup: FIFA World Cup | Men's World Cup | FIFA Men's World Cup | Mens World Cup
womens world cup: FIFA Women's World Cup | Women's World Cup
club world cup: FIFA Club World Cup
f1: Formula 1 | Formula One | F1 World
f1 drivers: F1 Drivers | F1 Drivers' | F1 World Drivers | Formula 1 World Drivers | Formula 1 Drivers | Formula One Drivers | F1 Drivers Championship | F1 Drivers' Championship | F1 Drivers World Championship | Formula 1 Drivers Championship | F1 World Drivers Championship | Formula One World Drivers' Championship | F1 Drivers' World Championship
f1 constructors: F1 Constructors | F1 Constructors' | Formula 1 Constructors | F1 Constructors Championship | F1 Constructors' Championship | F1 World Constructors
wimbledon: The Championships, Wimbledon
roland garros: French Open | Roland-Garros
us open: U.S. Open
ufc: UFC
masters: The Masters | Masters Tournament
olympics: Olympic Games | Summer Olympics | Olympics Games | Olympic | Summer Games | Summer Olympic Games
winter olympics: Winter Olympic Games | Winter Games
oscars: Academy Awards | Oscar | Academy Award | the Academy Awards
grammys: Grammy Awards | Grammy | Grammys
emmys: Emmy Awards | Emmy
golden globes: Golden Globe Awards | Golden Globe
eurovision: Eurovision Song Contest | ESC
euros: UEFA Euro | UEFA Euros | UEFA European Championship
"""

COMPOUNDS: Final = """
(entity:super bowl & action:win): Pro football champion | Pro football champions | Super Bowl champion | Super Bowl champions | Super Bowl winner | NFL champion
(entity:nba finals & action:win): NBA champion | NBA champions | Pro basketball champion | Pro basketball champions
(entity:world series & action:win): Pro baseball champion | World Series champion | World Series champions | World Series winner
(entity:stanley cup & action:win): Pro hockey champion | NHL champion | Stanley Cup champion | Stanley Cup champions
(entity:f1 drivers & action:win): F1 Drivers' Champion | Formula 1 world drivers' title | F1 World Drivers Champion | F1 Drivers Champion | Formula 1 Drivers Champion | F1 World Champion | Formula 1 World Champion
(entity:f1 constructors & action:win): F1 Constructors' Champion | Formula 1 world constructors' title | F1 Constructors Champion
(entity:premier league & action:win): EPL champion | EPL champions | Premier League champion | Premier League champions
(entity:world cup & action:win): World Cup winner | Men's World Cup winner | FIFA World Cup winner | World Cup champion | World Cup champions
(entity:republican & scope:nomination): Republican candidate | Republican Party's candidate | GOP candidate | Republican Party candidate
(entity:democrat & scope:nomination): Democratic candidate | Democratic Party's candidate | Democratic Party candidate
(entity:republican & scope:president & scope:nomination): Republican presidential candidate
(entity:democrat & scope:president & scope:nomination): Democratic presidential candidate
(action:highest & action:temperature): high temp | high temperature | highest temperature | maximum temperature | max temperature | max temp | daily high temperature
(action:lowest & action:temperature): low temp | low temperature | lowest temperature | minimum temperature | min temperature
(action:hold & scope:seats & action:highest): hold the most seats | win the most seats | secure the most seats
"""
"""Wordings that say several things at once."""
