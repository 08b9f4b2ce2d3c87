"""A seller who takes bank transfers."""

import pytest

from tests.support import cast, transfers


@pytest.fixture
def catalog(app: object) -> str:
    """The name of the catalog, applied with bank transfers."""
    transfers.take_transfers()
    return cast.CATALOG
