"""A film that was looked at: all that colouring its chunks and joining its pieces needs, in one object of the store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from pydantic import AwareDatetime, TypeAdapter, ValidationError

from functions.errors import Rejected
from functions.film_work.names import plan_name
from functions.jobs import Network  # noqa: TC001 - pydantic reads the annotations when a plan is parsed
from functions.kept_answers import Asked  # noqa: TC001 - as above
from functions.video.film import Film  # noqa: TC001 - as above
from functions.video.plan import Plan  # noqa: TC001 - as above
from functions.video.sound import Audio  # noqa: TC001 - as above
from functions.video.wishes import FilmWishes  # noqa: TC001 - as above

if TYPE_CHECKING:
    from functions.stores.protocol import ObjectStore
    from functions.video.source import OpenSource

VERSION: Final = 2
"""The newest that is understood here."""

FIRST: Final = 1
"""Of plans without what came later: an older program carries them out, too."""

LONGEST_BYTES: Final = 1 << 28
"""Of a plan: a frame takes about 26 bytes of it, so that a film of two hours has 4.5 MB."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What is asked of the film as a whole, and no piece knows of."""

    max_bytes: int | None = None
    """Of its file; a larger one is refused."""
    audio: Audio = "copy"
    """What becomes of its sound."""


@dataclass(frozen=True, slots=True)
class PlannedFilm:
    """A film, how it is cut, how it is coloured, and who wants it where."""

    key: str
    """Of its pieces: other jobs that would make the very same ones share them."""
    film: Film
    plan: Plan
    wishes: FilmWishes
    asked: Asked
    target: str
    """Name of the object that is wanted."""
    job_id: str
    trace_id: str
    asked_at: AwareDatetime
    begun_at: AwareDatetime
    """When the film was first looked at."""
    notes: tuple[str, ...]
    """On the source, for people."""
    delivery: Delivery = Delivery()
    version: Literal[1, 2] = FIRST
    """As `version_for` says; an older program must not carry out what it would overlook a part of."""

    @property
    def network(self) -> Network:
        """The one that was asked for."""
        return self.asked.network

    @property
    def name(self) -> str:
        """Of the object that holds this."""
        return plan_name(self.key, self.job_id)

    def source(self, store: ObjectStore) -> OpenSource:
        """Opens the source by ranges; that raises `Rejected` where it is gone.

        Raises:
            Rejected: it is another than the one that was looked at ("changed").
            Postponed: the store is out of reach.
        """
        name = self.asked.source
        found = store.find(name)
        if found is not None and not self.asked.is_of(found):
            msg = "the film was replaced by another while it was coloured: ask again"
            raise Rejected(msg, code="changed")
        return lambda: store.open(name)

    def write(self, store: ObjectStore) -> None:
        """Put it into the store.

        Raises:
            Postponed: the store is out of reach, or full.
        """
        store.write(self.name, self.to_json(), content_type="application/json")

    @classmethod
    def read(cls, store: ObjectStore, name: str) -> PlannedFilm:
        """Read what `write` wrote.

        Raises:
            Rejected: it is gone, damaged, or of another version.
            Postponed: the store is out of reach.
        """
        return cls.from_json(store.read(name, max_bytes=LONGEST_BYTES))

    def to_json(self) -> bytes:
        """One line; `from_json` gives an equal film."""
        return _PLANNED.dump_json(self)

    @classmethod
    def from_json(cls, data: bytes) -> PlannedFilm:
        """Read what `to_json` wrote.

        Raises:
            Rejected: it is of another version ("newer-version"), or something else ("bad-plan").
        """
        try:
            return _PLANNED.validate_json(data)
        except ValidationError as error:
            wrong = {str(one["loc"][0]): one for one in error.errors(include_url=False) if one["loc"]}
            if "version" in wrong:
                theirs = wrong["version"]["input"]
                msg = f"the film's plan is of version {theirs}, and this program knows {VERSION}: ask for it again"
                raise Rejected(msg, code="newer-version") from error
            msg = f"the film's plan is damaged ({', '.join(wrong) or 'no JSON'}): ask for the film again"
            raise Rejected(msg, code="bad-plan") from error


def version_for(wishes: FilmWishes, delivery: Delivery) -> Literal[1, 2]:
    """The lowest version whose programs understand all of a plan."""
    later = delivery != Delivery() or wishes.encode.plain or wishes.encode.max_rate is not None
    return VERSION if later else FIRST


_PLANNED: Final = TypeAdapter(PlannedFilm)
