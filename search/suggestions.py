"""What somebody may mean who is still typing: a few shows, products and creators."""

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from search import creators, finding
from search.sources import PRODUCTS, SHOWS

SHOWN = {"show": 3, "product": 4, "creator": 2}  # suggestions of each kind


def find(text: str) -> list[dict[str, Any]]:
    if not text.strip():
        return []
    found = [
        {"kind": "show", "id": str(show.pk), "text": show.title, "url": reverse("watch", args=[show.pk])}
        for show in finding.suggest(SHOWS, text, SHOWN["show"])
    ]
    found += [
        {"kind": "product", "id": str(product.pk), "text": product.name, "url": _results(product.name)}
        for product in finding.suggest(PRODUCTS, text, SHOWN["product"])
    ]
    found += [
        {"kind": "creator", "id": str(user.pk), "text": user.username, "url": f"{reverse('search')}?creator={user.pk}"}
        for user in creators.find(text, slice(0, SHOWN["creator"])).rows
    ]
    return found


def _results(text: str) -> str:
    return reverse("search") + "?" + urlencode({"q": text[:200]})
