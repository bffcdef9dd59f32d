"""What the ledger holds of one mention: what is to be done for it, and how far that has come."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, TypeAlias

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from bot.platforms.protocol import Attachment, AttachmentKind, Mention
from bot.verdicts import Colorise, Command, Decline, Obey, Reason, Shift
from functions.errors import Rejected

if TYPE_CHECKING:
    from datetime import datetime

    from bot.verdicts import Ignore, Verdict


class State(StrEnum):
    """How far it has come. Each is written down before the step after it begins."""

    SEEN = "seen"
    """Nothing is done yet."""
    ORDERED = "ordered"
    """The pictures are in the store, and the orders in the queue."""
    COLOURED = "coloured"
    """Each order is answered; the reply is to be put together."""
    POSTING = "posting"
    """The reply may be there, or not: whoever takes over looks before posting."""
    ANSWERED = "answered"
    LEFT = "left"
    """No reply will come, for the reason noted."""
    ERASED = "erased"
    """Its author asked for that: nothing is kept but that there is nothing left to do."""

    @property
    def is_final(self) -> bool:
        """Whether nothing more is to be done."""
        return self in {State.ANSWERED, State.LEFT, State.ERASED}


class _Part(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True)


class Piece(_Part):
    """One picture or film of a reply."""

    attachment: Attachment
    position: int
    """On the post it hangs on, from 1."""
    kind: AttachmentKind
    """As what it is ordered: a GIF that came out too large is ordered again as a film."""
    job_id: str
    source: str
    """Name of the object in the store; empty as long as there is none."""
    target: str
    plan: str | None = None
    """Of a film: name of the plan's object, beside which its parts are."""
    done: bool = False
    """The target is there."""
    content_type: str = ""
    """Of the target."""
    tint: str | None = None
    failed: Reason | None = None

    @property
    def is_settled(self) -> bool:
        """Whether it is known what became of it."""
        return self.done or self.failed is not None


class Colouring(_Part):
    """Pictures or a film are to be coloured."""

    kind: Literal["colorise"] = "colorise"
    pieces: tuple[Piece, ...]
    source_post: str
    saturation: float
    compare: bool
    shift: Shift | None = None
    left_out: int = 0
    withheld: int = 0


class Declining(_Part):
    """Something is declined."""

    kind: Literal["decline"] = "decline"
    reason: Reason


class Obeying(_Part):
    """A command is obeyed."""

    kind: Literal["obey"] = "obey"
    command: Command
    answer: str | None = None
    """The post of the bot's that is meant."""


Task: TypeAlias = Annotated[Colouring | Declining | Obeying, Field(discriminator="kind")]


class Entry(_Part):
    """One mention."""

    version: Literal[1] = 1
    mention: str
    author: str
    """Empty once erased."""
    conversation: str = ""
    posted_at: AwareDatetime
    seen_at: AwareDatetime
    state: State = State.SEEN
    task: Task | None = None
    """None once erased."""
    text: str = ""
    """Of the reply, from `POSTING` on: tried again, it is the very same."""
    posting_at: AwareDatetime | None = None
    answer: str | None = None
    """Id of the reply."""
    left: str = ""
    """Why there is none."""

    @property
    def key(self) -> str:
        """In the ledger."""
        return f"mention.{self.mention}"

    @property
    def trace_id(self) -> str:
        """From the mention to the reply, through every program's log lines: the mention's id, in hex digits."""
        return f"{int(self.mention) if self.mention.isdecimal() else hash_of(self.mention):032x}"[-32:]

    @property
    def colouring(self) -> Colouring | None:
        """What is to be coloured; None where it is something else."""
        return self.task if isinstance(self.task, Colouring) else None

    def finished(self) -> Entry:
        """What stays of an entry that is final: which files were coloured, but not where they are nor what they show.

        Who asks for them again has the network shown again, which knows what its people have deleted meanwhile.
        """
        if not isinstance(self.task, Colouring):
            return self
        pieces = tuple(
            piece.model_copy(update={"attachment": Attachment(piece.attachment.key, piece.attachment.kind, url=None)})
            for piece in self.task.pieces
        )
        return self.model_copy(update={"task": self.task.model_copy(update={"pieces": pieces})})

    def erased(self) -> Entry:
        """What stays when its author wants nothing to be kept."""
        return Entry(
            mention=self.mention, author="", posted_at=self.posted_at, seen_at=self.seen_at, state=State.ERASED
        )


def hash_of(text: str) -> int:
    """A number of 128 bits that follows from a text."""
    import hashlib  # noqa: PLC0415 - only networks whose ids are no numbers need it

    return int(hashlib.sha256(text.encode()).hexdigest()[:32], 16)


def entry_of(mention: Mention, verdict: Verdict, *, now: datetime, bot: str = "bot") -> Entry:
    """The first entry of a mention that is to be answered.

    Args:
        mention: that it is of.
        verdict: on it.
        now: when it was seen.
        bot: name of ours that jobs and objects begin with: two of different names have nothing in common.

    Raises:
        TypeError: it is to be ignored.
    """
    task = _task(mention, verdict, bot)
    return Entry(
        mention=mention.post.id,
        author=mention.post.author.id,
        conversation=mention.post.conversation,
        posted_at=mention.post.posted_at,
        seen_at=now,
        task=task,
    )


def read_entry(data: bytes) -> Entry:
    """Read what was written as JSON.

    Raises:
        Rejected: it is of another version, or damaged ("bad-entry").
    """
    try:
        return Entry.model_validate_json(data)
    except ValidationError as error:
        msg = f"an entry of the bot's ledger cannot be read: {error.error_count()} of its fields are not as expected"
        raise Rejected(msg, code="bad-entry") from error


def _task(mention: Mention, verdict: Colorise | Decline | Obey | Ignore, bot: str) -> Task:
    match verdict:
        case Decline(reason):
            return Declining(reason=reason)
        case Obey(command, answer):
            return Obeying(command=command, answer=answer)
        case Colorise():
            return Colouring(
                pieces=tuple(
                    _piece(f"{bot}-{mention.post.id}-{position}", position, attachment)
                    for position, attachment in enumerate(verdict.attachments, start=1)
                ),
                source_post=verdict.source_post,
                saturation=verdict.saturation,
                compare=verdict.compare,
                shift=verdict.shift,
                left_out=verdict.left_out,
                withheld=verdict.withheld,
            )
        case _:
            msg = f"there is nothing to do for a mention that is ignored: {verdict}"
            raise TypeError(msg)


def _piece(job_id: str, position: int, attachment: Attachment) -> Piece:
    return Piece(
        attachment=attachment,
        position=position,
        kind=attachment.kind,
        job_id=job_id,
        source="",
        target="",
    )
