"""The sentences that the bot's replies are put together from.

None holds a link, nor what a network would make one of: no @, no #, no full stop between two letters. What stands in
braces is filled in by `bot.wording`. The first sentence of a reply is its template: two replies of a kind in a row
begin with different ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.platforms.protocol import AttachmentKind
from bot.verdicts import Command, Reason, Shift

if TYPE_CHECKING:
    from collections.abc import Mapping

PHOTO: Final = (
    "Here it is in colour, {time} after you asked.",
    "The photo in colour. It took me {time}.",
    "There you are: coloured in {time}.",
    "One photo, coloured in {time}.",
    "This is how it may have looked. That took {time}.",
    "From grey to colour in {time}.",
    "Done in {time}: here is the photo in colour.",
    "With pleasure: a photo in colour, after {time}.",
)

PHOTOS: Final = (
    "Here are {count} photos in colour, {time} after you asked.",
    "{Count} photos, coloured in {time}.",
    "There you are: {count} photos in colour. They took me {time}.",
    "From grey to colour in {time}: {count} photos.",
    "This is how they may have looked: {count} photos, done in {time}.",
    "Done in {time}: here are {count} photos in colour.",
    "With pleasure: {count} photos in colour, after {time}.",
)

MOVING: Final = {
    AttachmentKind.VIDEO: (
        "Here is the clip in colour, {time} after you asked.",
        "The clip, coloured frame by frame. It took me {time}.",
        "There you are: the clip, coloured in {time}.",
        "This is how the film may have looked. That took {time}.",
        "From grey to colour in {time}: the whole clip.",
        "Done in {time}: here is the clip in colour.",
        "With pleasure: a clip in colour, after {time}.",
    ),
    AttachmentKind.GIF: (
        "Here is the GIF in colour, {time} after you asked.",
        "The GIF, coloured frame by frame. It took me {time}.",
        "There you are: the GIF, coloured in {time}.",
        "This is how the scene may have looked. That took {time}.",
        "From grey to colour in {time}: the whole GIF.",
        "Done in {time}: here is the GIF in colour.",
        "With pleasure: a GIF in colour, after {time}.",
    ),
}

GUESSED: Final = (
    "The colours are a guess.",
    "A machine guessed the colours.",
    "Take the colours as a guess.",
    "The colours are guesswork, of course.",
    "I guessed the colours: the real ones are not known to me.",
    "The colours are my best guess, not a record.",
    "The true colours may have been others: I can only guess.",
    "Nobody told me the real colours, so these are guessed.",
    "Bear in mind that the colours are guessed.",
)
"""Every answer says that; the first few are short enough for the longest answers."""

COMPARED: Final = (
    "The original is on the left.",
    "Before on the left, after on the right.",
    "On the left as it was, on the right in colour.",
)

SHIFTED: Final = {
    Shift.MORE: ("With more colour, as asked.", "The colours are turned up, as asked.", "More vivid, as asked."),
    Shift.LESS: ("With less colour, as asked.", "The colours are turned down, as asked.", "Paler, as asked."),
}

TURNED_UP: Final = ("The colours are turned up.", "The colours are stronger than I would choose.")
TURNED_DOWN: Final = ("The colours are turned down.", "The colours are paler than I would choose.")

TINTED: Final = (
    "I looked past {tint}.",
    "These colours take the place of {tint}.",
    "First I set {tint} aside.",
)

TINTS: Final[Mapping[str, str]] = {
    "sepia": "the sepia",
    "cyanotype": "the blue of the cyanotype",
    "faded": "the yellowing",
    "warm cast": "a warm cast",
    "green cast": "a green cast",
    "cold cast": "a cold cast",
    "split tone": "a split tone",
}
"""What a tint is called in a sentence; others are not spoken of."""

LEFT_OUT: Final = (
    "A reply holds a few pictures or one clip, not both, so {count} {was} left out.",
    "I left {count} out, as a reply holds a few pictures or one clip, not both.",
    "{Count} {was} left out: a reply takes a few pictures or one clip, not both.",
)
LEFT_OUT_SHORT: Final = "{Count} left out: a reply takes pictures or one clip, not both."

WITHHELD: Final = ("{Count} more {is} hidden from me.", "I was not shown {count} more.")

FAILED: Final[Mapping[Reason, tuple[str, str]]] = {
    Reason.NO_PICTURE: ("was no picture", "were no pictures"),
    Reason.ALREADY_COLOUR: ("was in colour already", "were in colour already"),
    Reason.PROTECTED: ("is hidden from me", "are hidden from me"),
    Reason.TOO_LARGE: ("was too large", "were too large"),
    Reason.TOO_LONG: ("was too long", "were too long"),
    Reason.BROKEN: ("could not be read", "could not be read"),
    Reason.NOTHING_TO_COLOUR: ("was blank", "were blank"),
    Reason.GONE: ("was gone", "were gone"),
    Reason.LIMITED: ("was one too many", "were too many"),
    Reason.FILTERED: ("was not for me", "were not for me"),
    Reason.SAME_AGAIN: ("came out the same", "came out the same"),
}
"""What became of one, and of several."""

CLOSINGS: Final = (
    "",
    "Thank you for asking.",
    "Sorry.",
    "Sorry about that.",
    "Another time, perhaps.",
    "Thank you all the same.",
    "All the best.",
    "Kind regards from a machine.",
)
"""May end what is declined: a network may refuse words that it has heard that day."""

FAREWELLS: Final = ("", "Yours, a machine.", "With kind regards.")
"""May end what is confirmed, likewise."""

DECLINED: Final[Mapping[Reason, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    Reason.NO_PICTURE: (
        (
            "I could not find a picture to colour here.",
            "There is no photo here that I can see.",
            "I looked, but found nothing to colour.",
            "No picture has reached me with this one.",
        ),
        (
            "Mention me in a reply to a post with a photo, and I will try.",
            "It works when you mention me beside a photo, or in a reply to one.",
            "I see what is attached to your post, or to the one that you reply to.",
            "Attach a black-and-white photo and mention me, or mention me under one.",
        ),
    ),
    Reason.ALREADY_COLOUR: (
        (
            "This one has its colours already.",
            "As far as I can tell, that is in colour already.",
            "There is colour in it already, so I left it as it is.",
            "No need for me here: it is in colour.",
        ),
        (
            "I am made for black-and-white ones.",
            "Show me a black-and-white one, and I will gladly try.",
            "If it is only an old print gone yellow, a plain grey copy would work.",
        ),
    ),
    Reason.PROTECTED: (
        (
            "That picture is not shown to everybody, so I leave it alone.",
            "What is shown to some only, I cannot show to all.",
            "That one is from a protected account, or hidden from me.",
        ),
        (
            "With a public post it would work.",
            "A picture that everybody may see would work.",
            "If it is yours, attach it to a public post and mention me.",
        ),
    ),
    Reason.TOO_LARGE: (
        (
            "That file is too large for me.",
            "I am afraid that one is too big for me to carry.",
            "It is larger than what I can take.",
        ),
        ("A smaller copy would work.", "Do try again with a smaller version.", "At half the size it may well work."),
    ),
    Reason.TOO_LONG: (
        (
            "That clip is too long for me.",
            "I am afraid the film runs longer than I can follow.",
            "It is more film than I can colour in one go.",
        ),
        (
            "Clips of up to {longest} work.",
            "I can take up to {longest}: a shorter piece would do.",
            "Cut it to {longest} at most, and mention me again.",
        ),
    ),
    Reason.BROKEN: (
        (
            "I could not read that file.",
            "Something is wrong with the file: I could not open it.",
            "The file is damaged, or of a kind that I do not know.",
        ),
        (
            "Saving it anew and posting it again may help.",
            "Do try again with another copy.",
            "A fresh copy in a common format may work.",
        ),
    ),
    Reason.NOTHING_TO_COLOUR: (
        (
            "It looks blank to me: there is nothing to colour.",
            "I see a single flat shade there, and nothing to go by.",
            "It is all dark or all light to me, so I have nothing to colour.",
        ),
        (
            "A brighter scan may help.",
            "With something to be seen in it, I will try.",
            "Show me another, and I will try.",
        ),
    ),
    Reason.GONE: (
        (
            "What you want coloured is not there any more.",
            "I cannot find that picture any more.",
            "I came too late: the picture seems to be gone.",
        ),
        (
            "If you have it, attach it and mention me.",
            "Mention me beside the picture itself, and I will try.",
            "Attached to a post of your own it would work.",
        ),
    ),
    Reason.LIMITED: (
        (
            "You have had as many answers as I give in an hour.",
            "That is enough from me for this hour.",
            "I must keep some time for others: your share of this hour is used up.",
        ),
        (
            "Mention me again later, and I will gladly go on.",
            "In an hour there will be more.",
            "Please ask me again in an hour.",
        ),
    ),
    Reason.FILTERED: (
        ("I would rather not colour that one.", "That one is not for me, sorry.", "I have to leave this one as it is."),
        ("Another picture is welcome.", "Do try me with a different photo.", "Show me another, and I will try."),
    ),
    Reason.SAME_AGAIN: (
        (
            "That is as far as I go: another would look just the same.",
            "It would come out the same as before.",
            "There is nothing further in that direction.",
        ),
        (
            "You can still ask for the opposite.",
            "The other way still works: more colour, or less.",
            "More or less colour, or a comparison: whichever you have not had yet.",
        ),
    ),
}
"""What is the matter, and what helps."""

SHORTER: Final = (
    "A shorter clip would work.",
    "A shorter piece of it would do.",
    "Cut it shorter, and mention me again.",
)
"""What helps where the longest length is not known."""

CONFIRMED: Final[Mapping[Command, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    Command.STOP: (
        (
            "All right, I will not reply to you again.",
            "Understood: I will leave you alone from now on.",
            "Done. You will hear nothing more from me.",
        ),
        (
            "Should you change your mind, mention me with the word start.",
            "The word start, with a mention of me, brings me back.",
            "If you ever want me again, mention me and say start.",
        ),
    ),
    Command.START: (
        (
            "All right, I will answer when you mention me.",
            "Good: I am listening.",
            "With pleasure: from now on I answer you.",
        ),
        (
            "Mention me beside a photo, or in a reply to one.",
            "Show me something in black and white.",
            "The word stop, with a mention of me, ends it again.",
        ),
    ),
    Command.FORGET: (
        (
            "Done: what I had noted about you is deleted.",
            "I have forgotten what I had noted about you.",
            "My notes about you are deleted.",
        ),
        (
            "Thank you for telling me.",
            "All the best to you.",
            "What the network itself keeps is not mine to delete.",
        ),
    ),
    Command.DELETE: (
        ("Done: that answer is deleted.", "I have taken that answer down.", "That answer of mine is gone now."),
        ("Thank you for telling me.", "You are welcome to ask again.", "Your own post is as it was."),
    ),
}
"""What is done, and what else is good to know."""

ALT_NAMES: Final[Mapping[AttachmentKind, str]] = {
    AttachmentKind.PHOTO: "photo",
    AttachmentKind.GIF: "animation",
    AttachmentKind.VIDEO: "film",
}

ALT_NOTE: Final = "The {name} was black and white; its colours are a machine's guess."
ALT_NOTE_COMPARED: Final = (
    "Before and after, side by side: on the left the {name} in black and white, "
    "on the right in colours that are a machine's guess."
)
ALT_NOTE_SHORT: Final = "Colours: a machine's guess."
"""For networks that take very little."""

ALT_WITHOUT: Final = "A {name} that came without a description."
