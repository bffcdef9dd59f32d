"""The texts of the pages: whole in both languages, used where they are, and nothing else on the pages."""

from __future__ import annotations

import ast
import json
import re
from functools import cache
from typing import TYPE_CHECKING, Final

import pytest
from playwright.sync_api import expect

from demo.sentences import Sentences, told
from tests.demo.stub_stand import HOME

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.demo.conftest import Browsing
    from tests.demo.stub_stand import StubStand

LANGUAGES: Final = ("en", "de")

BY_WHAT_THE_STAND_SAYS: Final = ("error.", "sample.", "tint.", "machine.state.", "machine.kind.", "moment.", "trace.")
"""Keys that are put together from a word of the stand's."""

BY_WHAT_THE_PAGES_SAY: Final = ("title.", "ways.", "language.", "stage.", "operator.")
"""Keys that are put together from the names of pages, languages, stages and settings."""

CODE: Final = re.compile(r"[a-z]+(-[a-z]+)*")

SAYERS: Final = {"refusal", "_refusal", "_refuse", "_say", "say", "why"}
"""Functions that take a code without naming it."""

OTHER_WAYS: Final[Mapping[str, str]] = {
    "serve": "functions over HTTP, which the stand does not ask",
    "web_files": "pictures from addresses, which the stand does not take",
    "models": "models that an operator installs on the command line",
}
"""Folders of the functions that no visitor's picture passes, and why."""

NEVER_ON_A_PAGE: Final[Mapping[str, str]] = {
    "name-taken": "of a folder as a store: our names are our own",
    **dict.fromkeys(
        ("bad-credentials", "duplicate", "limited", "not-allowed", "protected", "unavailable"),
        "the bot's own part of the pretend network: programs read it",
    ),
    **dict.fromkeys(
        ("already-running", "newer-data", "no-server", "no-space", "not-started"), "nothing starts, so there is no page"
    ),
    **dict.fromkeys(
        ("bad-codec", "bad-container", "bad-preset", "bad-quality"), "a worker with such settings does not start"
    ),
    **dict.fromkeys(("bad-link", "no-links"), "the stand gives no links into the store"),
}
"""Codes without a sentence, and why nobody misses it."""


@cache
def given() -> frozenset[str]:
    """All codes by which the stand, the control of `colorise up` and the functions refuse something."""
    root = HOME.parent
    passed = [path for path in (root / "functions").rglob("*.py") if not OTHER_WAYS.keys() & set(path.parts)]
    return frozenset(
        code for path in (*HOME.glob("*.py"), *(root / "cli").glob("up_*.py"), *passed) for code in codes(path)
    )


def codes(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.keyword(arg="code") | ast.Assign(targets=[ast.Name(id="code")]):
                yield from constants(node.value)
            case ast.Dict():
                for key, value in zip(node.keys, node.values, strict=True):
                    if isinstance(key, ast.Constant) and key.value == "code":
                        yield from constants(value)
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in SAYERS:
                yield from (code for one in node.args for code in constants(one) if CODE.fullmatch(code))


def constants(value: ast.expr) -> Iterator[str]:
    match value:
        case ast.Constant(value=str(text)):
            yield text
        case ast.BoolOp(values=parts) | ast.Call(func=ast.Name(id="str"), args=parts):
            for part in parts:
                yield from constants(part)
        case ast.IfExp(body=body, orelse=orelse):
            yield from constants(body)
            yield from constants(orelse)


def words(language: str) -> dict[str, str]:
    told: dict[str, str] = json.loads((HOME / "words" / f"{language}.json").read_text("utf-8"))
    return told


def sources() -> str:
    files = [*(HOME / "pages").glob("*.html"), *(HOME / "static" / "js").glob("*.js")]
    assert len(files) > 20
    return "\n".join(file.read_text("utf-8") for file in files)


def without_form(key: str) -> str:
    return key.removesuffix(".one").removesuffix(".other")


def test_both_languages_say_the_same_things_with_the_same_places_in_them() -> None:
    english, german = words("en"), words("de")
    assert english.keys() == german.keys()
    places = {key: set(re.findall(r"\{\w+\}", text)) for key, text in english.items()}
    assert {key: set(re.findall(r"\{\w+\}", text)) for key, text in german.items()} == places
    assert all(text.strip() == text and text for text in (*english.values(), *german.values()))


def test_every_text_that_a_page_names_is_there() -> None:
    named = set(re.findall(r'data-words[a-z-]*="([a-z][\w.-]+)"', sources()))
    named |= set(re.findall(r'(?:say\(|sure\(|way\(|, )"([a-z][a-z-]*\.[\w.-]+)"', sources()))
    assert len(named) > 100
    known = {without_form(key) for key in words("en")}
    assert named <= known


def test_no_text_is_there_for_nothing() -> None:
    text = sources()
    unused = {
        key
        for key in map(without_form, words("en"))
        if f'"{key}"' not in text and not key.startswith((*BY_WHAT_THE_STAND_SAYS, *BY_WHAT_THE_PAGES_SAY))
    }
    assert unused <= {"language"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_refusal_that_may_reach_a_page_has_a_sentence(language: str) -> None:
    assert {"too-many", "wrong-pin", "ends-early", "wrong-token", "failed", "refused"} <= given()
    texts = words(language)
    mute = {code for code in given() if f"error.{code}" not in texts and f"error.{told(code)}" not in texts}
    assert mute == NEVER_ON_A_PAGE.keys()


def test_people_are_told_in_their_language_and_not_in_a_programs_words() -> None:
    sentences = Sentences(HOME / "words")
    for code in given() - NEVER_ON_A_PAGE.keys():
        english, german = (sentences.why(language, code, "0x2A at 17") for language in LANGUAGES)
        assert "0x2A" not in english + german
        assert english != german


def test_no_sentence_is_there_for_a_refusal_that_nobody_gives() -> None:
    own = set(re.findall(r'"error\.([\w-]+)"', sources()))
    own |= {"offline"}  # `api.js` gives it itself, where no answer came
    kept = {key.removeprefix("error.") for key in words("en") if key.startswith("error.")}
    assert kept <= own | {told(code) for code in given()} | given()


def test_pages_bring_no_script_or_style_in_their_markup() -> None:
    for page in (HOME / "pages").glob("*.html"):
        text = page.read_text("utf-8")
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", text), page.name
        assert set(re.findall(r'(?:src|href)="([^"]*)"', text)) <= {
            address for address in re.findall(r'"([^"]*)"', text) if address.startswith(("/", "#"))
        }
    assert not re.search(r'setAttribute\("style"|\.innerHTML|insertAdjacentHTML|\beval\(', sources())


@pytest.mark.parametrize("path", ["/", "/wall", "/timeline", "/machine", "/operator"])
def test_a_stand_that_speaks_german_does_so_on_every_page(browsing: Browsing, stand: StubStand, path: str) -> None:
    stand.settings["language"] = "de"
    page = browsing.open(path)
    assert page.evaluate("document.documentElement.lang") == "de"
    german, english = set(words("de").values()), set(words("en").values())
    shown = page.evaluate("[...document.querySelectorAll('[data-words]')].map((one) => one.textContent)")
    assert shown
    assert not set(shown) & (english - german)
    assert page.title() == f"{words('de')['title.' + (path[1:] or 'booth')]} · colorisebot"


def test_a_visitor_changes_the_language_in_place_and_it_stays(browsing: Browsing) -> None:
    page = browsing.open("/")
    page.get_by_role("button", name="DE: German").click()
    expect(page.get_by_role("heading", level=1).first).to_have_text(words("de")["booth.title"])
    assert page.evaluate("document.documentElement.lang") == "de"
    page.reload()
    expect(page.get_by_role("heading", level=1).first).to_have_text(words("de")["booth.title"])
    page.get_by_role("button", name="EN: Englisch").click()
    expect(page.get_by_role("heading", level=1).first).to_have_text(words("en")["booth.title"])
