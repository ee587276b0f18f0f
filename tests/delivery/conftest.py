from __future__ import annotations

import pytest
from tests.delivery.desk import Post
from tests.stores import Office, office, one_database

__all__ = ["office", "one_database"]


@pytest.fixture
def post(office: Office) -> Post:
    return Post(office)
