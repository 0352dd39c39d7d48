"""Takes in a catalogue from a file or an address now, and says what it did or what is wrong, line by line."""

from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from rest import outgoing
from shopping.feeds import reading
from shopping.feeds.items import MAX_BYTES
from shopping.models import Feed, Import


class Command(BaseCommand):
    help = """Takes in products from CSV or TSV, a Google Merchant feed, or products of Shopify or WooCommerce as JSON.
    All of it is stored, or nothing."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", help="a file, or an address that begins with http:// or https://")
        parser.add_argument("--seller", required=True, help="the username of the account that sells them")
        parser.add_argument("--dry-run", action="store_true", help="only say what would change")
        parser.add_argument("--encoding", default="", help=f"one of {', '.join(reading.ENCODINGS)}")
        parser.add_argument("--shop", default="", help="where a Shopify shop's own pages are: https://shop.example")

    def handle(self, source: str, seller: str, dry_run: bool, encoding: str, shop: str, **_: Any) -> None:
        account = User.objects.named(seller).first()
        if account is None:
            raise CommandError(f"There is no account named {seller}.")
        content, is_address = _content(source), source.startswith(("http://", "https://"))
        made = Import.objects.create(
            content=content,
            seller=account,
            name=source[-200:],
            encoding=encoding,
            shop=shop or (reading.shop_of(source) if is_address else ""),
            is_dry=dry_run,
        )
        Import.objects.run(made.pk)
        made.refresh_from_db()
        self._tell(made)

    def _tell(self, made: Import) -> None:
        for line, words in made.problems:
            self.stderr.write(f"line {line}: {words}" if line else words)
        if made.status != Import.Status.DONE:
            raise CommandError(f"Nothing was changed: {made.problem_count} problems. {made.stage}".strip())
        for words in made.changes:
            self.stdout.write(words)
        begin = "Would be" if made.is_dry else "Were"
        self.stdout.write(f"{begin} added: {made.added}, changed: {made.changed}; as they were: {made.same}")


def _content(source: str) -> bytes:
    if source.startswith(("http://", "https://")):
        try:
            return Feed(url=source).fetch()
        except outgoing.Unreachable as error:
            raise CommandError(f"It could not be fetched: {error}") from None
    try:
        with Path(source).open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise CommandError(str(error)) from None
    if len(content) > MAX_BYTES:
        raise CommandError(str(ValidationError(f"A feed has at most {MAX_BYTES // 1024**2} MiB").messages[0]))
    return content
