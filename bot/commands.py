"""What the text of a mention asks for, in so many words.

A command counts only where nothing else is said: 'stop' is one, 'stop asking grandma' is not. Wishes about the colours
may also stand in a longer text that asks for something, as a sentence of their own or at the end of one.
"""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.names import after_run, without_links, without_name
from bot.verdicts import Command, Shift

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_WORDS: Final = 24
"""Of a sentence that is looked at: a longer one tells of something. It also bounds what patterns can cost."""

_PLEADING: Final = r"please|pls|plz|kindly|(?:can|could|will|would) you|(?:i want|id like|i would like) you to"
_COURTESY: Final = (
    rf"{_PLEADING}|just|right now|now|ok|okay|hi|hello|hey|dear|sorry|yes|bot|robot|for me|"
    r"thanks a lot|thanks so much|(?<!more )thanks|many thanks|thank you so much|thank you very much|thank you|"
    r"thx|ty|cheers|ta"
)
_OURS: Final = (
    r"(?:(?:this|that|these|those|the|your|my) )?(?:colou?r(?:ed|ised|ized) )?"
    r"(?:post|reply|answer|tweet|photos?|pictures?|images?|pics?|clip|video|film|gif|one)"
)
_IT: Final = rf"(?:it|this|that|these|those|them|{_OURS})"
_MY_DATA: Final = r"(?:all )?(?:of )?my (?:data|details|information)"

_STOP: Final = (
    r"stop(?: stop)*|stop (?:it|this|that|everything)|stop (?:replying|responding|talking|writing)(?: to me)?|"
    r"stop (?:answering|messaging|mentioning|tagging|contacting|bothering|pestering|spamming)(?: me)?|"
    r"(?:dont|do not|never) (?:reply to|respond to|answer|message|mention|tag|contact|bother|write to) me"
    r"(?: again| any ?more)?|no more replies|(?:(?:i want|id like|i would like) to )?(?:unsubscribe|opt ?out)|"
    r"i opt out|unsubscribe me|opt me out|leave me (?:alone|be)|go away|remove me(?: from (?:your|the|this) list)?"
)
_START: Final = (
    r"start(?: again)?|restart|resume|subscribe(?: me)?|(?:(?:i want|id like|i would like) to )?opt (?:back )?in|"
    r"opt me (?:back )?in|(?:start|resume) (?:(?:replying|responding)(?: to me)?|answering(?: me)?)(?: again)?|"
    r"(?:you (?:can|may) )?(?:reply to|answer) me again"
)
_FORGET: Final = (
    rf"forget (?:all )?(?:about )?me|forget everything|forget (?:everything|all) (?:you (?:know|have) )?about me|"
    rf"(?:delete|erase) me|(?:forget|delete|erase|remove) {_MY_DATA}|"
    rf"(?:delete|erase|remove) everything (?:you (?:know|have) )?(?:about|on) me"
)
_DELETE: Final = rf"(?:delete|remove|erase|take down|get rid of) {_IT}|take {_IT} down|delete|remove|erase"

_WANTED: Final = (
    r"(?:with|add|try|use|lets|a|the|some|even|much|way|slightly|(?:a )?(?:bit|little|touch)(?: of)?|"
    r"(?:make|give|show) (?:it|this|that|them|these|me|us)|(?:can|could|may) (?:i|we) (?:have|get|see)) "
)
_MORE: Final = (
    r"more (?:colou?rs?|colou?rful|vivid|vibrant|saturated|saturation)|more (?:vivid|vibrant) colou?rs?|"
    r"(?:bolder|brighter|stronger|richer|deeper) colou?rs?"
)
_LESS: Final = (
    r"less (?:colou?rs?|colou?rful|vivid|vibrant|saturated|saturation)|less (?:vivid|vibrant) colou?rs?|"
    r"not (?:so|as|that|too) (?:colou?rful|vivid|vibrant|much colou?r)|"
    r"(?:paler|softer|weaker|fainter|calmer|subtler|more muted) colou?rs?|tone (?:it|this|them|the colou?rs) down"
)
_COMPARE: Final = (
    r"compare(?: (?:it|this|that|them|these|both))?(?: (?:with|to) the original)?|"
    r"(?:before after|comparison)(?: version| picture| photo| image| view)?|side by side|"
    r"(?:beside|next to) the original"
)
_MORE_ALONE: Final = r"more|more vividly|vivid|bolder|stronger|richer"
_LESS_ALONE: Final = r"less|less vividly|paler|softer|weaker|fainter|subtler|more subtle|muted|more muted"

_SPOKEN: Final = (
    (Command.STOP, re.compile(_STOP)),
    (Command.START, re.compile(_START)),
    (Command.FORGET, re.compile(_FORGET)),
    (Command.DELETE, re.compile(_DELETE)),
)
_WISH: Final = re.compile(rf"(?:{_WANTED})*(?:(?P<more>{_MORE})|(?P<less>{_LESS})|(?P<compare>{_COMPARE}))")
_WISH_ALONE: Final = re.compile(
    rf"(?:(?:a (?:bit|little)|even|much|slightly|make (?:it|them)) )*"
    rf"(?:(?P<more>{_MORE_ALONE})|(?P<less>{_LESS_ALONE})|(?P<compare>(?!)))"
)
"""What says too little to count in a longer text."""

_COURTESIES_BEFORE: Final = re.compile(rf"(?:(?:{_COURTESY}|and|then) )*")
_COURTESIES_AFTER: Final = re.compile(rf"(?: (?:{_COURTESY}))*$")
_REQUEST: Final = re.compile(
    rf"(?:.* )?(?:{_PLEADING})(?: .*)?|(?:re)?colou?r(?:i[sz]e)? .*|(?:make|turn|bring|do) .*|compare"
)
"""A sentence that asks for something, rather than tells of it."""

_BORDER: Final = re.compile(r"[^\w\s'/&+-]+|[\r\n]+")
_WORD: Final = re.compile(r"[^\W_]+")
_JOINT: Final = re.compile(r" (?:and|but|then|plus) ")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a text asks for."""

    command: Command | None = None
    """What the whole text is."""
    shift: Shift | None = None
    """Which way the colours are to go."""
    compare: bool = False
    """Whether before and after are to be seen side by side."""
    is_change: bool = False
    """Whether the text wishes for a shift or a comparison, and says nothing else."""


def asked_in(text: str, username: str) -> Asked:
    """What the text of a mention asks of the bot called `username`."""
    own = without_name(after_run(html.unescape(without_links(text)), username), username)
    folded = unicodedata.normalize("NFKC", own).replace("\u2019", "'").casefold()
    clauses = [plain for clause in _BORDER.split(folded) if (plain := _plain(clause))]
    whole = _without_courtesies(" ".join(clauses))
    for command, spoken in _SPOKEN:
        if spoken.fullmatch(whole):
            return Asked(command)
    asked = _put_together(_wishes_only(clauses))
    if asked.shift or asked.compare:
        return Asked(shift=asked.shift, compare=asked.compare, is_change=True)
    if not any(_REQUEST.fullmatch(clause) for clause in clauses):
        return Asked()
    return _put_together([wish for clause in clauses for wish in _wishes_within(clause)])


def _plain(clause: str) -> str:
    """Words with one space between them; "before and after" is one of them."""
    spelled = clause.replace("'", "").replace("&", " and ").replace("+", " and ")
    return " ".join(_WORD.findall(spelled)).replace("before and after", "before after")


def _without_courtesies(sentence: str) -> str:
    """The same without what is said for politeness; nothing where it is longer than any command or wish."""
    if sentence.count(" ") >= MOST_WORDS:
        return ""
    rest = f"{sentence} "
    begun = _COURTESIES_BEFORE.match(rest)
    return _COURTESIES_AFTER.sub("", f" {rest[begun.end() if begun else 0 :].strip()}", count=1).strip()


def _wishes_only(clauses: Sequence[str]) -> list[re.Match[str]]:
    """The wishes of a text that consists of nothing else; none where it says more."""
    wishes = []
    for clause in clauses:
        core = _without_courtesies(clause)
        for part in _JOINT.split(core) if core else ():
            wish = _WISH.fullmatch(part) or _WISH_ALONE.fullmatch(part)
            if wish is None:
                return []
            wishes.append(wish)
    return wishes


def _wishes_within(clause: str) -> list[re.Match[str]]:
    """The wishes of a sentence that consists of them, or ends with them and asks for something."""
    wishes, rest = [], []
    for part in _JOINT.split(_without_courtesies(clause)):
        told, ending, wanted = part.rpartition(" with ")
        if wish := _WISH.fullmatch(part):
            wishes.append(wish)
        elif ending and (wish := _WISH.fullmatch(wanted)):
            wishes.append(wish)
            rest.append(told)
        else:
            rest.append(part)
    asks = not rest or _REQUEST.fullmatch(clause)
    return wishes if asks else []


def _put_together(wishes: Sequence[re.Match[str]]) -> Asked:
    """Contradictory ones cancel each other."""
    more, less, compare = (any(wish[name] for wish in wishes) for name in ("more", "less", "compare"))
    shift = None if more == less else Shift.MORE if more else Shift.LESS
    return Asked(shift=shift, compare=compare)
