"""The network itself: what is posted by whom, who sees it, and who hears of it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from bot.fake_x.accounts import Account, AccountBook
from bot.fake_x.clock import Clock
from bot.fake_x.faults import Faults
from bot.fake_x.holds import Holds
from bot.fake_x.limits import RateLimits
from bot.fake_x.media import MediaKind, MediaShelf, Medium
from bot.fake_x.oauth import Doorkeeper
from bot.fake_x.posts import Post, PostStore, Snowflakes
from bot.fake_x.request_log import RequestLog
from bot.fake_x.streams import Streams
from bot.fake_x.text import Appended, Shown, carry_names, retweeted, show

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from bot.fake_x.settings import Settings


class Network:
    """Everything there is. Whoever looks or changes holds `lock`."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self.settings = settings
        self.clock = clock or Clock()
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        """Told of every post, answer, and change of who listens."""
        self.ids = Snowflakes()
        self.accounts = AccountBook()
        self.posts = PostStore()
        self.media = MediaShelf()
        self.limits = RateLimits(self.clock, settings.limits, settings.posts_a_day)
        self.faults = Faults(settings.seed)
        self.holds = Holds()
        self.log = RequestLog(settings.log_length)
        self.streams = Streams(self)
        self.doorkeeper = Doorkeeper(settings.app, self.accounts, self.clock.real)
        self._said: dict[tuple[str, str], float] = {}

    def new_id(self, posted_ms: int | None = None) -> int:
        """Give an id for something of now, or of then."""
        return self.ids.next(int(self.clock.now() * 1000), posted_ms)

    def publish(  # noqa: PLR0913 - all that a post is made of
        self,
        author: Account,
        said: str,
        *,
        media: Sequence[Medium] = (),
        reply_to: Post | None = None,
        without: Collection[str] = (),
        quote_of: Post | None = None,
        retweet_of: Post | None = None,
        posted_ms: int | None = None,
        lang: str = "en",
    ) -> Post:
        """Post something, and tell the streams.

        Args:
            author: whose it is.
            said: as typed.
            media: what it shows.
            reply_to: what it answers.
            without: ids of accounts whose names a reply does not carry along.
            quote_of: what it shows inside it.
            retweet_of: what it passes on; then nothing is said.
            posted_ms: when, in milliseconds since 1970; None is now.
            lang: the language that X finds it in.
        """
        identity = self.new_id(posted_ms)
        shown = self._show(author, said, media, reply_to, without, quote_of, retweet_of, identity)
        now = self.clock.now()
        post = Post(
            id=identity,
            author=author.id,
            said=said,
            text=shown.text,
            created_ms=Snowflakes.posted_ms(identity),
            conversation=reply_to.conversation if reply_to else identity,
            seen_from=now,
            reply_to=reply_to.id if reply_to else None,
            reply_to_account=reply_to.author if reply_to else None,
            quote_of=quote_of.id if quote_of else None,
            retweet_of=retweet_of.id if retweet_of else None,
            media=tuple(medium.key for medium in (media or self._shown_by(retweet_of))),
            mentions=shown.mentions,
            links=shown.links,
            lang=lang,
        )
        self.posts.add(post)
        if said.strip():
            self._said[author.id, said.strip()] = now
        self.streams.deliver(post)
        self.changed.notify_all()
        return post

    def said_before(self, author: Account, said: str) -> bool:
        """Tell whether an account said the same thing not long ago; that it was deleted does not help."""
        when = self._said.get((author.id, said.strip()))
        return when is not None and self.clock.now() - when < self.settings.duplicate_window_seconds

    def sees(self, viewer: Account | None, post: Post) -> bool:
        """Tell whether somebody may see a post; None is the app, which nobody lets in."""
        author = self.accounts.by_id[post.author]
        if author.protected and (viewer is None or viewer.id != author.id):
            return False
        original = self.posts.by_id.get(post.retweet_of or 0)
        return original is None or self.sees(viewer, original)

    def asked_for(self, account: Account, post: Post) -> bool:
        """Tell whether an app may reply for an account: the post names or quotes it, or is its own."""
        quoted = self.posts.by_id.get(post.quote_of or 0)
        return (
            post.author == account.id
            or any(named.id == account.id for named in post.mentions)
            or (quoted is not None and quoted.author == account.id)
        )

    def _shown_by(self, retweet_of: Post | None) -> list[Medium]:
        return [self.media.by_key[key] for key in retweet_of.media] if retweet_of else []

    def _show(  # noqa: PLR0913, PLR0917 - all that a text depends on
        self,
        author: Account,
        said: str,
        media: Sequence[Medium],
        reply_to: Post | None,
        without: Collection[str],
        quote_of: Post | None,
        retweet_of: Post | None,
        identity: int,
    ) -> Shown:
        if retweet_of:
            return retweeted(self.accounts.by_id[retweet_of.author], retweet_of.text, self.accounts.named)
        if reply_to:
            ids = dict.fromkeys([reply_to.author, *(named.id for named in reply_to.mentions)])
            carried = [self.accounts.by_id[one] for one in ids if one != author.id and one not in without]
            said = carry_names(said, carried)
        appended = None
        if media:
            what = "photo" if media[0].kind is MediaKind.PHOTO else "video"
            address = f"https://x.com/{author.username}/status/{identity}/{what}/1"
            appended = Appended(address, f"pic.x.com/{media[0].name[:10]}", media[0].key)
        elif quote_of:
            address = f"https://x.com/{self.accounts.by_id[quote_of.author].username}/status/{quote_of.id}"
            appended = Appended(address, address.removeprefix("https://")[:26] + "…")
        return show(said, find=self.accounts.named, appended=appended)
