"""A small social network in memory, with a bounded history: on it, the real bot answers a fair's visitors."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Final

from demo.network_posts import Entry, Happening, Person
from demo.network_rules import NAME, NAME_LENGTH, SAME_TEXT, UPLOAD_LIFE, check_hung, check_text, plain_name
from functions.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from demo.network_posts import Media

POSTS: Final = 1000
"""That are remembered: a crowd of hundreds leaves fewer in a day."""

LIFE: Final = timedelta(days=1)
"""Of a post."""

IDS_A_MILLISECOND: Final = 1000
"""Ids are milliseconds since 1970, and a count: they grow, also over a restart that has forgotten the last one."""


class Network:
    """Who there is, what they posted, and what may be done with it. Use it from one event loop; nothing here waits.

    Args:
        bot: the bot's name on it, without @.
        now: the clock.
    """

    def __init__(self, *, bot: str = "colorisebot", now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.now = now
        self.people: dict[str, Person] = {}
        """By id."""
        self.posts: dict[str, Entry] = {}
        """By id, oldest first; deleted ones are not among them."""
        self.uploads: dict[str, Media] = {}
        """By key; also those that hang on a post."""
        self._last_id = 0
        self._said: dict[tuple[str, str], datetime] = {}
        self._listeners: list[Callable[[Happening], None]] = []
        self._bot_name = bot
        self.bot = self.person(bot, automated=True)

    def restore(self, people: Iterable[Person], uploads: Iterable[Media], posts: Iterable[Entry]) -> None:
        """Take on what was written down by another life, before anything is posted in this one."""
        self.people = {each.id: each for each in people}
        self.bot = self._named(self._bot_name) or self.person(self._bot_name, automated=True)
        self.posts = {each.id: each for each in sorted(posts, key=_age) if each.author in self.people}
        self.uploads = {each.key: each for each in uploads}
        for entry in self.posts.values():
            self.uploads |= {each.key: each for each in entry.media}
            self._said[entry.author, entry.words.strip()] = entry.posted_at
        self._last_id = max([0, *map(int, self.posts), *map(int, self.people)])
        self.forget()

    def person(self, username: str, *, automated: bool = False) -> Person:
        """Somebody of that name, who joins if they are not here yet."""
        return self._named(username) or self._join(Person(self._next_id(), username, automated=automated))

    def account(self, visitor: str, name: str) -> Person:
        """The account of a visitor, who may be called otherwise each time: nobody is two, and nobody another.

        Args:
            visitor: who it is, whatever they are called.
            name: what they want to be called; a number is added where somebody else is called so.
        """
        wanted = plain_name(name)
        known = {person.username.lower(): person for person in self.people.values()}
        candidate = wanted
        for number in count(2):
            found = known.get(candidate.lower())
            if found is not None and found.visitor == visitor:
                return found
            if found is None:
                break
            candidate = f"{wanted[: NAME_LENGTH - len(str(number))]}{number}"
        return self._join(Person(self._next_id(), candidate, visitor=visitor))

    def protect(self, username: str, *, protected: bool = True) -> None:
        """Show somebody's posts to nobody, or to all again."""
        self._join(replace(self.person(username), protected=protected))

    def keep_upload(self, media: Media) -> str:
        """Take note of a file that is in the store, and return its key."""
        self.uploads[media.key] = media
        self._happened(Happening("uploaded", media=media))
        return media.key

    def publish(
        self,
        author: str,
        text: str,
        media: Sequence[str] = (),
        *,
        reply_to: str | None = None,
        quotes: str | None = None,
    ) -> Entry:
        """Post as the account with the id `author`, with files that were uploaded.

        Raises:
            Rejected: what is replied to or quoted is not there ("gone"), or a rule is against it.
        """
        target = self.entry(reply_to) if reply_to else None
        if quotes:
            self.entry(quotes)
        check_text(text)
        hung = [self._upload(key) for key in media]
        check_hung(hung)
        shown = self._with_names(author, text, target)
        self._said[author, text.strip()] = self.now()
        new_id = self._next_id()
        return self._post(
            Entry(
                new_id,
                author,
                text,
                shown,
                self.now(),
                conversation=target.conversation if target else new_id,
                media=tuple(hung),
                reply_to=reply_to,
                quotes=quotes,
                mentions=frozenset(self._ids_named(shown)),
            )
        )

    def retweet(self, username: str, post_id: str) -> Entry:
        """Pass on somebody's post without a word."""
        author, original = self.person(username), self.entry(post_id)
        new_id = self._next_id()
        return self._post(
            Entry(
                new_id,
                author.id,
                "",
                f"RT @{self.people[original.author].username}: {original.text}",
                self.now(),
                conversation=new_id,
                media=original.media,
                retweets=post_id,
                mentions=original.mentions | {original.author},
            )
        )

    def reply_as_bot(self, text: str, *, to: str, media: Sequence[str] = ()) -> Entry:
        """Post as the bot, which may speak only to those who asked, and never twice in the same words.

        Raises:
            Rejected: it may not ("gone", "not-allowed", "duplicate", "bad-media", "forbidden").
        """
        target = self.posts.get(to)
        if target is None or not self.is_visible(target, self.bot.id):
            msg = f"the post {to} is deleted, or not to be seen"
            raise Rejected(msg, code="gone")
        quoted = self.posts.get(target.quotes or "")
        engages = self.bot.id in target.mentions or (quoted is not None and quoted.author == self.bot.id)
        if target.author != self.bot.id and not engages:
            msg = f"the author of the post {to} did not mention the bot: no reply is allowed there"
            raise Rejected(msg, code="not-allowed")
        said = self._said.get((self.bot.id, text.strip()))
        if text.strip() and said is not None and self.now() - said < SAME_TEXT:
            msg = "the very same text was posted before: word it differently"
            raise Rejected(msg, code="duplicate")
        return self.publish(self.bot.id, text, media, reply_to=to)

    def delete(self, post_id: str) -> None:
        """Delete a post, and with it what others passed on of it; one that is not there is no error."""
        if entry := self.posts.pop(post_id, None):
            for each in entry.media if entry.retweets is None else ():
                self.uploads.pop(each.key, None)
            self._happened(Happening("deleted", entry))
            for retweet in [each.id for each in self.posts.values() if each.retweets == post_id]:
                self.delete(retweet)

    def entry(self, post_id: str) -> Entry:
        """A post that is there.

        Raises:
            Rejected: it is not ("gone").
        """
        if post_id not in self.posts:
            msg = f"the post {post_id} is not there any more"
            raise Rejected(msg, code="gone")
        return self.posts[post_id]

    def is_visible(self, entry: Entry, viewer: str) -> bool:
        """Whether the account with the id `viewer` sees it."""
        return entry.author == viewer or not self.people[entry.author].protected

    def newest_first(self, author: str | None = None) -> list[Entry]:
        """Posts, of one account or of all."""
        return [entry for entry in reversed(self.posts.values()) if author in (None, entry.author)]

    def listen(self, hear: Callable[[Happening], None]) -> Callable[[], None]:
        """Have `hear` called for each thing that happens, until what is returned is called."""
        self._listeners.append(hear)
        return lambda: self._listeners.remove(hear)

    def forget(self) -> None:
        """Let go of what is too old, or too much."""
        now = self.now()
        while self.posts:
            oldest = next(iter(self.posts.values()))
            if len(self.posts) <= POSTS and now - oldest.posted_at < LIFE:
                break
            del self.posts[oldest.id]
            for each in oldest.media:
                self.uploads.pop(each.key, None)
            self._happened(Happening("forgotten", oldest))
        hung = {each.key for entry in self.posts.values() for each in entry.media}
        for media in [each for each in self.uploads.values() if now - each.uploaded_at > UPLOAD_LIFE]:
            if media.key not in hung:
                del self.uploads[media.key]
                self._happened(Happening("expired", media=media))
        self._said = {said: when for said, when in self._said.items() if now - when < SAME_TEXT}
        oldest_id = int((now - LIFE).timestamp() * 1000) * IDS_A_MILLISECOND
        kept = {self.bot.id, *(entry.author for entry in self.posts.values())}
        self.people = {who: each for who, each in self.people.items() if who in kept or int(who) > oldest_id}

    def _post(self, entry: Entry) -> Entry:
        self.posts[entry.id] = entry
        self._happened(Happening("posted", entry))
        if len(self.posts) > POSTS:
            self.forget()
        return entry

    def _join(self, person: Person) -> Person:
        self.people[person.id] = person
        self._happened(Happening("joined", person=person))
        return person

    def _happened(self, happening: Happening) -> None:
        for hear in tuple(self._listeners):
            hear(happening)

    def _upload(self, key: str) -> Media:
        media = self.uploads.get(key)
        if media is None or self.now() - media.uploaded_at > UPLOAD_LIFE:
            msg = "there is no such upload, or it has expired: upload it again"
            raise Rejected(msg, code="bad-media")
        return media

    def _with_names(self, author: str, text: str, target: Entry | None) -> str:
        """Put before a reply the names of all whom it is to: that is what the network does, not its author."""
        if target is None:
            return text
        named = self._ids_named(text)
        carried = [target.author, *self._ids_named(target.text)]
        names = [f"@{self.people[who].username}" for who in dict.fromkeys(carried) if who not in {author, *named}]
        return " ".join([*names, text])

    def _ids_named(self, text: str) -> list[str]:
        found = (self._named(name) for name in NAME.findall(text))
        return [person.id for person in found if person]

    def _named(self, username: str) -> Person | None:
        return next((each for each in self.people.values() if each.username.lower() == username.lower()), None)

    def _next_id(self) -> str:
        self._last_id = max(self._last_id + 1, int(self.now().timestamp() * 1000) * IDS_A_MILLISECOND)
        return str(self._last_id)


def _age(entry: Entry) -> int:
    return int(entry.id)
