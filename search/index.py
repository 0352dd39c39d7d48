"""What PostgreSQL keeps so that searching is quick: columns that it computes itself at every write, and their indexes.

The columns are in the tables of shows and products but not in their models, so nothing else ever reads them.
"""

from collections.abc import Callable
from typing import Any

from django.db import DatabaseError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from search import words
from search.models import MAX_WORD

EXTENSION = "pg_trgm"
NO_TRIGRAMS = (
    "PostgreSQL's extension pg_trgm is not there: search finds no misspelled words and no parts of words. Have someone "
    'with the right to it run "CREATE EXTENSION pg_trgm" in this database, then manage.py search_index.'
)
UNKNOWN_LANGUAGE = "SEARCH_LANGUAGE is {!r}, which this PostgreSQL does not know: set it to one of {}."

# By table: what is weighted A, B and C.
COLUMNS = {
    "shopping_product": ("name", "category", "description"),
    "streams_stream": ("title", "category || ' ' || tags", "description"),
}
INDEXES = {
    "search_product_vector": "shopping_product USING gin (search_vector)",
    "search_product_created": "shopping_product (created_at, id)",
    "search_product_price": "shopping_product (price_minor, id)",
    "search_product_name": "shopping_product (lower(name), id)",
    "search_product_category": "shopping_product (upper(category))",
    "search_stream_vector": "streams_stream USING gin (search_vector)",
    "search_stream_created": "streams_stream (created_at, id)",
    "search_stream_title": "streams_stream (lower(title), id)",
    "search_stream_category": "streams_stream (upper(category))",
    "search_line_words": "search_line USING gin (words)",
}
TRIGRAM_INDEXES = {
    "search_word_trigrams": "search_word USING gin (word {schema}.gin_trgm_ops)",
    "search_creator_trigrams": "accounts_user USING gin (search_plain(username) {schema}.gin_trgm_ops)",
}

# `normalize` takes accents off without an extension, and it is immutable, which unaccent's function is not.
FUNCTIONS = f"""
CREATE OR REPLACE FUNCTION search_plain(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
    btrim(regexp_replace({"replace(" * len(words.DIGRAPHS)}translate(lower(regexp_replace(
        normalize(coalesce($1, ''), NFKD), '{words.MARKS}', '', 'g')), '{words.LETTERS[0]}', '{words.LETTERS[1]}')
        {"".join(f", '{one}', '{two}')" for one, two in words.DIGRAPHS.items())},
        '{words.BETWEEN}', ' ', 'g'), ' ');
CREATE OR REPLACE FUNCTION search_lexemes(text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
    to_tsvector('search_stems', search_plain($1)) || to_tsvector('search_words', search_plain($1));
CREATE OR REPLACE FUNCTION search_weighted(text, text, text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN setweight(search_lexemes($1), 'A') || setweight(search_lexemes($2), 'B')
        || setweight(search_lexemes($3), 'C');
"""

# Words that are there already are not stored again; those that another transaction is about to store may be.
LEARN = f"""
INSERT INTO search_word (word)
SELECT DISTINCT found.word FROM {{rows}} AS rows,
    unnest(tsvector_to_array(to_tsvector('search_words', search_plain({{text}})))) AS found (word)
WHERE length(found.word) BETWEEN 3 AND {MAX_WORD} AND found.word !~ '^[0-9]+$'
    AND NOT EXISTS (SELECT FROM search_word AS known WHERE known.word = found.word);
"""
LEARNING = """
CREATE OR REPLACE FUNCTION {table}_learn() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    {of_all}
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION {table}_learn_again() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    {of_one}
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER search_learn AFTER INSERT ON {table}
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION {table}_learn();
CREATE OR REPLACE TRIGGER search_learn_again AFTER UPDATE ON {table} FOR EACH ROW
    WHEN (OLD.search_vector IS DISTINCT FROM NEW.search_vector) EXECUTE FUNCTION {table}_learn_again();
"""

# Nothing is done when a line is written, while its show is on: `search.lines` takes them in once it is over.
LINES = """
CREATE OR REPLACE FUNCTION search_line_changed() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    DELETE FROM search_line WHERE message_id = NEW.id;
    INSERT INTO search_line (message_id, words)
    SELECT NEW.id, search_lexemes(NEW.text) FROM search_indexedshow AS shows
    WHERE shows.stream_id = NEW.stream_id AND NEW.seq <= shows.upto AND NOT NEW.deleted AND NOT NEW.shadowed;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER search_line_changed AFTER UPDATE ON streams_chatmessage FOR EACH ROW
    WHEN ((OLD.text, OLD.deleted, OLD.shadowed) IS DISTINCT FROM (NEW.text, NEW.deleted, NEW.shadowed))
    EXECUTE FUNCTION search_line_changed();
"""

# What is near a word: those that it is a part of, else those that are spelled much like it.
NEAR = """
CREATE OR REPLACE FUNCTION search_near(sought text) RETURNS SETOF text LANGUAGE plpgsql STABLE
    SET search_path FROM CURRENT SET pg_trgm.similarity_threshold = 0.25 AS $$
BEGIN
    IF length(sought) < 3 THEN RETURN; END IF;
    RETURN QUERY SELECT word::text FROM search_word WHERE word LIKE '%' || sought || '%'
        GROUP BY word ORDER BY length(word), word LIMIT 10;
    IF FOUND OR length(sought) < 4 THEN RETURN; END IF;
    RETURN QUERY SELECT word::text FROM search_word
        WHERE word OPERATOR({schema}.%) sought AND abs(length(word) - length(sought)) <= 2
        GROUP BY word ORDER BY {schema}.similarity(word, sought) DESC, word LIMIT 5;
END $$;
CREATE OR REPLACE FUNCTION search_near_name(sought text) RETURNS SETOF bigint LANGUAGE sql STABLE
    SET search_path FROM CURRENT SET pg_trgm.similarity_threshold = 0.4 AS $$
    SELECT id FROM accounts_user WHERE search_plain(username) OPERATOR({schema}.%) sought
    ORDER BY {schema}.similarity(search_plain(username), sought) DESC, id LIMIT 20
$$;
"""
NOTHING_NEAR = """
CREATE OR REPLACE FUNCTION search_near(text) RETURNS SETOF text LANGUAGE sql IMMUTABLE RETURN NULL::text;
CREATE OR REPLACE FUNCTION search_near_name(text) RETURNS SETOF bigint LANGUAGE sql IMMUTABLE RETURN NULL::bigint;
"""


def build(connection: BaseDatabaseWrapper, language: str, say: Callable[[str], Any] = print) -> None:
    """Makes all of it, and what is missing of it; again, once the language or the extensions are others.

    Tables are locked and written anew where their columns are. Raises ValueError for an unknown language.
    """
    with transaction.atomic(connection.alias), connection.cursor() as cursor:
        cursor.execute("SET LOCAL client_min_messages = warning")
        cursor.execute("SET LOCAL statement_timeout = 0")  # a million products take minutes
        _dismantle(cursor)
        _dictionaries(connection, cursor, language)
        cursor.execute(FUNCTIONS + LINES)
        for table, weighted in COLUMNS.items():
            _add_column(cursor, table, weighted)
        cursor.execute(
            "UPDATE search_line SET words = search_lexemes(said.text) FROM streams_chatmessage AS said "
            "WHERE said.id = message_id"
        )
        schema = trigrams(connection)
        if schema is None:
            say(NO_TRIGRAMS)
        cursor.execute(NEAR.format(schema=schema) if schema else NOTHING_NEAR)
        for name, what in (INDEXES | (TRIGRAM_INDEXES if schema else {})).items():
            cursor.execute(f"CREATE INDEX {name} ON {what.format(schema=schema)}")


def dismantle(connection: BaseDatabaseWrapper) -> None:
    with transaction.atomic(connection.alias), connection.cursor() as cursor:
        cursor.execute("SET LOCAL client_min_messages = warning")
        _dismantle(cursor)


def trigrams(connection: BaseDatabaseWrapper, make: bool = True) -> str | None:
    """The schema in which pg_trgm is, made there if it may be and is not; None where it cannot be had."""
    with connection.cursor() as cursor:
        if make:
            try:
                with transaction.atomic(connection.alias):
                    cursor.execute(f"CREATE EXTENSION IF NOT EXISTS {EXTENSION}")
            except DatabaseError:
                return None
        cursor.execute(
            "SELECT quote_ident(nspname) FROM pg_extension JOIN pg_namespace AS n ON n.oid = extnamespace "
            "WHERE extname = %s",
            [EXTENSION],
        )
        found = cursor.fetchone()
    return str(found[0]) if found else None


def uses_trigrams(connection: BaseDatabaseWrapper) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('search_word_trigrams') IS NOT NULL")
        return bool(cursor.fetchone()[0])


def language_of(connection: BaseDatabaseWrapper) -> str | None:
    """Which language the index was built for; None where there is none."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT obj_description(oid, 'pg_ts_config') FROM pg_ts_config WHERE cfgname = 'search_stems' "
            "AND pg_ts_config_is_visible(oid)"
        )
        found = cursor.fetchone()
    return str(found[0]) if found else None


def languages(connection: BaseDatabaseWrapper) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT cfgname FROM pg_ts_config WHERE cfgnamespace = 'pg_catalog'::regnamespace ORDER BY 1")
        return [name for (name,) in cursor.fetchall()]


def _dictionaries(connection: BaseDatabaseWrapper, cursor: Any, language: str) -> None:
    """Two ways to read a text: by the stems of its words, and by the words themselves; neither reads stop words."""
    if language not in (known := languages(connection)):
        raise ValueError(UNKNOWN_LANGUAGE.format(language, ", ".join(known)))
    cursor.execute(f"CREATE TEXT SEARCH CONFIGURATION search_stems (COPY = pg_catalog.{language})")
    cursor.execute(f"COMMENT ON TEXT SEARCH CONFIGURATION search_stems IS '{language}'")
    stop_words = f", STOPWORDS = '{language}'"
    try:
        with transaction.atomic(connection.alias):
            cursor.execute(f"CREATE TEXT SEARCH DICTIONARY search_words (TEMPLATE = pg_catalog.simple{stop_words})")
    except DatabaseError:  # there is no list of stop words for every language
        cursor.execute("CREATE TEXT SEARCH DICTIONARY search_words (TEMPLATE = pg_catalog.simple)")
    cursor.execute(
        "CREATE TEXT SEARCH CONFIGURATION search_words (COPY = pg_catalog.simple);"
        "ALTER TEXT SEARCH CONFIGURATION search_words ALTER MAPPING REPLACE pg_catalog.simple WITH search_words"
    )


def _add_column(cursor: Any, table: str, weighted: tuple[str, ...]) -> None:
    cursor.execute(
        f"ALTER TABLE {table} ADD search_vector tsvector "
        f"GENERATED ALWAYS AS (search_weighted({', '.join(weighted)})) STORED"
    )
    text = f"concat_ws(' ', {', '.join(weighted)})"
    of_one = LEARN.format(rows="(SELECT NEW.*)", text=text)
    cursor.execute(LEARNING.format(table=table, of_all=LEARN.format(rows="new_rows", text=text), of_one=of_one))
    cursor.execute(LEARN.format(rows=table, text=text))


def _dismantle(cursor: Any) -> None:
    for table in COLUMNS:
        cursor.execute(
            f"DROP TRIGGER IF EXISTS search_learn ON {table}; DROP TRIGGER IF EXISTS search_learn_again ON {table};"
            f"DROP FUNCTION IF EXISTS {table}_learn; DROP FUNCTION IF EXISTS {table}_learn_again;"
            f"ALTER TABLE {table} DROP COLUMN IF EXISTS search_vector"
        )
    cursor.execute("DROP TRIGGER IF EXISTS search_line_changed ON streams_chatmessage")
    for index in INDEXES | TRIGRAM_INDEXES:
        cursor.execute(f"DROP INDEX IF EXISTS {index}")
    cursor.execute(
        "DROP FUNCTION IF EXISTS search_line_changed, search_near, search_near_name, search_weighted, "
        "search_lexemes, search_plain;"
        "DROP TEXT SEARCH CONFIGURATION IF EXISTS search_words;"
        "DROP TEXT SEARCH CONFIGURATION IF EXISTS search_stems;"
        "DROP TEXT SEARCH DICTIONARY IF EXISTS search_words"
    )
