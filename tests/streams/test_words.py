"""Blocked words are found in the spellings that get around a plain comparison, and nothing else is."""

import pytest

from streams.words import Words, has_link

WORDS = Words(
    [
        ("spam", "refuse"),
        ("god", "refuse"),
        ("buy now", "hold"),
        ("casino*", "refuse"),
        ("加微信", "refuse"),
        ("🍑", "hold"),
    ]
)


@pytest.mark.parametrize(
    "text",
    [
        "spam",
        "SPAM!",
        "such sp\u200bam",
        "s.p.a.m",
        "s p a m",
        "spaaaam",
        "5p@m",
        "\uff53\uff50\uff41\uff4d",
        "spám",
        "\u0455\u0440\u0430m",
        "goood",
        "casinos",
        "c4sin0",
        "请加 微信吧",
    ],
)
def test_a_word_is_found_in_disguise(text: str) -> None:
    assert WORDS.find(text) == {"refuse"}


@pytest.mark.parametrize("text", ["Buy now!", "buy   NOW", "b u y now", "buy-now", "x🍑y"])
def test_a_phrase_and_a_sign_are_found(text: str) -> None:
    assert WORDS.find(text) == {"hold"}


@pytest.mark.parametrize("text", ["spammer", "good", "spa m", "a buy", "now buy", "I know", "", "   ", "1 2 3", "加微"])
def test_other_words_are_not(text: str) -> None:
    assert WORDS.find(text) == set()


def test_a_digit_stands_for_either_letter() -> None:
    words = Words([("ill", "refuse"), ("lie", "hold")])
    assert (words.find("1ll"), words.find("1ie"), words.find("11")) == ({"refuse"}, {"hold"}, set())


def test_the_longest_line_against_the_most_words_is_looked_at_in_no_time() -> None:
    """Work grows with the text, not with text times words: this would take minutes if it did."""
    words = Words([(f"word{number:x} other", "refuse") for number in range(500)])
    for text in ("a " * 250, "a" * 500, "word1 " * 80):
        assert words.find(text) == set()


@pytest.mark.parametrize(
    "text", ["see www.x.com", "HTTP://a", "x.com/y", "evil.shop", "at foo.io.", "\uff57\uff57\uff57.x.com"]
)
def test_links_are_seen(text: str) -> None:
    assert has_link(text)


@pytest.mark.parametrize("text", ["great.thanks", "3.5 is enough", "e.g. this", "wow...really"])
def test_a_missing_blank_is_no_link(text: str) -> None:
    assert not has_link(text)
