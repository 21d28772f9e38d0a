"""What happens to a test whose surroundings cannot be had: skipped on a desk, failed in CI."""

import os
from typing import NoReturn

import pytest


def unavailable(reason: str) -> NoReturn:
    """Skip the test with the reason; with CI=true that would hide a gap, so there it fails."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason} (CI=true allows no skip)", pytrace=False)
    pytest.skip(reason)
