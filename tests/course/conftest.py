"""One Chromium for the tests of a file that drive it."""

import pytest


@pytest.fixture(scope="module")
def chromium():
    import browser  # noqa: PLC0415  (Playwright, for these tests alone)

    with browser.chromium() as running:
        yield running
