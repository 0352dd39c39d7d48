"""Who sells and presents what is sought."""

import pytest

from accounts.models import User
from tests import factories


@pytest.fixture
def creator() -> User:
    return factories.user("creator")
