"""What questions ask about: actions and scopes, each with its wordings. Data only.

Wordings stand in one line only where no settlement could turn on the difference. "Announce" is not "launch", "resign"
is not "be out", a nomination is not an election: such pairs are kept apart here, and that is what keeps markets apart.
"""

# ruff: noqa: E501 -- tables, one entry a line

from __future__ import annotations

from typing import Final

ACTIONS: Final = """
win: winner | champion | champions | championship winner | be crowned champion | crowned champions | crowned champion | claim victory | secure victory | emerge victorious | be victorious | victorious | claim victory in | secure victory in | clinch victory in | win the title | win the championship | be declared winner of | be awarded | get awarded
beat: defeat | defeats | prevail over
out: leave office | no longer in office | leave power | out of office | out of power | leaves office | cease to be | ceases to be | cease being | stop being | no longer be | removed as | be out as | be out | out as | to be out
resign: step down | steps down | stepping down | resigns
fire: sack | dismiss
release: launch | releases | launches | come out | comes out | be released | get released | be launched | roll out | publish | be published
announce: announcement | announces
endorse: endorsement | endorses
ceasefire: truce | cease-fire | cease fire | armistice
deal: agreement | accord | pact
strike: military strike | strikes | carry out a strike on | strike on
invade: invasion | invades
acquire: acquisition | buy | purchase | takeover | take over | acquires
complete: close the acquisition | be completed | finalize | finalise | finalized | completes | completed
recession: enter a recession | enter recession | fall into recession | in recession | be in a recession
shutdown: shut down | shuts down | shutting down | government shutdown
government shutdown: federal government shuts down | federal government shutdown | federal government shut down | US government shutdown | U.S. government shutdown | government shut down | government shuts down
marry: to marry | get married | wedding | tie the knot | married | marries | wed | weds
die: pass away | passes away | death of | dead | death
meet: meeting | meets with | meet with | met with
visit: travel to | travels to | go to | visits
confirm: confirmation | confirmed
convict: found guilty | be found guilty | conviction | guilty verdict
indict: indictment | be indicted
impeach: impeachment
arrest: arrested | taken into custody
pardon: pardoned | grant a pardon to | clemency to
cut: rate cut | cut rates | cuts rates | lower rates | lowers rates | decrease rates | cut interest rates | lower interest rates | reduce rates | reduce interest rates | cut the federal funds rate | cut the fed funds rate | lower the federal funds rate | reduce the federal funds rate | lower its rate | cut its rate | decrease interest rates | interest rate cut | decrease | reduction
hike: rate hike | raise rates | hike rates | increase rates | raise interest rates | raises rates | raise the federal funds rate | raise its rate | increase its rate | rate increase | increase interest rates | interest rate increase
change rates: change interest rates | rate change | change its interest rates | change its rate | change the federal funds rate
hold rates: no change | no rate change | no change to rates | no change in rates | no change in interest rates | leave interest rates unchanged | keep interest rates unchanged | maintain interest rates | keep rates steady | hold rates steady | leave rates steady | leave rates unchanged | keep rates unchanged | hold interest rates | rates unchanged | maintain rates
control: majority | win control | win control of | gain control of | regain control of | hold control of | keep control | keep control of | take control of | win a majority in | hold a majority in | control of | win the majority in | maintain control of | retain control of
landfall: make landfall | makes landfall
qualify: advance to | qualify for | advance | make it to | progress to
default: default on its debt
ipo: go public | goes public | going public | initial public offering | be publicly traded | begin trading on a stock exchange | start trading on a stock exchange | trade on a stock exchange | trade publicly | publicly listed | list its shares | list shares | public listing
impose: enact
lift: be lifted | has been lifted | lifted
rule: ruling | rules
strike down: struck down | rule unlawful | rules unlawful | invalidate | overturn
ban: prohibit | outlaw
rank first: #1 | number one | number 1 | no. 1 | No 1 | top spot | first place | finish first | rank #1 | rank number one | 1st place
rank second: come in 2nd | finish second | come second | come in second | finish 2nd | second place | 2nd place | runner-up | runner up
rank third: come in 3rd | finish third | come third | come in third | finish 3rd | third place | 3rd place
highest: high | highest recorded | largest | biggest | greatest
lowest: low | smallest
temperature: temp | temps
richest: wealthiest
attend: show up at | show up to | be present at
appear: make an appearance
mention: say | says | utter
record: all-time high | all time high | ATH
reach orbit: orbital flight | completes an orbital flight | orbit | achieve orbit | reaches orbit
normal: normalise | normalize | normalization | normalisation
return to normal: returns to normal | back to normal
extend: extension
layoffs: layoff | lay off | lays off | laid off
film: movie | motion picture
deliver: delivery | deliveries | delivered
deploy: deployment
"""

SCOPES: Final = """
primary: primary election | primaries | party primary
runoff: run-off | run off | second round | runoff election
first round: 1st round | round one | round 1
general: general election
election: elections | elected | elect | electoral
midterm: midterms | midterm elections | midterm election | mid-term elections | mid-terms
nomination: nominee | nominated | nominate | presidential nomination | presidential nominee | candidate for president
popular vote: the popular vote
electoral college: electoral votes
house: House of Representatives | US House | U.S. House | the House
senate: US Senate | U.S. Senate | Senator | Senate seat
governor: gubernatorial | governorship
president: presidential | presidency
vice president: VP | vice presidential | vice-president | vice presidency | running mate
prime minister: PM | premier | premiership
mayor: mayoral | mayoralty
speaker: House Speaker | Speaker of the House
chief executive: CEO | chief executive officer | CEO position
regular time: regulation | 90 minutes | regulation time | full time result
overtime: OT | extra time
penalties: penalty shootout | penalty shoot-out
first half: 1H | 1st half | first-half
second half: 2H | 2nd half
first quarter: 1Q | 1st quarter
final: finals | grand final
semifinal: semi-final | semifinals | semi-finals | semi final | semi finals
quarterfinal: quarter-final | quarterfinals | quarter-finals
group stage: group winner
playoffs: postseason | playoff
eastern conference: East | Eastern Conference Finals
western conference: West | Western Conference Finals
turnout: voter turnout
margin: margin of victory
seats: seat
"""
