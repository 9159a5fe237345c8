"""Every suite: a Kubernetes API server, an emulated AWS for the whole session, and its order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from dataflowxpress.aws.rates import RATES
from dataflowxpress.cli.operator import collect_less
from dataflowxpress_sandbox.aws.serving import RunningAws, serving
from dataflowxpress_sandbox.sandbox import Sandbox
from tests.audited import audit
from tests.models.session import (  # noqa: F401 - hooks of pytest
    pytest_configure,
    pytest_sessionfinish,
    pytest_terminal_summary,
)
from tests.rates import UNLIMITED
from tests.suites import pytest_xdist_make_scheduler  # noqa: F401 - a hook of pytest-xdist

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


settings.register_profile("tests", deadline=None)  # a busy machine makes an example slow
settings.load_profile("tests")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes minutes, so that no worker is left alone with it in the end."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_collection_finish() -> None:
    """Collect garbage as an operator does: tests allocate the same objects."""
    collect_less()


@pytest.fixture(autouse=True)
def _rates() -> None:
    """Have no client in this process wait for a token."""
    RATES.configure(UNLIMITED)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The kubeconfig of an API server that knows the DataPipeline kind: use your own namespace."""
    sandbox = Sandbox(tmp_path_factory.mktemp("cluster") / "sandbox", aws=False)
    with sandbox.running():
        yield sandbox.kubeconfig


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAws]:
    """One AWS for the session: keep to names of your own, and expect those of others."""
    directory = tmp_path_factory.mktemp("aws")
    with serving(directory) as running:
        yield running


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAws]:
    """An AWS for one module, in which a trail of all regions logs."""
    with serving(tmp_path_factory.mktemp("audited")) as running:
        audit(running)
        yield running


@pytest.fixture
def own_aws(tmp_path: Path) -> Iterator[RunningAws]:
    """An AWS for this test alone, which may be killed or filled at will."""
    with serving(tmp_path) as running:
        yield running
