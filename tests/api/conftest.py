"""The programs of the API's tests."""

import pytest
from flask import Flask

from tests.support.api import Api, api_for


@pytest.fixture
def api(app: Flask) -> Api:
    """The seller's program, whose key may do everything."""
    return api_for(app)
