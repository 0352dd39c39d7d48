"""Live shows for the product's runs: `python -m bench.seed 12` migrates the database and prints their ids as JSON."""

import json
import os
import secrets
import sys
from uuid import UUID

import django
from django.core.management import call_command

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from accounts.models import User  # noqa: E402
from shopping.models import Product  # noqa: E402
from streams.models import Stream  # noqa: E402

PRODUCTS = 5  # on each show


def _product(host: User, number: int) -> UUID:
    offered = Product.objects.offer(
        host, name=f"Mug {number}", description="Holds tea.", price_minor=950, category="Kitchen"
    )
    return offered.pk


def shows(count: int) -> list[str]:
    name = f"bench-{secrets.token_hex(4)}"
    host = User.objects.create_user(name, f"{name}@example.org", role="creator")
    products = [_product(host, number) for number in range(PRODUCTS)]
    made = [Stream.objects.schedule(host, products, title=f"Show {number}") for number in range(count)]
    for show in made:
        show.start()
    return [str(show.pk) for show in made]


if __name__ == "__main__":
    call_command("migrate", verbosity=0)
    print(json.dumps(shows(int(sys.argv[1]))))
