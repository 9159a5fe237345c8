"""The views of the page in a real browser: what they show, live, to everybody."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from dataflowxpress.api.reasons import Reason
from dataflowxpress.api.status import Data, Drift, Status, Table
from tests.sample import sampled
from tests.ui import scenes
from tests.ui.conftest import SHOWN, Kubernetes, Served, serving

SCENES: dict[str, Callable[[str], Status]] = {
    "healthy": scenes.status,
    "waiting": scenes.waiting,
    "failing": scenes.failing,
    "drifting": scenes.drifting,
    "refusing": scenes.refusing,
    "slow": scenes.slow,
    "new": lambda _: Status(),
}
MARKUP = "<img src=x onerror=alert(1)><script>alert(2)</script>{{7*7}}"
HOSTILE = f"{MARKUP} \u202e\u0007 {'x' * 10_000}"


pytestmark = pytest.mark.long


@pytest.fixture(scope="module", autouse=True)
def _fleet(kubernetes: Kubernetes) -> None:
    """Create a pipeline of each scene."""
    for name, scene in SCENES.items():
        kubernetes.pipeline("shop", name, scene(f"shop/{name}"))


def open_list(page: Page, served: Served) -> None:
    page.goto(served.url)
    page.locator("tbody tr").first.wait_for()


def open_pipeline(page: Page, served: Served, name: str) -> None:
    page.goto(served.url)
    page.goto(f"{served.origin}/#/pipelines/shop/{name}")
    page.get_by_role("heading", name="Flow").wait_for()


def row(page: Page, name: str) -> str:
    found = page.locator("tbody tr").filter(has=page.get_by_role("link", name=name, exact=True))
    return found.inner_text()


def test_the_list_shows_state_uploads_rows_and_rejects(page: Page, served: Served) -> None:
    open_list(page, served)
    assert all(
        word in row(page, "healthy") for word in ("Healthy", "Current", "600", "2", "0", "$5.50")
    )
    assert all(word in row(page, "waiting") for word in ("Waiting", "Behind", "7"))
    assert "ValueError: no column id" in row(page, "failing")
    assert "unknown" in row(page, "new")
    first = page.locator("tbody tr .pill").first
    expect(first).to_have_text("Failing")


def test_a_filter_and_a_search_narrow_the_list(page: Page, served: Served) -> None:
    open_list(page, served)
    page.get_by_role("button", name="Drifting").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("button", name="All").click()
    page.get_by_role("searchbox").fill("shop heal")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("searchbox").fill("nothing")
    expect(page.get_by_text("No pipeline matches")).to_be_visible()


def test_a_column_of_figures_sorts_by_the_largest_first(page: Page, served: Served) -> None:
    open_list(page, served)
    page.get_by_role("button", name="Waiting", exact=True).click()
    expect(page.locator("tbody tr").first).to_contain_text("waiting")
    sorted_by = page.locator("th[aria-sort]")
    expect(sorted_by).to_have_text("Waiting")
    expect(sorted_by).to_have_attribute("aria-sort", "descending")
    page.get_by_role("button", name="Waiting", exact=True).click()
    expect(sorted_by).to_have_attribute("aria-sort", "ascending")


def test_a_long_list_has_pages_and_counts_all_pipelines(page: Page, kubernetes: Kubernetes) -> None:
    kubernetes.namespace("many")
    for number in range(51):
        kubernetes.pipeline("many", f"p-{number:02}", Status())
    with serving(kubernetes.kubeconfig, "--namespace", "many") as served:
        open_list(page, served)
        expect(page.get_by_role("button", name="All 51")).to_be_visible()
        expect(page.locator("tbody tr")).to_have_count(50)
        page.get_by_role("button", name="Next").click()
        expect(page.locator("tbody tr")).to_have_count(1)
        expect(page.get_by_text("51 to 51 of 51")).to_be_visible()
        page.get_by_role("searchbox").fill("p-00")
        expect(page.get_by_role("link", name="p-00")).to_be_visible()


def test_the_flow_marks_the_failing_hop_with_its_message_and_cure(
    page: Page, served: Served
) -> None:
    open_pipeline(page, served, "failing")
    failing = page.locator(".node.failing")
    expect(failing).to_have_count(1)
    expect(failing).to_contain_text("Spark job")
    expect(page.locator(".hop-detail")).to_contain_text("ValueError: no column id")
    expect(page.locator(".hop-detail")).to_contain_text("dataflowxpress logs")
    expect(page.locator(".hop-detail")).to_contain_text("shop-failing")


def test_a_step_opens_by_the_keyboard_and_shows_its_resources(page: Page, served: Served) -> None:
    open_pipeline(page, served, "healthy")
    page.get_by_role("button", name="Upload queue").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".hop-detail")).to_contain_text("shop-healthy-uploads-dead")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.innerText").startswith(
        "SQS\n: Healthy\nRequests for crawls"
    )


def test_runs_are_a_chart_and_a_table(page: Page, served: Served) -> None:
    open_pipeline(page, served, "healthy")
    charts = page.get_by_role("img", name="of the last 3 runs")
    expect(charts).to_have_count(3)
    written = page.get_by_role("img", name="Rows written")
    assert "100, 200, 300" in str(written.get_attribute("aria-label"))
    heights = (
        page.locator(".charts .chart")
        .first.locator(".mark")
        .evaluate_all("marks => marks.map((mark) => parseInt(mark.style.height))")
    )
    assert heights == [33, 66, 100]
    expect(page.locator(".runs-table tbody tr")).to_have_count(3)


def test_a_failed_run_has_unknown_figures_and_its_error(page: Page, served: Served) -> None:
    open_pipeline(page, served, "failing")
    failed = page.locator(".runs-table tbody tr").first
    expect(failed).to_contain_text("FAILED")
    expect(failed).to_contain_text("unknown")
    expect(failed).to_contain_text("ValueError: no column id")


def test_drift_is_a_diff_of_aws_and_the_spec(page: Page, served: Served) -> None:
    open_pipeline(page, served, "drifting")
    expect(page.locator("del")).to_contain_text("31")
    expect(page.locator("ins")).to_contain_text("1080")
    expect(page.locator(".diff")).to_contain_text("VisibilityTimeout")


def test_refused_objects_are_listed_with_their_reasons(page: Page, served: Served) -> None:
    open_pipeline(page, served, "refusing")
    expect(page.locator(".refused")).to_contain_text("csv_data/broken.csv")
    expect(page.locator(".refused")).to_contain_text("it is not UTF-8")


def test_tables_are_listed_with_their_files_and_a_warning_about_small_ones(
    page: Page, served: Served
) -> None:
    open_pipeline(page, served, "slow")
    storage = page.locator(".storage")
    slow, good = (storage.locator("tbody tr").filter(has_text=n) for n in ("by_day", "orders"))
    for words in ("730", "3 MiB", "name columns with fewer values", "ago"):
        expect(slow).to_contain_text(words)
    for words in ("9,000", "2.5 GiB", "none"):
        expect(good).to_contain_text(words)
    expect(storage).to_contain_text("23 smaller tables not shown")


def test_a_change_of_the_state_is_shown_within_two_seconds(
    page: Page, served: Served, kubernetes: Kubernetes, name: str
) -> None:
    owner = f"shop/{name}"
    kubernetes.pipeline("shop", name, scenes.status(owner))
    open_list(page, served)
    assert "Healthy" in row(page, name)
    kubernetes.pipeline("shop", name, scenes.failing(owner))
    found = page.locator("tbody tr").filter(has=page.get_by_role("link", name=name, exact=True))
    expect(found).to_contain_text("Failing", timeout=SHOWN)
    found.get_by_role("link").click()
    expect(page.locator(".node.failing")).to_have_count(1)
    kubernetes.pipeline("shop", name, scenes.waiting(owner))
    expect(page.locator(".node.failing")).to_have_count(0, timeout=SHOWN)
    expect(page.locator("#announcer")).to_have_text(f"{name} is now waiting")
    kubernetes.event("shop", name, Reason.RUN_FAILED, "the run ended")
    expect(page.locator(".events")).to_contain_text("RunFailed", timeout=SHOWN)
    kubernetes.delete("shop", name)
    expect(page.get_by_text("No such pipeline")).to_be_visible(timeout=SHOWN)


def test_the_keyboard_keeps_its_place_when_a_change_arrives(
    page: Page, served: Served, kubernetes: Kubernetes, name: str
) -> None:
    owner = f"shop/{name}"
    kubernetes.pipeline("shop", name, scenes.waiting(owner))
    open_list(page, served)
    page.get_by_role("link", name=name, exact=True).focus()
    kubernetes.pipeline("shop", name, scenes.status(owner))
    found = page.locator("tbody tr").filter(has=page.get_by_role("link", name=name, exact=True))
    expect(found).to_contain_text("Healthy", timeout=SHOWN)
    assert page.evaluate("document.activeElement.innerText") == name


def test_names_and_messages_with_markup_are_text(
    page: Page, served: Served, kubernetes: Kubernetes, name: str
) -> None:
    owner = f"shop/{name}"
    page.on("dialog", lambda _: pytest.fail("a message ran as a script"))
    failed = scenes.run(4, "FAILED", error=HOSTILE)
    ready = ("False", "ApplyFailed", HOSTILE)
    table = Table(name=HOSTILE, rows=1, bytes=1, files=1, batches=1, warning=MARKUP)
    hostile = scenes.status(
        owner,
        data=Data(dead_letters=0, table_count=1, tables=(table,)),
        conditions=scenes.conditions(Ready=ready),
        runs=(failed,),
        drift=(Drift(resource=HOSTILE, action=MARKUP, changes=(f"{MARKUP}: a -> b",)),),
    )
    kubernetes.pipeline("shop", name, hostile, source={"prefix": "<b>in</b>/"})
    kubernetes.event("shop", name, Reason.RUN_FAILED, HOSTILE)
    open_list(page, served)
    assert MARKUP in row(page, name)
    page.get_by_role("link", name=name, exact=True).click()
    for part in (
        ".head .message",
        ".hop-detail .message",
        ".runs",
        ".drift",
        ".storage",
        ".events",
    ):
        expect(page.locator(part).first).to_contain_text(MARKUP)
    assert page.locator("main img, main script").count() == 0
    width = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert width <= 0, "a long message must not make the page wider"


VIEWS = ("list", *SCENES, "sign in", "gone")


@pytest.mark.parametrize(
    ("page", "view"),
    sampled(
        itertools.product(("light", "dark"), VIEWS),
        lambda each: each[0] == "light" or each[1] == "list",
    ),
    indirect=["page"],
)
def test_axe_finds_no_barrier(page: Page, served: Served, shared: Served, view: str) -> None:
    match view:
        case "list":
            open_list(page, served)
        case "sign in":
            page.goto(shared.origin)
            page.get_by_role("button", name="Sign in").wait_for()
        case "gone":
            page.goto(served.url)
            page.goto(f"{served.origin}/#/pipelines/shop/gone")
            page.get_by_text("No such pipeline").wait_for()
        case _:
            open_pipeline(page, served, view)
            page.locator(".node").first.click()
    found = Axe().run(page)
    assert found.response["violations"] == [], found.generate_report()


def test_the_theme_follows_the_system_and_then_the_choice(page: Page, served: Served) -> None:
    open_list(page, served)
    background = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(background) != light
    page.get_by_role("button", name="Theme: system").click()
    assert page.evaluate(background) == light
    page.reload()
    page.get_by_role("button", name="Theme: light").wait_for()
    assert page.evaluate(background) == light
