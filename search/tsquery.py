"""What is sought, as PostgreSQL's tsquery: expressions in SQL, and the values in them."""

from typing import Any

from search.words import Query

Sql = tuple[str, list[Any]]

NOTHING = "''::tsquery"
STEM = "to_tsquery('search_stems', %s)"
PREFIX = "(to_tsquery('search_stems', %s) || to_tsquery('search_words', %s))"
PHRASE = "phraseto_tsquery('search_stems', %s)"
# A word in another spelling. Letters and digits are all that words have, so none of them has to be escaped.
NEAR = (
    "({} || coalesce((SELECT string_agg('''' || word || '''', ' | ')::tsquery FROM search_near(%s) AS word), "
    + NOTHING
    + "))"
)


def exact(query: Query) -> Sql:
    """Rows with all the words, in any of their forms; the last one may go on."""
    return _all(query, [_word(query, place) for place in range(len(query.words))])


def near(query: Query) -> Sql:
    """The same, or with words that these are a part of or that they misspell."""
    words = [_word(query, place) for place in range(len(query.words))]
    return _all(query, [(NEAR.format(sql), [*values, values[0]]) for sql, values in words])


def _word(query: Query, place: int) -> Sql:
    word = query.words[place]
    if query.unfinished and place == len(query.words) - 1:
        return PREFIX, [word, f"{word}:*"]
    return STEM, [word]


def _all(query: Query, words: list[Sql]) -> Sql:
    """Where nothing is left of what is sought, because these are stop words, nothing is found."""
    demanded = [*words, *((PHRASE, [" ".join(phrase)]) for phrase in query.phrases)]
    sql, values = " && ".join(sql for sql, _ in demanded), [value for _, given in demanded for value in given]
    if not query.without:
        return f"({sql})", values
    refused = " && ".join(f"!!{PHRASE}" for _ in query.without)
    sql = f"(CASE WHEN numnode({sql}) = 0 THEN {NOTHING} ELSE {sql} && {refused} END)"
    return sql, [*values, *values, *(" ".join(each) for each in query.without)]
