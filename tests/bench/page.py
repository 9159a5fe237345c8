"""Page: first paint, memory, and bytes per update of the page with many pipelines."""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
from kubernetes import config
from playwright.sync_api import CDPSession, Page, sync_playwright

from dataflowxpress_sandbox.sandbox import Sandbox
from tests.ui import scenes
from tests.ui.conftest import OPTIONS, Kubernetes, Served, chromium, serving

MB = 1024 * 1024
SCENES = (*[scenes.status] * 7, scenes.waiting, scenes.failing, scenes.drifting)
PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
UPDATES = 20


def main() -> None:
    """Measure on a sandbox of its own, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pipelines", type=int, default=500)
    pipelines = parser.parse_args().pipelines
    with tempfile.TemporaryDirectory() as folder:
        sandbox = Sandbox(Path(folder) / "sandbox", aws=False)
        with sandbox.running():
            measure(sandbox, pipelines)


def measure(sandbox: Sandbox, pipelines: int) -> None:
    """Create the pipelines, open the page and change pipelines."""
    with config.new_client_from_config(str(sandbox.kubeconfig)) as client:
        kubernetes = Kubernetes(sandbox.kubeconfig, client)
        kubernetes.namespace("shop")
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda number: create(kubernetes, number), range(pipelines)))
        with serving(sandbox.kubeconfig) as served, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=OPTIONS)
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            look(page, kubernetes, served, pipelines)
            browser.close()


def create(kubernetes: Kubernetes, number: int) -> None:
    """Create one of the pipelines; of ten, three have a problem."""
    name = f"pipeline-{number:04}"
    scene = SCENES[number % len(SCENES)]
    kubernetes.pipeline("shop", name, scene(f"shop/{name}"))


def look(page: Page, kubernetes: Kubernetes, served: Served, pipelines: int) -> None:
    """Open the list, change pipelines, and print what that costs."""
    started = time.monotonic()
    page.goto(served.url)
    page.locator("tbody tr").nth(min(49, pipelines - 1)).wait_for()
    listed = time.monotonic() - started
    network, received = page.context.new_cdp_session(page), list[int]()
    network.send("Network.enable")
    network.on("Network.dataReceived", lambda sent: received.append(sent["dataLength"]))
    seconds = [change(page, kubernetes, number) for number in range(UPDATES)]
    updates = [size for size in received if is_update(size)]
    print(f"| pipelines | {pipelines} |")
    print(f"| first paint | {page.evaluate(PAINT):.0f} ms |")
    print(f"| 50 rows of the list | {listed * 1000:.0f} ms |")
    print(f"| a change, from the API server to the screen | {statistics.median(seconds):.2f} s |")
    print(f"| bytes of an update | {statistics.median(updates):.0f} |")
    server = psutil.Process(served.process.pid).memory_info().rss // MB
    print(f"| memory of the server | {server} MB |")
    print(f"| JavaScript heap of the tab | {heap(network):.1f} MB |")
    print(f"| memory of the tab's process, without shared pages | {tab() // MB} MB |")


def is_update(size: int) -> bool:
    """Return whether data is more than a heartbeat."""
    return size > len(": alive\n\n")


def change(page: Page, kubernetes: Kubernetes, number: int) -> float:
    """Let a pipeline of the first page fail in another way; return the seconds until it is seen."""
    name, error = "pipeline-0008", f"error number {number}"
    failed = ("False", "LastRunFailed", error)
    status = scenes.status(f"shop/{name}", conditions=scenes.conditions(DataCurrent=failed))
    started = time.monotonic()
    kubernetes.pipeline("shop", name, status)
    page.get_by_text(error, exact=True).wait_for()
    return time.monotonic() - started


def tab() -> int:
    """Return the memory of Chromium's process of the page that it has to itself, in bytes."""
    children = psutil.Process().children(recursive=True)
    found = [each for each in children if "--type=renderer" in each.cmdline()]
    return max(int(each.memory_full_info().uss) for each in found)


def heap(session: CDPSession) -> float:
    """Return the used heap after a garbage collection, in MB."""
    session.send("HeapProfiler.collectGarbage")
    return float(session.send("Runtime.getHeapUsage")["usedSize"]) / MB


if __name__ == "__main__":
    main()
