"""A million products and a hundred thousand shows: how long searching takes, beside what one would pick instead.

The same products are sought by SQLite's FTS5 and, where its package is installed (`pip install tantivy`), by Tantivy.
Those two only find and rank the ids of a page, and Tantivy takes three letters for a whole word; the shop's own answers
are whole, as JSON, with their number, and with what is near a misspelled word.
"""

import importlib.util
import itertools
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.core.management import call_command

from bench import servers
from bench.figures import verdict
from tools import backends

if TYPE_CHECKING:
    from django.db.models import Model

PRODUCTS, SHOWS = 1_000_000, 100_000
CREATORS = 1_000
VOCABULARY = 30_000  # words, of which the first are frequent and the last rare, as in any language
CATEGORIES = 40
READS = 40  # of each kind of query, each with other words
PAGE = 20  # rows
GOAL = 0.050  # seconds, for 95 of 100

TEXTS = ("name", "category", "description")
Text = tuple[str, str, str]
Search = Callable[[str], object]


class Language:
    """Words that are drawn as often as Zipf's law says; always the same ones."""

    def __init__(self) -> None:
        self.random = random.Random(20)
        parts = itertools.product("bdfgklmnprstv", "aeiou", ("", "l", "n", "r"))
        syllables = ["".join(part) for part in parts]
        words: dict[str, None] = {}
        while len(words) < VOCABULARY:
            words["".join(self.random.choices(syllables, k=self.random.choice((2, 2, 3))))] = None
        self.words = list(words)
        self.categories = [word.capitalize() for word in self.words[100 : 100 + CATEGORIES]]
        total, self.chances = 0.0, []
        for rank in range(1, VOCABULARY + 1):
            self.chances.append(total := total + 1 / rank)

    def draw(self, count: int) -> str:
        return " ".join(self.random.choices(self.words, cum_weights=self.chances, k=count))

    def texts(self, count: int) -> Iterator[Text]:
        for number in range(count):
            yield self.draw(4).capitalize(), self.categories[number % CATEGORIES], self.draw(16)

    def any_of(self, first: int, last: int) -> str:
        """A word of which there are more than `first` and less than `last` that are more frequent."""
        return self.random.choice(self.words[first:last])

    def misspelled(self) -> str:
        word = next(word for word in iter(lambda: self.any_of(500, 20_000), "") if len(word) >= 7)
        return f"{word[:3]}{word[4]}{word[3]}{word[5:]}"


def queries(language: Language) -> dict[str, Callable[[], str]]:
    return {
        "a word that is in every third text": lambda: language.any_of(0, 5),
        "a word": lambda: language.any_of(50, 2_000),
        "a rare word": lambda: language.any_of(20_000, VOCABULARY),
        "two words": lambda: f"{language.any_of(0, 50)} {language.any_of(50, 1_000)}",
        "a word of which three letters are typed": lambda: language.any_of(0, 2_000)[:3],
        "a misspelled word": language.misspelled,
        "a word but not another": lambda: f"{language.any_of(10, 500)} -{language.any_of(0, 10)}",
    }


# --- the product


def fill(language: Language) -> None:
    """Writes the corpus as any program would: the index is made as the rows come in."""
    from django.db import connection

    from accounts.models import User
    from shopping.models import Product
    from streams.models import Stream

    User.objects.bulk_create(User(username=f"shop{n}", email=f"shop{n}@example.org") for n in range(CREATORS))
    sellers = list(User.objects.values_list("pk", flat=True))
    chance = language.random
    begin = unset(Product) | {"currency": "USD", "in_stock": True}
    copy(
        "shopping_product",
        (
            begin | row(number, text) | {"seller_id": chance.choice(sellers), "price_minor": chance.randrange(100_000)}
            for number, text in enumerate(language.texts(PRODUCTS))
        ),
    )
    begin = unset(Stream)
    copy(
        "streams_stream",
        (
            begin | row(number, text, name="title") | {"creator_id": chance.choice(sellers), "status": "ended"}
            for number, text in enumerate(language.texts(SHOWS))
        ),
    )
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("VACUUM ANALYZE")


def unset(model: "type[Model]") -> dict[str, Any]:
    """What the columns of a new row hold that nobody has named."""
    from django.db import connection

    new = model()
    return {
        str(field.column): field.get_db_prep_save(getattr(new, field.attname), connection)
        for field in model._meta.concrete_fields
        if not field.null and not field.has_db_default()
    }


def row(number: int, text: Text, name: str = "name") -> dict[str, Any]:
    at = f"2026-01-{1 + number % 28:02} {number % 24:02}:{number % 60:02}:00+00"
    known = {"id": f"00000000-0000-4000-8000-{number:012x}", "created_at": at, "updated_at": at}
    return known | {name: text[0], "category": text[1], "description": text[2]}


def copy(table: str, rows: Iterator[dict[str, Any]]) -> None:
    from django.db import connection

    first = next(rows)
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        with cursor.copy(f"COPY {table} ({', '.join(first)}) FROM STDIN") as stream:
            for each in itertools.chain([first], rows):
                stream.write_row(list(each.values()))


def rest(path: str, **given: str) -> Search:
    """Reading the answer of an endpoint, as a client without an account does."""
    from django.test import Client

    client = Client(SERVER_NAME="127.0.0.1")

    def search(text: str) -> object:
        answer = client.get(f"/api/search{path}?{urlencode({'q': text, 'limit': PAGE} | given)}")
        assert answer.status_code == 200, answer.content
        return answer

    return search


OURS: dict[str, tuple[str, dict[str, str]]] = {
    "products": ("/products", {}),
    "products, the cheapest first": ("/products", {"sortBy": "price-asc"}),
    "shows": ("/sessions", {}),
    "suggestions": ("/suggestions", {}),
    "all kinds at once": ("", {}),
}


# --- what one would pick instead


def fts5(language: Language, folder: Path) -> Search:
    base = sqlite3.connect(folder / "fts5.sqlite3")
    base.execute("CREATE VIRTUAL TABLE product USING fts5(name, category, description, tokenize='porter unicode61')")
    base.executemany("INSERT INTO product VALUES (?, ?, ?)", language.texts(PRODUCTS))
    base.execute("INSERT INTO product (product) VALUES ('optimize')")
    base.commit()

    def search(text: str) -> object:
        query = " ".join(f"NOT {word[1:]}" if word[0] == "-" else f"{word}*" for word in text.split())
        found = "SELECT rowid FROM product WHERE product MATCH ? ORDER BY rank LIMIT ?"
        return base.execute(found, [query, PAGE]).fetchall()

    return search


def tantivy(language: Language, folder: Path) -> Search:
    import tantivy as library

    (home := folder / "tantivy").mkdir()
    builder = library.SchemaBuilder()
    for name in TEXTS:
        builder.add_text_field(name, tokenizer_name="en_stem")
    index = library.Index(builder.build(), path=str(home))
    writer = index.writer(256_000_000)
    for name, category, description in language.texts(PRODUCTS):
        writer.add_document(library.Document(name=name, category=category, description=description))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()

    def search(text: str) -> object:
        query = " ".join(word if word[0] == "-" else f"+{word}" for word in text.split())
        return searcher.search(index.parse_query(query, list(TEXTS)), PAGE).hits

    return search


# --- the table


def times(search: Search, draw: Callable[[], str]) -> list[float]:
    """How long each of some queries takes, the slowest last; a first one finds the index in memory, or does not."""
    search(draw())
    taken = []
    for _ in range(READS):
        text = draw()
        begin = time.perf_counter()
        search(text)
        taken.append(time.perf_counter() - begin)
    return sorted(taken)


def p95(taken: list[float]) -> float:
    return taken[int(len(taken) * 0.95) - 1]


def line(what: str, kind: str, taken: list[float], kept: str = "") -> str:
    return f"| {what} | {kind} | {statistics.median(taken) * 1000:.1f} | {p95(taken) * 1000:.1f} | {kept} |"


def table() -> str:
    """In a process with Django on a database of its own."""
    from bench import seed  # noqa: F401 - sets Django up

    call_command("migrate", verbosity=0)
    begin = time.perf_counter()
    fill(Language())
    filled = time.perf_counter() - begin
    lines = [
        f"{PRODUCTS:,} products and {SHOWS:,} shows, written and indexed in {filled:.0f} s; {READS} queries of a kind.",
        "",
        "| what | query | p50 ms | p95 ms | goal |",
        "| --- | --- | --- | --- | --- |",
    ]
    for what, (path, given) in OURS.items():
        for kind, draw in queries(Language()).items():
            taken = times(rest(path, **given), draw)
            lines.append(line(what, kind, taken, verdict(p95(taken), GOAL)))
    lines += ["", *plans()]
    with tempfile.TemporaryDirectory() as folder:
        for name, make in peers().items():
            search = make(Language(), Path(folder))
            lines += [line(name, kind, times(search, draw)) for kind, draw in queries(Language()).items()]
    return "\n".join(lines)


def plans() -> list[str]:
    """Which kinds of query have PostgreSQL read a whole table."""
    from search import postgres
    from search.sources import PRODUCTS as SOURCE
    from search.words import parse

    found = []
    for kind, draw in queries(Language()).items():
        plan = postgres.explain(SOURCE, parse(draw()), {}, "relevance", slice(0, PAGE))
        if "Seq Scan on shopping_product" in plan:
            found.append(f"Reads the whole table for {kind}.")
    return found or ["No query reads the whole table of products."]


def peers() -> dict[str, Callable[[Language, Path], Search]]:
    some: dict[str, Callable[[Language, Path], Search]] = {"SQLite FTS5": fts5}
    if importlib.util.find_spec("tantivy"):
        some["Tantivy"] = tantivy
    return some


def main() -> None:
    if "--here" in sys.argv:
        print(table())
        return
    command = [sys.executable, "-m", "bench.search", "--here"]
    unlimited = {"REST_RATES": '{"search": "1000000/min"}'}
    with backends.services(durable=True) as urls:
        subprocess.run(command, cwd=servers.ROOT, env=servers.environment(urls) | unlimited, check=True)


if __name__ == "__main__":
    main()
