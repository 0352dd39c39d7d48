"""Purchases that the shop reports: by which secrets, and for how long after a look at a product they count."""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

import environ


class Purchases(NamedTuple):
    """Without a secret the shop's own reports are refused, and those of pages stay unconfirmed."""

    secrets: list[str]  # whsec_..., each of which will do
    window: timedelta  # from the last look at a product in a show to the purchase
    catalogue_secrets: Sequence[str] = ()  # by which stock and prices are signed


def purchases(env: environ.Env) -> Purchases:
    return Purchases(
        secrets=env.list("PURCHASE_SECRETS", default=[]),
        window=timedelta(days=env.float("PURCHASE_WINDOW_DAYS", default=30.0)),
        catalogue_secrets=env.list("CATALOGUE_SECRETS", default=[]),
    )
