"""What the two processes say to each other. Whatever the child says is a stranger's word: typed, bounded, checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Final, Literal, TypeAlias, TypeVar

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    FiniteFloat,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)

from functions.jobs import encoded
from functions.outcome import OrderCarriedOut
from functions.sandbox.frames import Garbled

if TYPE_CHECKING:
    from functions.outcome import Outcome

Name: TypeAlias = Annotated[str, StringConstraints(max_length=700)]
Reason: TypeAlias = Annotated[str, StringConstraints(max_length=4000)]
Code: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")]
Place: TypeAlias = Annotated[int, Field(ge=0, lt=1 << 62)]

LONGEST_REASON: Final = 4000
LONGEST_TRACEBACK: Final = 20_000


class Word(BaseModel):
    """A head."""

    model_config: ClassVar = ConfigDict(frozen=True, extra="forbid")

    def encoded(self) -> bytes:
        """As it travels."""
        return self.model_dump_json().encode()


class Guards(Word):
    """What holds in the child, each by the word for what holds it; `none` where the system has nothing for it."""

    network: Literal["namespace", "seccomp", "none"] = "none"
    """Without one of its own it is kept from making sockets."""
    files: Literal["landlock", "none"] = "none"
    calls: Literal["seccomp", "none"] = "none"
    memory: Literal["limit", "none"] = "none"


# What the parent says.


class Begin(Word):
    """The first word: what the child is to be. The body is the program's settings as JSON, without any secret."""

    do: Literal["begin"] = "begin"
    log_level: str
    threads: int
    memory_bytes: int | None
    """None sets no limit."""
    file_bytes: int
    parent: int
    """Its process id."""


class Carry(Word):
    """Carry out the order in the body."""

    do: Literal["carry"] = "carry"
    fields: dict[str, str | int | float]
    """What log lines say of it."""


class Found(Word):
    """What is known of an object."""

    name: str
    size: int
    modified: AwareDatetime
    content_type: str


class Answer(Word):
    """What was asked for; bytes are in the body."""

    do: Literal["answer"] = "answer"
    handle: int | None = None
    size: int | None = None
    found: tuple[Found, ...] = ()


class Refused(Word):
    """It can never succeed."""

    do: Literal["refused"] = "refused"
    reason: Reason
    code: Code


class Later(Word):
    """It may succeed later."""

    do: Literal["later"] = "later"
    reason: Reason
    after_seconds: Annotated[FiniteFloat, Field(ge=0, le=86_400)]


# What the child says.


class Ready(Word):
    """It is warm."""

    do: Literal["ready"] = "ready"
    kinds: tuple[Code, ...]
    """Of orders; the most urgent first."""
    model: tuple[str, str] | None
    guards: Guards


class Read(Word):
    """Read a whole object."""

    do: Literal["read"] = "read"
    name: Name
    max_bytes: Place | None


class Open(Word):
    """Open an object for reading by ranges."""

    do: Literal["open"] = "open"
    name: Name
    closed: tuple[Place, ...] = ()
    """Handles that are not needed any more."""


class Fetch(Word):
    """Read a range."""

    do: Literal["fetch"] = "fetch"
    handle: Place
    start: Place
    stop: Place


class Find(Word):
    """Look for an object."""

    do: Literal["find"] = "find"
    name: Name


class Listing(Word):
    """List objects."""

    do: Literal["list"] = "list"
    prefix: Name


class Delete(Word):
    """Delete an object."""

    do: Literal["delete"] = "delete"
    name: Name


class Write(Word):
    """Write an object; its parts follow, and are answered together."""

    do: Literal["write"] = "write"
    name: Name
    content_type: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+/[a-z0-9.+-]+$", max_length=80)]


class Part(Word):
    """A part of an object, in the body."""

    do: Literal["part"] = "part"
    last: bool


class Stage(Word):
    """A stage is over; there is no answer."""

    do: Literal["stage"] = "stage"
    name: Code
    seconds: Annotated[FiniteFloat, Field(ge=0, le=1e7)]


class Done(Word):
    """The order is carried out; what comes of it is in the body."""

    do: Literal["done"] = "done"


class Costly(Word):
    """There was no memory left for it."""

    do: Literal["costly"] = "costly"


class Failed(Word):
    """It ended with a bug."""

    do: Literal["failed"] = "failed"
    error: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,80}$")]
    """Its kind."""
    message: Annotated[str, StringConstraints(max_length=LONGEST_REASON)]
    traceback: Annotated[str, StringConstraints(max_length=LONGEST_TRACEBACK)]


FromParent: TypeAlias = Annotated[Begin | Carry | Answer | Refused | Later, Field(discriminator="do")]
Request: TypeAlias = Read | Open | Fetch | Find | Listing | Delete | Write
Ending: TypeAlias = Done | Refused | Later | Costly | Failed
FromChild: TypeAlias = Annotated[Ready | Request | Part | Stage | Ending, Field(discriminator="do")]

_Heard = TypeVar("_Heard")

FROM_PARENT: Final[TypeAdapter[FromParent]] = TypeAdapter(FromParent)
FROM_CHILD: Final[TypeAdapter[FromChild]] = TypeAdapter(FromChild)


def heard(adapter: TypeAdapter[_Heard], head: bytes) -> _Heard:
    """Read a head.

    Raises:
        Garbled: it is none.
    """
    try:
        return adapter.validate_json(head)
    except ValidationError as error:
        msg = f"no word that was agreed on: {head[:80]!r}"
        raise Garbled(msg) from error


def encoded_outcome(outcome: Outcome) -> bytes:
    """An outcome as it travels."""
    return encoded(OrderCarriedOut.of(outcome))


def parsed_outcome(body: bytes) -> Outcome:
    """Read an outcome.

    Raises:
        Garbled: it is none.
    """
    msg = "what came of an order is nothing that was agreed on"
    try:
        told = OrderCarriedOut.model_validate_json(body)
    except ValidationError as error:
        raise Garbled(msg) from error
    if told.model_fields_set != OrderCarriedOut.model_fields.keys():  # a child says all of it
        raise Garbled(msg)
    return told.outcome()
