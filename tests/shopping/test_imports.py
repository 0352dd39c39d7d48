"""Whole catalogues taken in: all of it or nothing, by upload, command and schedule."""

import json
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import User
from rest import outgoing
from shopping.models import Feed, Import, Product, Variant
from tests import factories
from tests.shopping.test_feeds import CSV, MERCHANT, SHOPIFY

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]


def take(seller: User, content: str | bytes, **how: Any) -> Import:
    content = content.encode() if isinstance(content, str) else content
    made = Import.objects.create(content=content, seller=seller, name="feed", **how)
    Import.objects.run(made.pk)
    made.refresh_from_db()
    assert made.content is None
    return made


def counts(made: Import) -> tuple[str, int, int, int]:
    return made.status, made.added, made.changed, made.same


def test_a_catalogue_is_taken_in_and_then_only_what_changes(seller: User) -> None:
    assert counts(take(seller, CSV)) == ("done", 2, 0, 0)
    mug = Product.objects.get(sku="mug")
    assert (mug.name, mug.price_minor, mug.url, mug.seller) == ("Mug", 950, "https://shop.example/mug", seller)
    assert counts(take(seller, CSV)) == ("done", 0, 0, 2)
    again = take(seller, CSV.replace("9.50 USD", "8.00 USD"))
    assert counts(again) == ("done", 0, 1, 1)
    assert again.changes == ["Mug: price 9.50 → 8.00"]
    mug.refresh_from_db()
    assert (mug.price_minor, mug.in_stock) == (800, True)


def test_a_dry_run_says_what_would_change_and_changes_nothing(seller: User) -> None:
    made = take(seller, MERCHANT, is_dry=True)
    assert counts(made) == ("done", 1, 0, 0)
    assert made.changes == ["new: Shirt, 2 variants"]
    assert not Product.objects.exists()


def test_variants_come_as_one_product(seller: User) -> None:
    take(seller, MERCHANT)
    shirt = Product.objects.get()
    small, medium = shirt.forms
    assert (shirt.name, shirt.price_minor, shirt.original_price_minor, shirt.sku) == ("Shirt", 3000, 4000, "")
    assert (small.name, small.sku, small.price_minor, small.stock) == ("S / Blue", "shirt-s", None, 3)
    assert (medium.price_minor, medium.in_stock, shirt.variant_count) == (4000, False, 2)
    assert counts(take(seller, MERCHANT)) == ("done", 0, 0, 1)
    changed = take(seller, MERCHANT.replace("<g:quantity>3<", "<g:quantity>0<"))
    assert counts(changed) == ("done", 0, 1, 0)
    assert not Product.objects.get().is_available
    assert {variant.pk for variant in Variant.objects.all()} == {small.pk, medium.pk}


def test_products_of_a_shop_are_taken_in(seller: User) -> None:
    assert counts(take(seller, json.dumps(SHOPIFY), shop="https://shop.example")) == ("done", 2, 0, 0)
    assert counts(take(seller, json.dumps(SHOPIFY), shop="https://shop.example")) == ("done", 0, 0, 2)


def test_one_bad_line_and_nothing_is_stored(seller: User) -> None:
    take(seller, CSV)
    made = take(seller, CSV.replace("9.50 USD", "8.00 USD") + "tea,Tea,,free,in stock,,\n")
    assert made.status == "refused"
    assert made.problems == [[4, "its price is no number such as 12.50: free"]]
    assert Product.objects.get(sku="mug").price_minor == 950


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("id,title\nnew,Thing", "needs a name and a price"),
        ("id,title,price\nforeign,Mine,9", "of another seller"),
        ("id,title,price\nvar-s,Mine,9", "is a variant here"),
        ("id,group,title,price,size\nmug,g,Mine,9,S\nother,g,Mine,9,M", "without variants here"),
        ("id,group,title,price,size\na,g,Mine,9,S\nb,g,Mine,9,", "needs a size"),
        ("id,group,title,price,size\na,g,Mine,9,S\nb,g,Mine,9,S", "same options"),
        ("id,group,title,price,size,color\na,g,Mine,9,S,\nb,g,Mine,9,M,Red", "same options in the same order"),
    ],
)
def test_what_does_not_fit_the_catalogue_is_said(seller: User, content: str, words: str) -> None:
    take(seller, CSV)
    factories.product(factories.user("creator"), sku="foreign")
    factories.product(seller, variants=[{"options": [("Size", "S")], "sku": "var-s"}])
    before = Product.objects.count()
    made = take(seller, content)
    assert made.status == "refused"
    assert words in made.problems[0][1]
    assert Product.objects.count() == before


def test_a_quota_holds_for_all_of_it(seller: User, settings: Any) -> None:
    settings.QUOTAS = {**settings.QUOTAS, "products": 1}
    assert take(seller, CSV).status == "refused"
    assert not Product.objects.exists()


def test_what_fails_unforeseen_leaves_nothing_half_done(seller: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(Variant.objects, "bulk_create", fail)
    assert take(seller, MERCHANT).status == "failed"
    assert not Product.objects.exists()


def test_a_live_show_hears_of_what_changes_in_it(seller: User, django_capture_on_commit_callbacks: Any) -> None:
    take(seller, CSV)
    show = factories.stream(seller, "live")
    factories.listing(show, Product.objects.get(sku="mug"))
    take(seller, CSV.replace("9.50 USD", "8.00 USD"))
    (told,) = [fact for fact in factories.told(show.room_key) if fact["fact"] == "product-revised"]
    assert told["product"]["price"] == "8.00"


def test_many_are_taken_in_with_few_queries(seller: User, django_assert_max_num_queries: Any) -> None:
    rows = "".join(f"sku{number},Thing,{number % 90 + 1},\n" for number in range(1500))
    with django_assert_max_num_queries(120):
        assert take(seller, "id,title,price,description\n" + rows).added == 1500
    with django_assert_max_num_queries(120):
        assert take(seller, "id,title,price,description\n" + rows.replace("Thing", "Stuff")).changed == 1500


def test_an_upload_in_the_admin_is_done_in_the_background(
    admin_client: Any, seller: User, django_capture_on_commit_callbacks: Any
) -> None:
    file = SimpleUploadedFile("products.csv", CSV.encode())
    with django_capture_on_commit_callbacks(execute=True):
        answer = admin_client.post("/admin/shopping/import/add/", {"file": file, "seller": seller.pk})
    assert answer.status_code == 302
    Import.objects.run(Import.objects.get().pk)
    made = Import.objects.get()
    assert counts(made) == ("done", 2, 0, 0)
    page = admin_client.get(f"/admin/shopping/import/{made.pk}/change/").content.decode()
    assert "new: Mug" in page


def test_the_admin_shows_hostile_words_as_text(admin_client: Any, seller: User) -> None:
    made = take(seller, "id,title,price\na,Mug,<script>alert(1)</script>\n")
    page = admin_client.get(f"/admin/shopping/import/{made.pk}/change/").content.decode()
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert(1)" not in page


def test_a_file_is_taken_in_by_command(seller: User, tmp_path: Path) -> None:
    file, said, problems = tmp_path / "feed.csv", StringIO(), StringIO()
    file.write_text(CSV)
    call_command("import_products", str(file), seller=seller.username, dry_run=True, stdout=said)
    assert "Would be added: 2" in said.getvalue()
    call_command("import_products", str(file), seller=seller.username, stdout=said)
    assert Product.objects.count() == 2
    file.write_text(CSV + "x,Tea,,free,,,\n")
    with pytest.raises(CommandError, match="Nothing was changed: 1 problems"):
        call_command("import_products", str(file), seller=seller.username, stderr=problems)
    assert "line 4: its price" in problems.getvalue()
    with pytest.raises(CommandError, match="no account"):
        call_command("import_products", str(file), seller="nobody")
    with pytest.raises(CommandError, match="No such file"):
        call_command("import_products", str(tmp_path / "none"), seller=seller.username)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/feed", "http://169.254.169.254/feed", "http://[::1]/feed"])
def test_a_feed_at_a_private_address_is_not_asked(seller: User, url: str, settings: Any) -> None:
    settings.WEBHOOK_PRIVATE_NETWORKS = []
    feed = Feed.objects.create(url=url, seller=seller)
    assert Feed.objects.take_due() == 1
    feed.refresh_from_db()
    assert "no address that may be sent to" in feed.notice
    assert feed.next_at > timezone.now() + timedelta(minutes=50)
    assert not Import.objects.exists()


@pytest.mark.parametrize(
    ("answer", "notice"),
    [
        (outgoing.Answer(200, CSV.encode(), ""), ""),
        (outgoing.Answer(302, b"", ""), "it leads to another address: give that one"),
        (outgoing.Answer(500, b"", ""), "it answered 500"),
        (outgoing.Answer(200, b"id,title\n1,2,3", ""), "Line 2 has more cells than the heading has names"),
    ],
)
def test_a_feed_is_read_when_its_time_has_come(
    seller: User, monkeypatch: pytest.MonkeyPatch, answer: outgoing.Answer, notice: str
) -> None:
    monkeypatch.setattr(outgoing, "get", lambda *_, **__: answer)
    feed = Feed.objects.create(url="https://shop.example/feed.csv", seller=seller)
    assert Feed.objects.take_due() == 1
    assert Feed.objects.take_due() == 0  # its next time has not come
    feed.refresh_from_db()
    assert feed.notice == notice
    assert Product.objects.count() == (0 if notice else 2)


def test_an_import_whose_process_died_has_failed_and_one_that_nobody_began_is_done(seller: User) -> None:
    old = timezone.now() - timedelta(hours=1)
    died = Import.objects.create(content=b"", seller=seller, name="a", status="running", started_at=old)
    waits = Import.objects.create(content=CSV.encode(), seller=seller, name="b", created_at=old)
    assert Import.objects.run_waiting() == 1
    died.refresh_from_db()
    waits.refresh_from_db()
    assert (died.status, waits.status) == ("failed", "done")
