"""X's error bodies.

Those marked * are as X was seen or is documented to send them; the wording of the others is a guess in its style.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_TYPES: Final = "https://api.twitter.com/2/problems/"
_BLANK: Final = "about:blank"


class Problem(Exception):  # noqa: N818 - it is an answer, too
    """A request that is refused."""

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        super().__init__(str(body.get("detail", status)))
        self.status = status
        self.body = body


def blank(status: int, title: str, detail: str | None = None) -> Problem:
    """Refuse without a type of its own: 401*, 403*, 404, 429*."""
    return Problem(status, {"title": title, "type": _BLANK, "status": status, "detail": detail or title})


def unauthorized() -> Problem:
    """Refuse credentials*."""
    return blank(401, "Unauthorized")


def forbidden(detail: str) -> Problem:
    """Refuse for good*."""
    return blank(403, "Forbidden", detail)


def too_many_requests() -> Problem:
    """Refuse until the window's end*; there is no Retry-After."""
    return blank(429, "Too Many Requests")


def no_credits() -> Problem:
    """Refuse until something is paid."""
    return Problem(
        402,
        {
            "title": "CreditsDepleted",
            "detail": "Your enrolled account does not have any credits to fulfill this request.",
            "type": _TYPES + "credits",
        },
    )


def duplicate() -> Problem:
    """Refuse what was said before*."""
    return forbidden("You are not allowed to create a Tweet with duplicate content.")


def reply_target_gone() -> Problem:
    """Refuse a reply to what is not there, or not to be seen*."""
    return forbidden("You attempted to reply to a Tweet that is deleted or not visible to you.")


def reply_not_allowed() -> Problem:
    """Refuse a reply to somebody who did not ask for one*."""
    return forbidden(
        "Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged by the "
        "author of the post you are replying to."
    )


def text_too_long() -> Problem:
    """Refuse a text of more than 280 (seen for long texts, but not only for those)."""
    return forbidden("You are not permitted to perform this action.")


def not_yours() -> Problem:
    """Refuse to delete somebody else's post."""
    return forbidden("You are not authorized to delete this Tweet.")


def wrong_authentication(used: str, supported: str) -> Problem:
    """Refuse a way to sign that the endpoint does not take*."""
    return Problem(
        403,
        {
            "title": "Unsupported Authentication",
            "detail": (
                f"Authenticating with {used} is forbidden for this endpoint.  "
                f"Supported authentication types are [{supported}]."
            ),
            "type": _TYPES + "unsupported-authentication",
            "status": 403,
        },
    )


def invalid(parameters: Mapping[str, Sequence[str]], message: str) -> Problem:
    """Refuse parameters, of which the answer names those given, with their values*."""
    error: dict[str, Any] = {"message": message}
    if parameters:
        error = {"parameters": {name: list(values) for name, values in parameters.items()}, **error}
    return Problem(
        400,
        {
            "errors": [error],
            "title": "Invalid Request",
            "detail": "One or more parameters to your request was invalid.",
            "type": _TYPES + "invalid-request",
        },
    )


def invalid_media_ids(ids: Sequence[str]) -> Problem:
    """Refuse media that are unknown, gone, or not ready*."""
    return invalid({"media.media_ids": ids}, "Your media IDs are invalid.")


def too_many_connections() -> Problem:
    """Refuse a second stream*."""
    return Problem(
        429,
        {
            "title": "ConnectionException",
            "detail": "This stream is currently at the maximum allowed connection limit.",
            "connection_issue": "TooManyConnections",
            "type": _TYPES + "streaming-connection",
        },
    )


def no_rules() -> Problem:
    """Refuse a stream of nothing; the status is documented*."""
    return Problem(
        409,
        {
            "title": "ConnectionException",
            "detail": "Stream has no rules",
            "connection_issue": "RuleConfigurationIssue",
            "type": _TYPES + "streaming-connection",
        },
    )


def not_found(value: str, *, parameter: str, kind: str) -> dict[str, Any]:
    """Say, beside what was found, that something is not there*."""
    return {
        "value": value,
        "detail": f"Could not find {kind} with {parameter}: [{value}].",
        "title": "Not Found Error",
        "resource_type": kind,
        "parameter": parameter,
        "resource_id": value,
        "type": _TYPES + "resource-not-found",
    }


def not_shown(value: str, *, parameter: str, section: str) -> dict[str, Any]:
    """Say, beside what was found, that something is not to be seen*."""
    return {
        "value": value,
        "detail": f"Sorry, you are not authorized to see the Tweet with {parameter}: [{value}].",
        "title": "Authorization Error",
        "resource_type": "tweet",
        "parameter": parameter,
        "resource_id": value,
        "section": section,
        "type": _TYPES + "not-authorized-for-resource",
    }


def disconnected() -> dict[str, Any]:
    """Say on a stream that it ends*."""
    return {
        "errors": [
            {
                "title": "operational-disconnect",
                "disconnect_type": "UpstreamOperationalDisconnect",
                "detail": "This stream has been disconnected upstream for operational reasons.",
                "type": _TYPES + "operational-disconnect",
            }
        ]
    }
