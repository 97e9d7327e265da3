"""Words without their endings, so that ``strikes``, ``struck`` and ``striking`` meet.

The first step of Porter's stemmer with a short list of irregular forms: enough to make two spellings of one word
equal, and careful not to make two words equal. Stems are compared, never shown.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

_IRREGULAR: Final = {
    form: lemma
    for lemma, forms in {
        "win": "won",
        "strike": "struck stricken",
        "fall": "fell fallen",
        "hold": "held",
        "make": "made making",
        "say": "said",
        "leave": "left leaving",
        "begin": "began begun",
        "break": "broke broken",
        "beat": "beaten",
        "take": "took taken",
        "give": "gave given",
        "become": "became",
        "go": "went gone",
        "meet": "met",
        "sell": "sold",
        "send": "sent",
        "lose": "lost",
        "pay": "paid",
        "run": "ran",
        "rise": "rose risen",
        "speak": "spoke spoken",
        "steal": "stole stolen",
        "choose": "chose chosen",
        "build": "built",
        "buy": "bought",
        "man": "men",
        "woman": "women",
        "person": "people persons",
        "child": "children",
        "die": "died dies dying",
        "lead": "led",
        "find": "found",
        "keep": "kept",
        "lie": "lying",
        "see": "saw seen",
        "write": "wrote written",
        "fly": "flew flown flies",
        "bring": "brought",
        "get": "got gotten",
        "draw": "drew drawn",
        "show": "shown",
        "withdraw": "withdrew withdrawn",
        "tie": "tied ties tying",
        "democracy": "democracies",
    }.items()
    for form in forms.split()
}
_KEPT: Final = frozenset(
    [
        "news",
        "texas",
        "kansas",
        "arkansas",
        "paris",
        "dallas",
        "vegas",
        "angeles",
        "reuters",
        "series",
        "species",
        "always",
        "perhaps",
        "less",
        "unless",
        "across",
        "during",
        "king",
        "string",
        "spring",
        "ring",
        "thing",
        "sing",
        "bring",
        "sting",
        "beijing",
        "boeing",
        "being",
        "wing",
        "ming",
        "red",
        "bed",
        "led",
        "fed",
        "ted",
        "need",
        "seed",
        "feed",
        "speed",
        "bleed",
        "breed",
        "weed",
        "deed",
        "indeed",
        "united",
        "kings",
        "hundred",
        "sacred",
        "james",
        "jones",
        "williams",
        "adams",
        "davis",
        "harris",
        "roberts",
        "edwards",
        "andrews",
        "peters",
        "richards",
        "stevens",
        "rogers",
        "brooks",
        "phillips",
        "collins",
        "hopkins",
        "matthews",
        "simmons",
    ]
)
_VOWELS: Final = frozenset("aeiouy")
_SHORT: Final = 3


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """The stem of a lower-case ``word``."""
    if len(word) <= _SHORT or not word.isascii() or word in _KEPT:
        return _IRREGULAR.get(word, word)
    if word in _IRREGULAR:
        return _without_e(_IRREGULAR[word])
    return _without_e(_without_tense(_without_plural(word)))


def _without_plural(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "ches", "shes", "xes", "zzes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _without_tense(word: str) -> str:
    for ending in ("ing", "ed"):
        root = word.removesuffix(ending)
        if root != word and len(root) >= _SHORT and not _VOWELS.isdisjoint(root):
            if root[-1] == root[-2] and root[-1] not in "lsz":
                return root[:-1]
            return root[:-1] + "y" if root.endswith("i") else root
    return word


def _without_e(word: str) -> str:
    return word[:-1] if word.endswith("e") and len(word) > _SHORT else word
