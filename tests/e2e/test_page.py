"""The page with --rejects: rejected rows, by the AWS identity of the user who starts it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import NAMESPACE, User
from tests.ui.conftest import Served, browser, page, serving  # noqa: F401 - fixtures

ROWS = "id,item\n1,apple\n2,pear,<b>one field too many</b>\n3,plum\n"


@pytest.fixture(scope="module")
def served(user: User) -> Iterator[Served]:
    """Serve the page with the AWS credentials of the sandbox's administrator."""
    user.pipeline("ragged", bucket={"name": "ragged"}, trigger={"batchWindowSeconds": 0})
    user.ready("ragged")
    user.aws("s3").put_object(Bucket="ragged", Key="csv_data/a.csv", Body=ROWS.encode())
    user.wait("ragged", lambda s: bool(s.data and s.data.rejected), 120, "rejected a row")
    with serving(user.sandbox.kubeconfig, "--rejects", **user.sandbox.env()) as served:
        yield served


def test_a_rejected_row_is_shown_with_its_reason_and_raw_text(
    page: Page,  # noqa: F811
    served: Served,
) -> None:
    page.goto(served.url)
    page.goto(f"{served.origin}/#/pipelines/{NAMESPACE}/ragged")
    page.get_by_role("button", name="Show a sample").click()
    rows = page.get_by_role("region", name="Sample of rejected rows")
    expect(rows).to_contain_text("csv_data/a.csv", timeout=30_000)
    expect(rows).to_contain_text("record 2 has 3 fields")
    expect(rows).to_contain_text("<b>one field too many</b>")
