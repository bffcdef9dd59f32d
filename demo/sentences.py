"""What the stand says to people, in the languages that it speaks: texts of its pages, and why something is not done."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PLAIN: Final = "en"
"""The language of the reasons that programs give."""

SAME_FOR_PEOPLE: Final[Mapping[str, str]] = {
    **dict.fromkeys(("bad-piece", "crashed", "ends-early", "no-frames", "unreadable"), "damaged"),
    **dict.fromkeys(("bad-model", "bad-plan", "changed", "gave-up", "kept-failing", "no-encoder"), "failed"),
    **dict.fromkeys(("bad-message", "newer-version", "pieces-gone", "unwritable"), "failed"),
    **dict.fromkeys(("bad-chunk", "bad-name", "bad-setting", "bad-size", "empty-range", "no-gpu"), "failed"),
    **dict.fromkeys(("no-such-model", "not-seekable", "refused", "unknown-kind"), "failed"),
    **dict.fromkeys(("cover-only", "encrypted", "needs-heif", "no-video", "still", "unsupported"), "not-a-picture"),
    **dict.fromkeys(("unknown-codec", "webp"), "not-a-picture"),
    "missing-object": "gone",
    "pin-too-often": "too-often",
    "too-costly": "too-large",
}
"""Code of a program's refusal → the one that a visitor is told."""


class Sentences:
    """Texts by language and key.

    Args:
        folder: with a file such as `en.json` for each language, keys to texts.
    """

    def __init__(self, folder: Path) -> None:
        self._texts: dict[str, dict[str, str]] = {}
        for path in sorted(folder.glob("*.json")):
            self._texts[path.stem] = json.loads(path.read_text(encoding="utf-8"))
        self.languages = tuple(sorted(self._texts, key=lambda language: (language != PLAIN, language))) or (PLAIN,)

    def of(self, language: str) -> Mapping[str, str]:
        """All texts of a language; of the first one where it is not spoken."""
        return self._texts.get(language) or self._texts.get(self.languages[0], {})

    def chosen(self, accepted: str | None, otherwise: str) -> str:
        """The language that a browser asks for first among those that are spoken here.

        Args:
            accepted: its header Accept-Language.
            otherwise: where it asks for none of them.
        """
        for part in (accepted or "").split(",")[:20]:
            language = part.partition(";")[0].strip().lower().partition("-")[0]
            if language in self._texts:
                return language
        return otherwise

    def why(self, language: str, code: str, reason: str, **values: str) -> str:
        """The sentence for a code, or else the reason that came with it.

        Args:
            language: to say it in.
            code: of the refusal.
            reason: in English, with particulars: better than a text for all, to who reads it.
            values: for the places of the text.
        """
        texts = self.of(language)
        text = texts.get(f"error.{code}") or texts.get(f"error.{told(code)}")
        if text is None:
            return reason if language == PLAIN else texts.get("error.failed", reason)
        for name, value in values.items():
            text = text.replace(f"{{{name}}}", value)
        return text


def told(code: str) -> str:
    """The code that visitors are told."""
    return SAME_FOR_PEOPLE.get(code, code)
