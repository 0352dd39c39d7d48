"""Other programs' catalogues, as far as they can be read without a database; hostile ones as well."""

import contextlib
import json
import random
import time
from typing import Any

import pytest

from shopping.feeds import items, reading
from shopping.feeds.items import Item, Unreadable

pytestmark = pytest.mark.everywhere

CSV = """id,title,description,price,availability,link,image_link
mug,Mug,Holds tea,9.50 USD,in stock,https://shop.example/mug,https://shop.example/mug.jpg
cup,Cup,,12,out_of_stock,,
"""
MERCHANT = """<?xml version="1.0"?>
<rss xmlns:g="http://base.google.com/ns/1.0" version="2.0"><channel><title>Shop</title>
<item><g:id>shirt-s</g:id><g:item_group_id>shirt</g:item_group_id><title>Shirt</title><link>https://shop.example/s</link>
  <g:price>40.00 USD</g:price><g:sale_price>30.00 USD</g:sale_price><g:size>S</g:size><g:color>Blue</g:color>
  <g:shipping><g:price>5.00 EUR</g:price></g:shipping><g:quantity>3</g:quantity></item>
<item><g:id>shirt-m</g:id><g:item_group_id>shirt</g:item_group_id><g:title>Shirt</g:title>
  <g:price>40.00 USD</g:price><g:size>M</g:size><g:color>Blue</g:color><g:availability>out of stock</g:availability>
</item>
</channel></rss>"""
SHOPIFY = {
    "products": [
        {
            "id": 1,
            "title": "Shirt",
            "handle": "shirt",
            "body_html": "<p>Linen &amp; light.</p><script>no</script>",
            "product_type": "Clothes",
            "options": [{"name": "Size"}, {"name": "Colour"}],
            "images": [{"id": 5, "src": "https://cdn.example/a.jpg"}, {"id": 6, "src": "https://cdn.example/b.jpg"}],
            "variants": [
                {
                    "id": 11,
                    "title": "S / Blue",
                    "sku": "shirt-s",
                    "price": "40.00",
                    "compare_at_price": "50.00",
                    "option1": "S",
                    "option2": "Blue",
                    "image_id": 6,
                    "inventory_management": "shopify",
                    "inventory_policy": "deny",
                    "inventory_quantity": -2,
                },
                {"id": 12, "title": "M / Blue", "sku": "", "price": "42.00", "option1": "M", "option2": "Blue"},
            ],
        },
        {"id": 2, "title": "Mug", "variants": [{"id": 21, "title": "Default Title", "sku": "mug", "price": "9.50"}]},
    ]
}
WOO = [
    {
        "id": 7,
        "name": "Mug",
        "sku": "mug",
        "permalink": "https://shop.example/mug",
        "regular_price": "12.00",
        "sale_price": "9.50",
        "manage_stock": True,
        "stock_quantity": 4,
        "stock_status": "instock",
        "categories": [{"name": "Kitchen"}],
        "images": [{"src": "https://shop.example/mug.jpg"}],
        "description": "<b>Holds</b> tea",
        "variations": [],
    },
    {
        "id": 8,
        "name": "Shirt",
        "price": "40",
        "variations": [
            {
                "id": 81,
                "sku": "s",
                "price": "40",
                "attributes": [{"name": "Size", "option": "S"}],
                "stock_status": "instock",
            },
            {"id": 82, "sku": "m", "price": "41", "attributes": [{"name": "Size", "option": "M"}]},
        ],
    },
]


def read(content: str | bytes, **how: Any) -> reading.Reading:
    return reading.read(content.encode() if isinstance(content, str) else content, "USD", **how)


def good(content: str | bytes, **how: Any) -> list[Item]:
    found = read(content, **how)
    assert found.problems == []
    return found.items


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_table_is_read_whatever_parts_it(delimiter: str, end: str) -> None:
    mug, cup = good(CSV.replace(",", delimiter).replace("\n", end))
    assert (mug.line, mug.sku, mug.name, mug.price, mug.in_stock) == (2, "mug", "Mug", 950, True)
    assert (mug.url, mug.image_url) == ("https://shop.example/mug", "https://shop.example/mug.jpg")
    assert (cup.price, cup.in_stock, cup.description, cup.is_counted) == (1200, False, None, False)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_byte_order_marks_are_understood(encoding: str) -> None:
    text = "id;title;price\ncafé;Café ☕;9,50\n"
    content = text.encode(encoding) if encoding != "utf-16-le" else b"\xff\xfe" + text.encode(encoding)
    (item,) = good(content)
    assert (item.sku, item.name, item.price) == ("café", "Café ☕", 950)


def test_other_encodings_have_to_be_named() -> None:
    content = "id,title,price\n1,Mug,9\n2,Tasse für Käse,9\n".encode("windows-1252")
    with pytest.raises(Unreadable, match="Line 3 is not utf-8"):
        read(content)
    assert good(content, encoding="windows-1252")[1].name == "Tasse für Käse"
    with pytest.raises(Unreadable, match="encoding is none of"):
        read(content, encoding="rot13")


def test_a_merchant_feed_is_read_with_its_variants() -> None:
    small, medium = good(MERCHANT)
    assert (small.group, small.price, small.original_price, small.stock) == ("shirt", 3000, 4000, 3)
    assert small.options == (("Size", "S"), ("Color", "Blue"))
    assert (medium.name, medium.in_stock, medium.line) == ("Shirt", False, 6)


def test_products_of_shopify_are_read() -> None:
    small, medium, mug = good(json.dumps(SHOPIFY), shop="https://shop.example")
    assert (small.sku, small.group, small.price, small.original_price) == ("shirt-s", "shopify-1", 4000, 5000)
    assert (small.stock, small.description) == (0, "Linen & light. no")
    assert small.options == (("Size", "S"), ("Colour", "Blue"))
    assert (small.url, small.image_url) == (
        "https://shop.example/products/shirt?variant=11",
        "https://cdn.example/b.jpg",
    )
    assert (medium.sku, medium.is_counted, medium.image_url) == ("shopify-12", False, "https://cdn.example/a.jpg")
    assert (mug.sku, mug.group, mug.options, mug.url) == ("mug", "", (), "")


def test_products_of_woocommerce_are_read() -> None:
    mug, small, medium = good(json.dumps(WOO))
    assert (mug.price, mug.original_price, mug.stock, mug.category) == (950, 1200, 4, "Kitchen")
    assert (mug.url, mug.description) == ("https://shop.example/mug", "Holds tea")
    assert (small.name, small.group, small.options) == ("Shirt", "woocommerce-8", (("Size", "S"),))
    assert (medium.price, medium.in_stock) == (4100, None)


def test_variations_that_are_only_named_are_a_problem() -> None:
    found = read(json.dumps([{"id": 1, "name": "Shirt", "price": "4", "variations": [5, 6]}, *WOO]))
    assert [(problem.line, problem.message[:14]) for problem in found.problems] == [(1, "its variations")]


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (",Mug,9", "no id or SKU"),
        ("a,Mug,free", "no number such as 12.50: free"),
        ("a,Mug,9.999", "more decimals than USD"),
        ('a,Mug,"1,234"', "more decimals than USD"),
        ('a,Mug,"1.234,56"', "no number"),
        ("a,Mug,-9", "no number"),
        ("a,Mug,9 EUR", "in EUR, and the shop's currency is USD"),
        ("a,Mug,99999999999999", "no number"),
        ("a,Mug,99999999999", "too high"),
        ("a,Mug,٣", "no number"),
        (f"{'a' * 101},Mug,9", "longer than 100"),
        (f"a,{'M' * 256},9", "longer than 255"),
        ("a,M\0ug,9", "NUL"),
    ],
)
def test_what_is_wrong_is_said_by_line(cells: str, words: str) -> None:
    found = read(f"id,title,price\nok,Mug,9\n{cells}\n")
    assert [(problem.line, words in problem.message) for problem in found.problems] == [(3, True)], found.problems


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("stock", "many", "no whole number"),
        ("stock", "1e9", "no whole number"),
        ("stock", "2000000", "above 1,000,000"),
        ("availability", "perhaps", "none that is known"),
        ("link", "javascript:alert(1)", "no address"),
        ("link", "/mug", "no address"),
        ("image_link", "data:image/png", "no address"),
    ],
)
def test_other_columns_are_checked_as_well(column: str, value: str, words: str) -> None:
    (problem,) = read(f"id,title,price,{column}\na,Mug,9,{value}\n").problems
    assert words in problem.message


def test_cells_that_a_spreadsheet_would_run_are_mere_text() -> None:
    names = ["=HYPERLINK(0)", "@SUM(1)", "+1", "-50% Mug", "<script>alert(1)</script>"]
    content = "id,title,price\n" + "".join(f"{place},{name},9\n" for place, name in enumerate(names))
    assert [item.name for item in good(content)] == names


def test_an_id_stands_in_a_feed_once() -> None:
    (problem,) = read("id,title,price\na,Mug,9\na,Mug,9\n").problems
    assert (problem.line, problem.message) == (3, "its id stands in line 2 already: a")


def test_a_cell_with_line_breaks_does_not_shift_the_lines() -> None:
    found = read('id,title,description,price\na,Mug,"one\ntwo\nthree",9\nb,Mug,,x\n')
    assert [problem.line for problem in found.problems] == [5]


LAUGHS = '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "lol">' + "".join(
    f'<!ENTITY {name} "{f"&{chr(ord(name) - 1)};" * 10}">' for name in "bcdefghij"
)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (LAUGHS + "]><rss><channel><item><id>&j;</id></item></channel></rss>", "DOCTYPE"),
        ('<!DOCTYPE r SYSTEM "file:///etc/passwd"><r/>', "DOCTYPE"),
        ('<!DOCTYPE r [<!ENTITY x SYSTEM "http://169.254.169.254/">]><r>&x;</r>', "DOCTYPE"),
        ("<rss>" + "<a>" * 1000, "deeper than 20"),
        ("<rss><item>", "Line 1 is no XML"),
        ('<?xml version="1.0" encoding="nonsense"?><rss/>', "encoding"),
        ("<rss/>", "nothing in this feed"),
        ("[" * 100_000, "nested too deeply"),
        ('{"products": ' + "9" * 5000 + "}", "no JSON"),
        ('{"products": NaN}', "no JSON"),
        ('{"products": {"a": 1}}', "no list of products"),
        ("[1, 2]", "Product 1 is no object"),
        ("{", "no JSON"),
        ("", "first line has to name the columns"),
        ("name,price\nMug,9", "one of them has to be id or sku"),
        ("id,title\n1,2,3", "more cells"),
        ('id,title\n1,"open', "no CSV"),
        ("id," * 300 + "\n", "at most 200 columns"),
        ("id,title,price\n1," + "x" * 200_000 + ",9", "no CSV"),
        ("id,title,price\n", "nothing in this feed"),
        (b"\x00\x01\x02\x03", "first line"),
        (b"\xff\xfe\x00\xd8\x00", "not utf-16"),
    ],
)
def test_hostile_feeds_are_refused_with_words_and_quickly(content: str | bytes, words: str) -> None:
    begin = time.process_time()
    with pytest.raises(Unreadable, match=words):
        read(content)
    assert time.process_time() - begin < 2


def test_a_feed_is_bounded_in_rows_and_bytes() -> None:
    begin = time.process_time()
    with pytest.raises(Unreadable, match="at most 20,000 rows"):
        read("id,title,price\n" + "".join(f"{number},M,9\n" for number in range(1_000_000)))
    with pytest.raises(Unreadable, match="at most 16 MiB"):
        read(b"x" * (items.MAX_BYTES + 1))
    assert time.process_time() - begin < 10


def test_markup_in_descriptions_is_taken_out_quickly() -> None:
    begin = time.process_time()
    assert items.plain("<p>a</p>\n\n<b onclick=x>b</b> &lt;c&gt;") == "a\nb <c>"
    items.plain("<" * 1_000_000)
    items.plain("<a " * 1_000_000)
    assert time.process_time() - begin < 2


@pytest.mark.parametrize("seed", range(20))
def test_noise_is_never_more_than_unreadable(seed: int) -> None:
    noise = random.Random(seed)
    whole = noise.choice([CSV, MERCHANT, json.dumps(SHOPIFY), json.dumps(WOO)]).encode()
    broken = bytearray(whole)
    for _ in range(noise.randrange(1, 30)):
        broken[noise.randrange(len(broken))] = noise.randrange(256)
    with contextlib.suppress(Unreadable):
        read(bytes(broken[: noise.randrange(len(broken))]))
