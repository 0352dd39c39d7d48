"""What a feed would change in the catalogue: first it is all compared, then all of it is stored, or nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.models import User
from realtime import event_log
from shopping import money, signals
from shopping.feeds.items import Item, Problem
from shopping.models.product import Product, shop_currency
from shopping.models.variant import Variant, check

BATCH = 500  # rows of one statement
PRODUCT = ("name", "description", "category", "price_minor", "original_price_minor", "stock", "in_stock", "url")
STORED = (*PRODUCT, "image_url", "sku", "sold_out", "variant_count", "updated_at")
WORDS = {"price_minor": "price", "original_price_minor": "price before", "image_url": "picture", "in_stock": "on sale"}


@dataclass
class Change:
    """One product as the feed has it: new, or with what is different. `variants` is None where they stay the same."""

    product: Product
    is_new: bool
    fields: dict[str, Any] = field(default_factory=dict)
    variants: list[dict[str, Any]] | None = None
    words: str = ""
    made: list[Variant] = field(default_factory=list)  # of a new product, once it is stored

    @property
    def is_none(self) -> bool:
        return not self.is_new and not self.fields and self.variants is None


class Comparison:
    """All products of a feed beside those of the catalogue, whose rows are locked where it is in a transaction."""

    def __init__(self, items: Sequence[Item], seller: User | None, lock: bool = False) -> None:
        self.seller, self.problems = seller, list[Problem]()
        self.changes: list[Change] = []
        groups = _groups(items)
        self._read([item.sku for item in items], lock)
        for group in groups:
            try:
                self.changes.append(self._compare(group))
            except ValidationError as error:
                self.problems.append(Problem(group[0].line, " ".join(error.messages)))

    def _read(self, skus: list[str], lock: bool) -> None:
        self.products: dict[str, Product] = {}
        self.variants: dict[str, Variant] = {}
        products = Product.objects.select_for_update(no_key=True) if lock else Product.objects.all()
        for begin in range(0, len(skus), BATCH):
            part = skus[begin : begin + BATCH]
            self.variants |= {each.sku: each for each in Variant.objects.filter(sku__in=part)}
            self.products |= {each.sku: each for each in products.filter(sku__in=part)}
        owners = list({each.product_id for each in self.variants.values()})
        self.owners: dict[Any, Product] = {}
        for begin in range(0, len(owners), BATCH):
            found = products.filter(pk__in=owners[begin : begin + BATCH]).order_by("pk").prefetch_related("variants")
            self.owners |= {each.pk: each for each in found}

    def _compare(self, group: list[Item]) -> Change:
        first = group[0]
        product = self._known(group)
        is_new = product is None
        product = product or Product(seller=self.seller, currency=shop_currency(), description="", category="")
        if not is_new and (self.seller is None or product.seller_id != self.seller.pk):
            raise ValidationError(f"{first.sku} is a product of another seller")
        wanted = _fields(first, is_new) if not first.options else _shared(group, is_new)
        fields = {name: value for name, value in wanted.items() if is_new or getattr(product, name) != value}
        change = Change(product, is_new, fields)
        if first.options:
            change.variants = self._variants(product, group, wanted, is_new)
        elif product.variant_count:
            raise ValidationError(f"{first.sku} has variants here, and none in the feed")
        change.words = _words(change)
        return change

    def _known(self, group: list[Item]) -> Product | None:
        """The product that the catalogue has of this. Raises ValidationError where it has it as something else."""
        if not group[0].options:
            if (sku := group[0].sku) in self.variants:
                raise ValidationError(f"{sku} is a variant here: its row needs the group and the options")
            return self.products.get(sku)
        for item in group:
            if item.sku in self.products:
                raise ValidationError(f"{item.sku} is a product without variants here")
        owners = {self.variants[item.sku].product_id for item in group if item.sku in self.variants}
        if len(owners) > 1:
            raise ValidationError(f"The variants of {group[0].group} are of several products here")
        return self.owners[owners.pop()] if owners else None

    def _variants(
        self, product: Product, group: list[Item], wanted: dict[str, Any], is_new: bool
    ) -> list[dict[str, Any]] | None:
        """What `VariantQuerySet.replace` takes; None where they are these already. Raises ValidationError."""
        rows = [self._row(item, wanted, None if is_new else self.variants.get(item.sku)) for item in group]
        check(rows)
        now = [] if is_new else [_as_row(variant) for variant in product.variants.all()]
        return None if [_comparable(row) for row in rows] == [_comparable(row) for row in now] else rows

    def _row(self, item: Item, wanted: dict[str, Any], known: Variant | None) -> dict[str, Any]:
        price = item.price if item.price is not None or known is None else known.price_minor
        row = {
            "options": item.options,
            "sku": item.sku,
            "price_minor": None if price == wanted.get("price_minor") else price,
            "stock": item.stock if item.is_counted or known is None else known.stock,
            "in_stock": item.in_stock if item.in_stock is not None else known is None or known.in_stock,
            "url": _own(item.url, wanted.get("url"), known.url if known else None),
            "image_url": _own(item.image_url, wanted.get("image_url"), known.image_url if known else None),
        }
        return {**row, "id": known.pk} if known is not None else row


def _own(said: str | None, shared: str | None, before: str | None) -> str:
    """What a variant says for itself where its product says `shared`."""
    value = before if said is None else said
    return "" if not value or value == shared else value


def _groups(items: Iterable[Item]) -> list[list[Item]]:
    """The items of each product; those without a group, or alone in theirs and without options, are one by itself."""
    found: dict[str, list[Item]] = {}
    for item in items:
        found.setdefault(f"group {item.group}" if item.group else f"sku {item.sku}", []).append(item)
    groups = []
    for group in found.values():
        if len(group) == 1 and not group[0].group:
            group = [group[0]._replace(options=())]
        groups.append(group)
    return groups


def _fields(item: Item, is_new: bool) -> dict[str, Any]:
    """What a feed says of a product, by the names of its columns. Raises ValidationError."""
    said: dict[str, Any] = {
        "name": item.name,
        "description": item.description,
        "category": item.category,
        "price_minor": item.price,
        "in_stock": item.in_stock,
        "url": item.url,
        "image_url": item.image_url or None,
    }
    fields = {name: value for name, value in said.items() if value is not None}
    if item.is_priced:
        fields["original_price_minor"] = item.original_price
    if item.is_counted:
        fields["stock"] = item.stock
    if is_new and not (item.name and item.price is not None):
        raise ValidationError(f"{item.sku} is new, and needs a name and a price")
    return {**fields, "sku": item.sku}


def _shared(group: list[Item], is_new: bool) -> dict[str, Any]:
    """What the variants of a product have in common is their product's: most of it the first one says."""
    if any(not item.options for item in group):
        line = next(item for item in group if not item.options)
        raise ValidationError(f"{line.sku} is one of several of a group, and needs a size, a colour or another option")
    fields = _fields(group[0], is_new)
    prices = [item.price for item in group if item.price is not None]
    if prices:
        fields["price_minor"] = min(prices)
    if fields.get("original_price_minor") is not None and fields["original_price_minor"] <= fields["price_minor"]:
        fields["original_price_minor"] = None
    return {name: value for name, value in fields.items() if name not in ("sku", "stock", "in_stock")}


def _as_row(variant: Variant) -> dict[str, Any]:
    names = ("sku", "price_minor", "stock", "in_stock", "url", "image_url")
    return {"options": variant.options, **{name: getattr(variant, name) for name in names}}


def _comparable(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "id": None, "options": [list(pair) for pair in row["options"]]}


def _words(change: Change) -> str:
    """What people read of a change."""
    product, fields = change.product, change.fields
    if change.is_new:
        count = len(change.variants or ())
        return f"new: {fields['name']}{f', {count} variants' if count else ''}"
    said = []
    for name, value in fields.items():
        before = getattr(product, name)
        if name in ("price_minor", "original_price_minor"):
            before, value = (
                None if each is None else money.to_decimal(each, product.currency) for each in (before, value)
            )
        word = WORDS.get(name, name)
        said.append(word if name == "description" else f"{word} {before} → {value}")
    if change.variants is not None:
        said.append(f"{len(change.variants)} variants")
    return f"{product.name}: {'; '.join(said)}"


@event_log.verb
def store(changes: Sequence[Change], seller: User | None) -> None:
    """Stores all of it in one transaction. Raises ValidationError, and accounts.models.QuotaReached."""
    new = [change for change in changes if change.is_new]
    changed = [change for change in changes if not change.is_new and not change.is_none]
    for change in (*new, *changed):
        for name, value in change.fields.items():
            setattr(change.product, name, value)
        change.product.updated_at = timezone.now()
    if seller is not None and new:
        seller.check_quota("products", "products", Product.objects.filter(seller=seller), more=len(new))
    Product.objects.bulk_create([change.product for change in new], batch_size=BATCH)
    for change in new:
        change.made = [Variant(product=change.product) for _ in change.variants or ()]
        for place, (variant, row) in enumerate(zip(change.made, change.variants or (), strict=True)):
            variant.take(place, row)
    Variant.objects.bulk_create([variant for change in new for variant in change.made], batch_size=BATCH)
    for change in changed:
        if change.variants is not None:
            Variant.objects.replace(change.product, change.variants)
            change.made = list(Variant.objects.filter(product=change.product))
    for change in (*new, *changed):
        if change.is_new or change.variants is not None or not change.product.variant_count:
            change.product.count_forms(change.made)
    Product.objects.bulk_update([change.product for change in (*new, *changed)], STORED, batch_size=BATCH)
    signals.catalogue_changed.send(Product, products=[change.product for change in changed])
