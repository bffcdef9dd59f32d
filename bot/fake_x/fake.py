"""The controls of a fake X: people who post, things that go wrong, and a look at what a client did."""

from __future__ import annotations

# The controls over HTTP read the methods' annotations: what these name is needed at run time.
from collections.abc import Sequence  # noqa: TC003
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pydantic import AwareDatetime  # noqa: TC002

from bot.fake_x.faults import Fault, FaultKind
from bot.fake_x.holds import Held, Release, When  # noqa: TC001
from bot.fake_x.media import Attached, Upload
from bot.fake_x.network import Network
from bot.fake_x.request_log import LoggedRequest  # noqa: TC001
from bot.fake_x.settings import AccountSettings, Credentials, Settings
from bot.fake_x.streams import Ending
from bot.fake_x.views import MediaView, PostView

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.fake_x.clock import Clock
    from bot.fake_x.posts import Post


class FakeX:
    """A fake X, without the server around it (`FakeXServer`). Its methods may be called from any thread.

    Accounts are named by their name or id, posts and media by id. An account or a post that there is not is a
    `LookupError`; a wait that lasts too long is a `TimeoutError`.
    """

    def __init__(self, settings: Settings | None = None, clock: Clock | None = None) -> None:
        self.settings = settings or Settings()
        self.network = Network(self.settings, clock)
        for account in self.settings.accounts:
            self._open(account)

    # People.

    def add_account(
        self, username: str, *, name: str = "", protected: bool = False, verified_type: str = "none"
    ) -> str:
        """Open an account, and give its id."""
        account = AccountSettings(username=username, name=name, protected=protected, verified_type=verified_type)
        with self.network.lock:
            return self._open(account)

    def credentials(self, who: str) -> Credentials:
        """Give what a client needs to be somebody."""
        with self.network.lock:
            account = self.network.accounts.get(who)
        app = self.settings.app
        return Credentials(
            consumer_key=app.consumer_key,
            consumer_secret=app.consumer_secret,
            access_token=account.access_token,
            access_token_secret=account.access_token_secret,
            bearer_token=app.bearer_token,
        )

    def protect(self, who: str, *, protected: bool = True) -> None:
        """Let an account show its posts to nobody else, or to all again."""
        with self.network.lock:
            self.network.accounts.get(who).protected = protected

    # Posts.

    def post(  # noqa: PLR0913 - all that a post can be
        self,
        author: str,
        text: str = "",
        *,
        attachments: Sequence[Attached] = (),
        reply_to: str | None = None,
        quote_of: str | None = None,
        retweet_of: str | None = None,
        posted_at: AwareDatetime | None = None,
        lang: str = "en",
    ) -> str:
        """Let somebody post something, and give its id.

        Nothing is refused: people at their own screens may do what apps may not. A reply's text begins with the names
        carried along, as on X.

        Args:
            author: whose it is.
            text: as typed.
            attachments: what hangs on it.
            reply_to: the post that it answers.
            quote_of: the post that it shows inside it.
            retweet_of: the post that it passes on; then there is no text of its own.
            posted_at: to the millisecond; None is now. The id goes with it, and is below those of later posts.
            lang: the language that X finds it in.
        """
        network = self.network
        with network.lock:
            return str(
                network.publish(
                    network.accounts.get(author),
                    text,
                    media=[network.media.attach(network.new_id(), attached) for attached in attachments],
                    reply_to=self._post(reply_to),
                    quote_of=self._post(quote_of),
                    retweet_of=self._post(retweet_of),
                    posted_ms=None if posted_at is None else round(posted_at.timestamp() * 1000),
                    lang=lang,
                ).id
            )

    def delete_post(self, post: str) -> bool:
        """Delete a post of anybody's, with all retweets of it, and say whether it was there."""
        with self.network.lock:
            return bool(self.network.posts.remove(int(post)))

    def replies_to(self, post: str) -> list[PostView]:
        """Give the replies to a post, oldest first."""
        with self.network.lock:
            return self._views(self.network.posts.replies(int(post)))

    def posts_by(self, who: str) -> list[PostView]:
        """Give an account's posts, oldest first."""
        with self.network.lock:
            return self._views(self.network.posts.authored(self.network.accounts.get(who).id))

    def media(self, media: str) -> MediaView:
        """Give a picture or film, by its key or id."""
        with self.network.lock:
            found = self.network.media.find(media)
        if found is None:
            msg = f"there is no media {media}"
            raise LookupError(msg)
        if isinstance(found, Upload):
            return MediaView(found.content, found.media_type, found.kind, found.alt_text, found.state)
        return MediaView(found.content, found.content_type, found.kind, found.alt_text, "posted")

    # What goes wrong.

    def set_fault(
        self,
        family: str,
        kind: FaultKind,
        *,
        chance: float = 1.0,
        times: int | None = None,
        seconds: float = 0.0,
    ) -> None:
        """Let something go wrong from now on.

        Args:
            family: which endpoints: `mentions`, `create` and so on, or `*` for all.
            kind: what goes wrong.
            chance: with which probability each time, drawn with the seed of the settings.
            times: how often at most; None without end.
            seconds: of slowness.
        """
        with self.network.lock:
            self.network.faults.set(Fault(family, FaultKind(kind), chance, times, seconds))

    def clear_faults(self, family: str | None = None) -> None:
        """Let nothing go wrong any more, or nothing with some endpoints."""
        with self.network.lock:
            self.network.faults.clear(family)

    def faults_happened(self) -> dict[str, int]:
        """Count what went wrong, by family and kind with a slash between."""
        with self.network.lock:
            return dict(self.network.faults.happened)

    def set_limit(self, family: str, most: int, seconds: float) -> None:
        """Allow so many requests in so many seconds; a window that has begun keeps its end."""
        with self.network.lock:
            self.network.limits.limits[family] = (most, seconds)

    def forward(self, seconds: float) -> None:
        """Let time pass at once: windows end, uploads expire. Signatures keep to the real time."""
        with self.network.lock:
            self.network.clock.forward(seconds)

    def hold(self, family: str, when: When = "before") -> str:
        """Hold the next request of a family, before or after its effect; gives the hold's name.

        A request whose client goes while it is held before its effect has none.
        """
        return self.network.holds.set(family, when)

    def wait_held(self, hold: str | None = None, *, seconds: float = 30.0) -> Held:
        """Wait until a request is held."""
        return self.network.holds.wait(hold, seconds)

    def wait_gone(self, hold: str, *, seconds: float = 30.0) -> None:
        """Wait until a held request is over: released, or its client gone."""
        self.network.holds.wait_gone(hold, seconds)

    def release(self, hold: str | None = None, *, how: Release = "go-on") -> int:
        """Let a held request go on, or all; or cut their connections. Gives how many there were."""
        return self.network.holds.release(hold, how)

    def drop_stream(self, *, clean: bool = False) -> bool:
        """End the stream that is open, and say whether one was."""
        with self.network.lock:
            return self.network.streams.end(Ending.CLEAN if clean else Ending.CUT)

    # What a client did.

    def requests(self, *, family: str | None = None) -> list[LoggedRequest]:
        """Give the requests so far, oldest first; those to the controls are not among them."""
        with self.network.lock:
            return [entry for entry in self.network.log.entries if family in {None, entry.family}]

    def counts(self) -> dict[str, int]:
        """Count requests by family, and by family and status (`create/201`; 0 is a connection that was cut)."""
        with self.network.lock:
            return dict(self.network.log.counts)

    def connected(self) -> bool:
        """Tell whether somebody listens to the stream."""
        with self.network.lock:
            return self.network.streams.connection is not None

    def wait_stream(self, *, connected: bool = True, seconds: float = 30.0) -> None:
        """Wait until somebody listens to the stream, or nobody."""
        self._wait(
            lambda: (self.network.streams.connection is not None) is connected,
            seconds,
            f"the stream has {'no' if connected else 'a'} listener still",
        )

    def wait_counted(self, what: str, count: int, *, seconds: float = 30.0) -> None:
        """Wait until there were so many requests of a family, or of a family and status, as `counts` has them."""
        self._wait(
            lambda: self.network.log.counts[what] >= count,
            seconds,
            f"there were fewer than {count} requests of {what}",
        )

    def wait_replies(self, post: str, count: int = 1, *, seconds: float = 30.0) -> list[PostView]:
        """Wait until a post has so many replies, and give them."""
        self._wait(
            lambda: len(self.network.posts.replies(int(post))) >= count,
            seconds,
            f"{post} has fewer than {count} replies",
        )
        return self.replies_to(post)

    def stop(self) -> None:
        """Let go of everybody who is held or listens, for the server to end."""
        self.release(how="cut")
        self.drop_stream(clean=True)

    def _open(self, account: AccountSettings) -> str:
        return self.network.accounts.add(
            account.username,
            name=account.name,
            account_id=account.id,
            protected=account.protected,
            verified_type=account.verified_type,
            access_token=account.access_token,
            access_token_secret=account.access_token_secret,
        ).id

    def _wait(self, happened: Callable[[], bool], seconds: float, otherwise: str) -> None:
        with self.network.changed:
            if not self.network.changed.wait_for(happened, seconds):
                msg = f"{otherwise} after {seconds:g} s"
                raise TimeoutError(msg)

    def _post(self, identity: str | None) -> Post | None:
        if identity is None:
            return None
        post = self.network.posts.by_id.get(int(identity))
        if post is None:
            msg = f"there is no post {identity}"
            raise LookupError(msg)
        return post

    def _views(self, ids: Sequence[int]) -> list[PostView]:
        return [self._view(self.network.posts.by_id[one]) for one in ids]

    def _view(self, post: Post) -> PostView:
        return PostView(
            id=str(post.id),
            author=self.network.accounts.by_id[post.author].username,
            text=post.text,
            said=post.said,
            posted_at=datetime.fromtimestamp(post.created_ms / 1000, UTC),
            reply_to=str(post.reply_to) if post.reply_to else None,
            quote_of=str(post.quote_of) if post.quote_of else None,
            retweet_of=str(post.retweet_of) if post.retweet_of else None,
            media=post.media,
        )
