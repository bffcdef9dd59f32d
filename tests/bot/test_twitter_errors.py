"""What X's answers mean, read without a network."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from bot.platforms.protocol import Forbidden, Gone, LimitedUntil, Unreachable
from bot.platforms.twitter_errors import Answer, failure

NOW = datetime(2026, 11, 5, 12, tzinfo=UTC)
DUPLICATE = "You are not allowed to create a Tweet with duplicate content."
NOT_ALLOWED = (
    "Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged by the author "
    "of the post you are replying to."
)
VANISHED = "You attempted to reply to a Tweet that is deleted or not visible to you."
READ_ONLY = "Your client app is not configured with the appropriate oauth1 app permissions for this endpoint."
UNSEEN = "Sorry, you are not authorized to see the Tweet with id: [12]."
PROBLEMS = "https://api.x.com/2/problems/"


def error(status: int, body: Any = None, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return failure(Answer(status, named, body), doing="POST /2/tweets", now=NOW)


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (401, {"title": "Unauthorized"}, "bad-credentials"),
        (403, {"detail": DUPLICATE}, "duplicate"),
        (403, {"detail": NOT_ALLOWED}, "not-allowed"),
        (403, {"errors": [{"message": DUPLICATE}], "detail": "One or more parameters"}, "duplicate"),
        (403, {"detail": READ_ONLY, "type": PROBLEMS + "oauth1-permissions"}, "bad-credentials"),
        (403, {"title": "Client Forbidden", "type": PROBLEMS + "client-forbidden"}, "bad-credentials"),
        (403, {"detail": "This user is not allowed to post a video longer than 2 minutes."}, "bad-media"),
        (403, {"detail": "Your account is suspended and is not permitted to access this feature."}, "bad-credentials"),
        (403, {"errors": [{"detail": UNSEEN, "type": PROBLEMS + "not-authorized-for-resource"}]}, "protected"),
        (403, {"detail": "You are not permitted to perform this action."}, "forbidden"),
        (403, None, "forbidden"),
        (403, ["a", "list"], "forbidden"),
        (403, {"errors": "no list", "detail": 7}, "forbidden"),
        (400, {"errors": [{"message": "Your media IDs are invalid."}]}, "bad-media"),
        (400, {"errors": [{"message": "One GIF only", "parameters": {"media.media_ids": ["1"]}}]}, "bad-media"),
        (400, {"errors": [{"message": "text: is too long"}]}, "forbidden"),
        (413, None, "bad-media"),
    ],
)
def test_what_x_never_allows_is_forbidden_with_a_reason(status: int, body: Any, code: str) -> None:
    found = error(status, body)
    assert isinstance(found, Forbidden)
    assert found.code == code
    assert "POST /2/tweets" in found.reason
    assert "\n" not in found.reason


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, {"title": "Not Found"}),
        (404, None),
        (403, {"detail": VANISHED}),
        (403, {"errors": [{"title": "Not Found Error", "type": PROBLEMS + "resource-not-found"}]}),
        (400, {"errors": [{"message": "Invalid media_id."}]}),
    ],
)
def test_what_is_not_there_is_gone_whatever_the_status(status: int, body: Any) -> None:
    assert isinstance(error(status, body), Gone)


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408, 409, 302, 304])
def test_trouble_of_xs_own_is_unreachable(status: int) -> None:
    found = error(status)
    assert isinstance(found, Unreachable)
    assert found.after_seconds > 0


def reset(moment: datetime, seconds: float) -> str:
    return str(int((moment + timedelta(seconds=seconds)).timestamp()))


def test_a_limit_lasts_until_xs_reset() -> None:
    found = error(429, x_rate_limit_reset=reset(NOW, 600))
    assert isinstance(found, LimitedUntil)
    assert found.until == NOW + timedelta(seconds=600)
    assert found.after_seconds == 600
    assert "12:10:00" in found.reason


@pytest.mark.parametrize("ahead", [timedelta(hours=-2), timedelta(0), timedelta(minutes=5), timedelta(days=1)])
def test_a_limit_lasts_as_long_however_wrong_our_clock_is(ahead: timedelta) -> None:
    theirs = NOW + ahead
    found = error(429, x_rate_limit_reset=reset(theirs, 600), date=format_datetime(theirs, usegmt=True))
    assert found.after_seconds == 600
    assert found.until == NOW + timedelta(seconds=600)


@pytest.mark.parametrize("told", ["", "soon", "nan-sense"])
def test_a_limit_that_does_not_say_until_when_lasts_a_window(told: str) -> None:
    headers = {"x_rate_limit_reset": told} if told else {}
    assert error(429, **headers).after_seconds == 900
    assert error(429, date="yesterday", **headers).after_seconds == 900


@pytest.mark.parametrize(("seconds", "waited"), [(-30, 1), (0, 1), (10**9, 86_400)])
def test_a_reset_in_the_past_or_far_away_is_taken_with_care(seconds: float, waited: float) -> None:
    assert error(429, x_rate_limit_reset=reset(NOW, seconds)).after_seconds == waited


def test_of_a_day_that_is_used_up_the_days_end_counts() -> None:
    found = error(
        429,
        x_rate_limit_reset=reset(NOW, 60),
        x_app_limit_24hour_remaining="0",
        x_app_limit_24hour_reset=reset(NOW, 40_000),
        x_user_limit_24hour_remaining="17",
        x_user_limit_24hour_reset=reset(NOW, 80_000),
    )
    assert found.after_seconds == 40_000


def test_a_second_stream_is_waited_with_for_a_minute_not_until_a_windows_end() -> None:
    body = {"title": "ConnectionException", "connection_issue": "TooManyConnections"}
    assert error(429, body, x_rate_limit_reset=reset(NOW, 800)).after_seconds == 60


def test_used_up_credits_are_waited_for_and_say_what_to_do() -> None:
    found = error(402, {"title": "CreditsDepleted", "detail": "no credits"})
    assert isinstance(found, LimitedUntil)
    assert "buy more" in found.reason


def test_what_x_says_is_passed_on_in_one_short_line() -> None:
    found = error(403, {"detail": "one\ntwo\t" + "x" * 1000})
    assert "one two x" in found.reason
    assert len(found.reason) < 400
