"""Common given names, so that ``Ken Paxton`` and ``Paxton`` are seen to differ in a given name only. Data only."""

# ruff: noqa: E501, SIM905 -- tables, one entry a line

from __future__ import annotations

from typing import Final

GIVEN_NAMES: Final = frozenset(
    """
    aaron abby abdul abigail adam adrian ahmed alan albert alejandro alex alexander alexandra alexandria ali alice
    alicia allen amanda amber amy ana andre andrea andreas andrew andy angela anita ann anna anne anthony antonio
    ariana arnold arthur ashley austin barack barbara bashar ben benjamin bernard bernie beth betty bill billy bob
    bobby boris brad bradley brandon brenda brendan brian brittany bruce bruno caitlin calvin cameron carl carla
    carlos carmen carol caroline catherine cathy charles charlie charlotte chelsea chris christian christina
    christine christopher chuck cindy claire claudia clint cody cole colin connor corey cory craig crystal curtis
    cynthia daisy dan dana daniel danielle darren dave david dawn dean deborah debra denis dennis derek desmond diana
    diane diego dmitry don donald donna doug douglas drew dustin dylan ed eddie edgar eduardo edward eileen elaine
    eleanor elena elise elizabeth ella ellen elon emily emma emmanuel eric erica erik erin ernest ethan eugene eva
    evan evelyn fabio felix fernando florian frances francesca francis francisco frank fred frederick gabriel
    gabriela gary gavin george gerald gina giorgia giovanni glenn gloria gordon grace graham grant greg gregory gretchen
    guillermo gustavo hailey hakeem hannah harold harry hassan heather hector heidi helen henry herbert hillary holly
    howard hugh hugo hunter ian igor imran ingrid irene isaac isabel ivan ivanka jack jackie jacob jaden jair jake james jamie
    jan jane janet jannik jared jason javier jay jean jeff jeffrey jennifer jeremy jerome jerry jesse jessica jill jim
    jimmy joan joanna joaquin joe joel johannes john johnny jon jonas jonathan jordan jorge jose joseph josh joshua
    josie juan judith judy julia julian julie julio justin kamala karen karl kate katherine kathleen kathy katie
    kayla keiko keir keith kelly ken kendrick kenneth kent kevin kim kirk kristen kristi kristin kurt kyle kylian lamar
    lance lando larry laura lauren laurence lawrence leah lebron lee leo leon leonard leonardo leslie letitia lewis
    liam lillian linda lindsay lindsey lionel lisa liz lloyd logan lori louis louise lucas lucy luigi luis luka luke
    luiz lynn mackenzie madison manuel marc marco marcos margaret maria marie marine mario mark marsha martha martin
    marty mary mateo matt matthew maurice max maxine megan mehdi melania melissa mette michael michelle mickey miguel
    mike mikhail mikie mitch mitt mohamed mohammad mohammed molly monica morgan muhammad nadia naftali nancy naomi
    narendra natalie natasha nathan nayib neil nicholas nick nicolas nicole nigel nikki nikola noah noel nora norman
    novak oleg oliver olivia omar oprah oscar otto pablo pam pamela patricia patrick patty paul paula pedro penny
    perry pete peter phil philip phillip pierre rachel rafael ralph ramon rand randy raphael raul ray raymond rebecca
    recep reza rex ricardo richard rick ricky riley rishi rob robert roberta robin rodrigo roger roland roman ron
    ronald rory rosa rose ross roy ruben rupert russell ruth ryan sabrina sally sam samantha samuel sandra sara sarah
    scott sean sebastian sergei sergio shane shannon sharon shaun shawn sheila shigeru shinzo shohei sofia sonia sophia sophie spencer
    stacey stan stanley stefan stella stephanie stephen steve steven stuart sue susan sylvia tadej tamara tammy tara
    taylor ted teresa terry theo theodore theresa thomas tiffany tim timothy tina todd tom tommy toni tony tracy
    travis trevor tucker tulsi tyler ursula valerie vanessa venus vera vernon veronica victor victoria viktor vincent
    virginia vivek vladimir volodymyr wallace walter wanda warren wayne wendy wes wesley whitney will william xavier
    yevgeny yolanda yoon yusuf zach zachary zelda zoe zohran
    """.split()
)
