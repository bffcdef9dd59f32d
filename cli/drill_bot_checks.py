"""What the bot's drill promises, held against what was posted: who was answered, how often, and with what words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.drill_bot_casting import MAX_AGE

if TYPE_CHECKING:
    from cli.drill_bot_control import Seen
    from cli.drill_bot_play import Play, Played
    from cli.drill_report import DrillReport


def add_counts(report: DrillReport, play: Play) -> None:
    """Add the promises about who is answered, and how often."""
    single = [played for played in play.played.values() if played.expected is not None]
    owed = sum(played.expected.replies for played in single if played.expected)
    missing = [str(one) for one in single if one.expected and len(play.replies_to(one.id)) < one.expected.replies]
    missing += unplayed(play)
    report.promise("every deserving mention is answered", missing, right=f"{owed:,} mentions")
    twice = [str(played) for played in play.played.values() if len(play.replies_to(played.id)) > 1]
    report.promise("none is answered twice", twice, right=f"{len(play.seen):,} replies")
    others = [str(one) for one in single if one.expected and not one.expected.replies and play.replies_to(one.id)]
    others += [
        f"a post that answers nobody of ours: {seen.text}" for seen in play.seen.values() if is_astray(play, seen)
    ]
    silent = sum(one.expected is not None and not one.expected.replies for one in single)
    report.promise("nobody else is answered", others, right=f"{silent:,} posts without a reply")
    report.promise(
        "limits for a person hold",
        shares_broken(play),
        right=f"{sum(s.share is not None for s, _ in play.scenes):,} people",
    )
    late = [
        f"{played} after {seen.posted_at - played.posted_at}"
        for played in play.played.values()
        for seen in play.replies_to(played.id)
        if seen.posted_at - played.posted_at > MAX_AGE
    ]
    report.promise("no mention is answered that is too old", late, right=f"none older than {MAX_AGE}")
    kept = [str(one) for one in single if one.expected and one.expected.is_deleted and is_there(play, one)]
    gone = [
        f"the answer to {one}"
        for one in play.played.values()
        if play.replies_to(one.id) and not is_there(play, one) and not (one.expected and one.expected.is_deleted)
    ]
    report.promise("what is deleted is what was asked for", [*kept, *gone], right="and nothing else")


def unplayed(play: Play) -> list[str]:
    """Scenes that could not be played to their end, since an answer never came."""
    return [
        f"{scene.kind}: {len(scene.acts) - len(ids)} acts waited in vain"
        for scene, ids in play.scenes
        if len(ids) < len(scene.acts)
    ]


def is_astray(play: Play, seen: Seen) -> bool:
    """Whether a post of the bot's is no reply to a post of the drill's."""
    return seen.reply_to is None or seen.reply_to not in play.played


def is_there(play: Play, played: Played) -> bool:
    """Whether a reply to this is still there."""
    return any(seen.id in play.there for seen in play.replies_to(played.id))


def shares_broken(play: Play) -> list[str]:
    """Scenes that did not get as a whole what they were owed."""
    wrong = []
    for scene, ids in play.scenes:
        if scene.share is None:
            continue
        replies = [seen for one in ids if one is not None for seen in play.replies_to(one)]
        shown = sum(bool(seen.media) for seen in replies)
        if (shown, len(replies) - shown) != (scene.share.with_pictures, scene.share.in_words):
            wrong.append(f"{scene.kind}: {shown} with pictures and {len(replies) - shown} in words")
    return wrong
