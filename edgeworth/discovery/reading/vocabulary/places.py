"""Countries, parts of them and cities, with the spellings under which questions name them. Data only.

A place known under one spelling needs no line here: an unknown name is compared as it stands.
"""

# ruff: noqa: E501 -- tables, one entry a line

from __future__ import annotations

from typing import Final

PLACES: Final = """
(us): US | USA | U.S. | U.S.A. | United States | United States of America | American
(uk): UK | U.K. | United Kingdom | Great Britain | Britain | British
(uae): UAE | United Arab Emirates | Emirati
(eu): EU | European Union
russia: Russian | Russian Federation | Russians
ukraine: Ukrainian
(russia_ukraine): Russo-Ukrainian | Russo Ukrainian | Russia-Ukraine | Russia Ukraine | Ukraine-Russia | Russia x Ukraine | Ukraine x Russia | Russian-Ukrainian | Ukraine and Russia | Russia and Ukraine
iran: Iranian | Islamic Republic of Iran
israel: Israeli
palestine: Palestinian
gaza: Gaza Strip | Gazan
lebanon: Lebanese
syria: Syrian
iraq: Iraqi
yemen: Yemeni
turkey: Türkiye | Turkish
saudi arabia: Saudi | KSA | Saudi Arabian
egypt: Egyptian
jordan: Jordanian
qatar: Qatari
china: Chinese | PRC | People's Republic of China
taiwan: Taiwanese
hong kong: HK
japan: Japanese
south korea: South Korean | ROK | Republic of Korea
north korea: North Korean | DPRK
india: Indian
pakistan: Pakistani
afghanistan: Afghan
bangladesh: Bangladeshi
sri lanka: Sri Lankan
indonesia: Indonesian
philippines: Philippine | Filipino
vietnam: Vietnamese
thailand: Thai
cambodia: Cambodian
malaysia: Malaysian
singapore: Singaporean
myanmar: Burma | Burmese
australia: Australian
new zealand: NZ
germany: German
france: French
italy: Italian
spain: Spanish
portugal: Portuguese
netherlands: Dutch | Holland
belgium: Belgian
switzerland: Swiss
austria: Austrian
poland: Polish
hungary: Hungarian
romania: Romanian
bulgaria: Bulgarian
greece: Greek
serbia: Serbian
croatia: Croatian
bosnia: Bosnian | Bosnia and Herzegovina
kosovo: Kosovan
slovakia: Slovak
slovenia: Slovenian
czechia: Czech | Czech Republic
sweden: Swedish
norway: Norwegian
denmark: Danish
finland: Finnish
iceland: Icelandic
ireland: Irish
estonia: Estonian
latvia: Latvian
lithuania: Lithuanian
belarus: Belarusian
moldova: Moldovan
armenia: Armenian
azerbaijan: Azerbaijani
kazakhstan: Kazakh
canada: Canadian
mexico: Mexican
guatemala: Guatemalan
honduras: Honduran
el salvador: Salvadoran
cuba: Cuban
haiti: Haitian
colombia: Colombian
venezuela: Venezuelan
ecuador: Ecuadorian
peru: Peruvian
bolivia: Bolivian
chile: Chilean
argentina: Argentine | Argentinian
brazil: Brazilian
uruguay: Uruguayan
paraguay: Paraguayan
nigeria: Nigerian
kenya: Kenyan
ethiopia: Ethiopian
somalia: Somali
sudan: Sudanese
south sudan: South Sudanese
south africa: South African
uganda: Ugandan
rwanda: Rwandan
(drc): DRC | DR Congo | Democratic Republic of the Congo
libya: Libyan
tunisia: Tunisian
algeria: Algerian
morocco: Moroccan
greenland: Greenlandic
new york city: NYC | New York, NY | New York City, NY
new york: New York State
los angeles: L.A. | Los Angeles, CA
washington dc: Washington, D.C. | Washington DC | D.C.
san francisco: SF | San Francisco, CA
philadelphia: Philly | Philadelphia, PA
chicago: Chicago, IL
miami: Miami, FL
austin: Austin, TX
denver: Denver, CO
new jersey: N.J.
new hampshire: N.H.
new mexico: N.M.
north carolina: N.C.
south carolina: S.C.
north dakota: N.D.
south dakota: S.D.
west virginia: W.Va.
hormuz: Strait of Hormuz | Hormuz Strait
panama canal: Panama's canal
crimea: Crimean
donbas: Donbass
kyiv: Kiev
west bank: the West Bank
world: global | worldwide
"""
