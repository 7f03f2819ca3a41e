"""What the widget costs a shop's page before anybody opens it: bytes over the wire and time of the main thread.

The shop's page is loaded with the widget and, its script blocked, without; the difference of medians is the widget's. Time is the main
thread's CPU time as the browser counts it (thread ticks), so that a busy machine does not make it more. The figures are printed.
"""

import statistics
from dataclasses import dataclass

from playwright.async_api import CDPSession, Page, expect

from tests.e2e.face import browser
from tests.e2e.program import Demo

BYTES_MOST = 60 * 1024
MAIN_THREAD_MS_MOST = 100.0
RUNS = 5
WAIT_MS = 60_000
# The widget waits for the page to be idle; after its launcher is there, whatever it still has to do is done within some idle moments.
IDLE = "() => new Promise((done) => requestIdleCallback(() => requestIdleCallback(() => requestIdleCallback(() => done(true)))))"


@dataclass(slots=True)
class Cost:
    """Of one page: bytes from the widget's origin by path, milliseconds of the main thread."""

    bytes_by_path: dict[str, int]
    main_thread_ms: float

    @property
    def bytes(self) -> int:
        return sum(self.bytes_by_path.values())


async def measured(demo: Demo, *, widget: bool) -> Cost:
    """One visit with an empty cache."""
    async with browser(None, "--no-sandbox", extra_http_headers={"Accept-Encoding": "gzip"}) as context:
        if not widget:
            await context.route(f"{demo.address}/widget/**", lambda route: route.abort())
        page: Page = await context.new_page()
        devtools: CDPSession = await context.new_cdp_session(page)
        paths: dict[str, str] = {}
        costs: dict[str, int] = {}
        await devtools.send("Network.enable")
        await devtools.send("Performance.enable", {"timeDomain": "threadTicks"})

        def responded(event: dict[str, object]) -> None:
            url = str(event["response"]["url"])
            if url.startswith(demo.address):
                paths[str(event["requestId"])] = url.removeprefix(demo.address).partition("?")[0]
                assert event["response"]["headers"].get("Content-Encoding") in (None, "gzip")

        def finished(event: dict[str, object]) -> None:
            path = paths.get(str(event["requestId"]))
            if path is not None:
                costs[path] = costs.get(path, 0) + int(event["encodedDataLength"])

        devtools.on("Network.responseReceived", responded)
        devtools.on("Network.loadingFinished", finished)
        await page.goto(demo.shop)
        await expect(page.locator(".goods .card:not(.blank)")).to_have_count(42, timeout=WAIT_MS)
        if widget:
            await expect(page.locator("#tresen-widget button.launcher")).to_be_visible(timeout=WAIT_MS)
        await page.wait_for_load_state("networkidle", timeout=WAIT_MS)
        await page.evaluate(IDLE)
        metrics = {each["name"]: each["value"] for each in (await devtools.send("Performance.getMetrics"))["metrics"]}
        return Cost(costs, 1000 * metrics["TaskDuration"])


async def test_the_closed_widget_costs_little(process: Demo) -> None:
    await measured(process, widget=True)  # the server's and the machine's own first time
    bare = [await measured(process, widget=False) for _ in range(RUNS)]
    dressed = [await measured(process, widget=True) for _ in range(RUNS)]
    assert all(each.bytes == 0 for each in bare), bare[0].bytes_by_path
    added_bytes = statistics.median(each.bytes for each in dressed)
    added_ms = statistics.median(each.main_thread_ms for each in dressed) - statistics.median(each.main_thread_ms for each in bare)
    print("\nThe widget before it is opened, gzip over the wire, headers included:")
    for path, size in sorted(dressed[-1].bytes_by_path.items(), key=lambda each: -each[1]):
        print(f"  {size:7d} bytes  {path}")
    print(f"  {added_bytes:7.0f} bytes in all, of {BYTES_MOST} at most")
    print(f"  {added_ms:7.1f} ms of the main thread, of {MAIN_THREAD_MS_MOST:.0f} at most (median of {RUNS} pages less that without it)")
    assert "/widget/v1.js" in dressed[-1].bytes_by_path
    assert added_bytes <= BYTES_MOST
    assert added_ms <= MAIN_THREAD_MS_MOST


async def test_the_open_chat_costs_little(process: Demo) -> None:
    """Everything until a call begins: loader, launcher, home, chat, one message and its answer. Bodies as they came, compressed."""
    async with browser(None, "--no-sandbox", extra_http_headers={"Accept-Encoding": "gzip"}) as context:
        page: Page = await context.new_page()
        devtools: CDPSession = await context.new_cdp_session(page)
        heads: dict[str, tuple[str, int]] = {}
        bodies: dict[str, int] = {}
        headers = 0
        await devtools.send("Network.enable")

        def responded(event: dict[str, object]) -> None:
            url = str(event["response"]["url"])
            path = url.removeprefix(process.address).partition("?")[0]
            # The widget's own files. What it asks of the API is the shop's data, and counted in no budget.
            if url.startswith(process.address) and path.startswith(("/widget/", "/assets/")):
                heads[str(event["requestId"])] = path, int(event["response"]["encodedDataLength"])

        def finished(event: dict[str, object]) -> None:
            nonlocal headers
            if (head := heads.get(str(event["requestId"]))) is not None:
                bodies[head[0]] = int(event["encodedDataLength"]) - head[1]
                headers += head[1]

        devtools.on("Network.responseReceived", responded)
        devtools.on("Network.loadingFinished", finished)
        await page.goto(process.shop)
        await page.locator("#tresen-widget button.launcher").click(timeout=WAIT_MS)
        await page.locator("tresen-home").get_by_role("button", name="Chat").first.click(timeout=WAIT_MS)
        words = page.get_by_role("textbox", name="Write a message")
        await words.fill("Hello", timeout=WAIT_MS)
        await words.press("Enter")
        await expect(page.locator("tresen-chat .bubble:not(.waits)", has_text="Hello")).to_be_visible(timeout=WAIT_MS)
        await page.wait_for_load_state("networkidle", timeout=WAIT_MS)
        total = sum(bodies.values())
        print("\nThe widget with its chat open and a message sent, gzip over the wire:")
        for path, size in sorted(bodies.items(), key=lambda each: -each[1]):
            print(f"  {size:7d} bytes  {path}")
        print(f"  {total:7d} bytes in all, of {BYTES_MOST} at most ({total + headers} with the headers of {len(bodies)} answers)")
        assert any("/chat-" in path for path in bodies), bodies
        assert all(size > 0 for size in bodies.values()), bodies
        assert total <= BYTES_MOST
