"""What a shown name and a shown line may be."""

import pytest
from django.core.exceptions import ValidationError

from accounts import texts

pytestmark = pytest.mark.everywhere

MOST = 500


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("  Hello  ", "Hello"),
        ("naïve", "naïve"),  # decomposed
        ("a\r\nb", "a\nb"),
        ("a\tb", "a\tb"),
        ("a\u200bb\ufeff", "ab"),
        ("co\u00adop", "coop"),
        ("\u3164Hello", "Hello"),
        ("👩\u200d👧", "👩\u200d👧"),
        ("❤\ufe0f\u200d🔥", "❤\ufe0f\u200d🔥"),
        (
            "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
            "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
        ),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("क्\u200dष", "क्\u200dष"),
        ("a\u200db", "ab"),
        ("\u200dHello\u200d", "Hello"),
        ("Hi\U000e0041", "Hi"),
        ("שלום \u200f!", "שלום \u200f!"),
        ("\u2067שלום\u2069 there", "\u2067שלום\u2069 there"),
        ("\u202bשלום\u202c there", "\u202bשלום\u202c there"),
        ("Z" + "\u0335" * 30 + "algo", "Z" + "\u0335" * texts.MAX_MARKS + "algo"),
        ("a\n\n\n\nb", "a\n\nb"),
        ("สวัสดี", "สวัสดี"),
    ],
    ids=ascii,
)
def test_a_line_is_shown_without_what_nobody_sees(said: str, shown: str) -> None:
    assert texts.line(said, MOST) == shown
    assert texts.line(shown, MOST) == shown


@pytest.mark.parametrize(
    "said",
    [
        "",
        "   ",
        "\u3164",
        "\u200b\u200d",
        "\u2800\u2800",
        "\u0301",
        "a\x00b",
        "a\x07b",
        "a\x85b",
        "a\u2028b",
        "gnp.\u202etxt",
        "\u202dabc\u202c",
        "\u202babc",
        "abc\u202c",
        "\u2067abc",
        "\u2067a\u202bb\u2069c\u202c",
        "a\ud800b",
        "a\ufffeb",
        "a\U0001ffffb",
        "x" * (MOST + 1),
    ],
    ids=ascii,
)
def test_a_line_that_may_not_be_shown_is_refused(said: str) -> None:
    with pytest.raises(ValidationError):
        texts.line(said, MOST)


def test_one_message_does_not_fill_the_screen() -> None:
    assert texts.line("\n".join("abcdefghijklmn"), MOST).count("\n") == texts.MAX_BREAKS
    assert texts.line("\n".join("abcdefghijklmn"), MOST, breaks=None).count("\n") == 13


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("  Ann  Lee ", "Ann Lee"),
        ("Ann\tLee", "Ann Lee"),
        ("Ann\u200b", "Ann"),
        ("Zoe\u0308", "Zoë"),
        ("דנה", "דנה"),
        ("🦊", "🦊"),
        ("\u3164", ""),
        ("\u200d", ""),
        ("", ""),
        ("👩\u200d👧" * 20, "👩\u200d👧" * 20),
    ],
    ids=ascii,
)
def test_a_name_is_shown_without_what_nobody_sees(said: str, shown: str) -> None:
    assert texts.name(said) == shown


@pytest.mark.parametrize(
    "said",
    ["a\x00", "a\x1b[1m", "\u202eadmin", "\u2067ab\u2069", "\u202bab\u202c", "a\udfff", "n" * 65, "🦊" * 65],
    ids=ascii,
)
def test_a_name_that_may_not_be_shown_is_refused(said: str) -> None:
    with pytest.raises(ValidationError):
        texts.name(said)


def test_a_name_is_cut_between_characters_as_people_count_them() -> None:
    family = "👩\u200d👧"
    assert texts.cut(family * 70) == family * 50  # MAX_STORED code points
    assert texts.cut("n" * 70) == "n" * texts.MAX_NAME
    assert texts.name(texts.cut("e\u0301" * 70)) == "é" * 64


@pytest.mark.parametrize("letter", ["a", "я", "漢", "ا"])
def test_ordinary_lines_are_not_looked_at_character_by_character(letter: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "_cleaned", None)
    assert texts.line(f"{letter * 20}, {letter}?", MOST)
