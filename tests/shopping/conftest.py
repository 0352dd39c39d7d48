"""People who sell, and what."""

import pytest

from accounts.models import User
from shopping.models import Product
from tests import factories


@pytest.fixture
def seller(db: None) -> User:
    return factories.user("creator")


@pytest.fixture
def product(seller: User) -> Product:
    return factories.product(seller)
