"""Claims about how programs end: a number for other programs, and a line for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic_settings import SettingsError

from functions.environment import EnvironmentSettings, refuse_unknown
from functions.errors import Postponed, Rejected
from functions.exit_code import DONE, FAILED, USAGE, exit_code

if TYPE_CHECKING:
    from pathlib import Path


class Some(EnvironmentSettings):
    some_number: int = 1


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (Rejected("it is no use", code="x"), FAILED, "it is no use"),
        (Postponed("not now", after_seconds=1), FAILED, "not now"),
        (OSError(98, "address\n in use"), FAILED, "[Errno 98] address in use"),
        (KeyboardInterrupt(), FAILED, "interrupted"),
        (SettingsError("wrong  file"), USAGE, "wrong file"),
    ],
)
def test_what_goes_wrong_is_a_line_and_a_number(
    error: BaseException, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def run() -> None:
        raise error

    assert exit_code("colorise x", run) == code
    assert capsys.readouterr().err == f"colorise x: {said}\n"


def test_a_wrong_setting_is_a_line_and_another_number(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLORISE_SOME_NUMBER", "many")
    assert exit_code("colorise x", lambda: Some().some_number) == USAGE
    assert capsys.readouterr().err.startswith("colorise x: COLORISE_SOME_NUMBER=many: ")


def test_what_goes_well_is_none_and_what_is_no_use_says_so_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("colorise x", lambda: None) == DONE
    assert exit_code("colorise x", lambda: 7) == 7
    assert capsys.readouterr().err == ""


def test_a_bug_goes_on_as_it_is() -> None:
    with pytest.raises(ZeroDivisionError):
        exit_code("colorise x", lambda: 1 // 0)


def test_a_setting_that_nobody_knows_is_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.toml").write_text("[some]\nnumber = 1\nnubmer = 2\n")
    monkeypatch.setenv("COLORISE_CONFIG", str(tmp_path / "x.toml"))
    with pytest.raises(SettingsError, match="nobody knows the settings some_nubmer"):
        refuse_unknown((Some,))
