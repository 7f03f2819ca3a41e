"""What the buttons of a call do, seen from the other side and from the server."""

import asyncio
from pathlib import Path

from tests.e2e.browsers import CallPage, chromium
from tests.e2e.hearing import loudness
from tests.e2e.participant import attempts
from tests.e2e.program import Demo, demo
from tests.e2e.sources import Caller

# Silence after Opus; speech is at 0.1.
SILENT = 0.001
# The spread of grey values (0 to 255) in a black picture after any codec; the callers' pictures have 50 and more.
BLACK = 4.0


async def goes_silent(page: CallPage) -> bool:
    """Whether a whole second without sound comes soon."""
    for _ in attempts():
        if loudness(await page.record(1.0)) < SILENT:
            return True
    return False


async def goes_dark(page: CallPage) -> bool:
    """Whether a picture without anything in it comes soon."""
    for _ in attempts():
        if float((await page.thumb()).std()) < BLACK:
            return True
        await page.seeing(2)
    return False


async def test_a_muted_microphone_is_silent_at_the_other_side_only(running: Demo, customer: Caller, rep: Caller) -> None:
    async with chromium(customer) as one, chromium(rep) as two:
        await one.join(running.links["customer"])
        await two.join(running.links["rep"])
        await two.hears(customer)
        await one.page.click("#microphone-button")
        assert await one.page.get_attribute("#microphone-button", "aria-label") == "Unmute microphone"
        assert await goes_silent(two)
        await two.sees(customer)
        await one.hears(rep)
        await one.page.click("#microphone-button")
        assert await one.page.get_attribute("#microphone-button", "aria-label") == "Mute microphone"
        await two.hears(customer)


async def test_a_camera_turned_off_is_dark_at_the_other_side_only(running: Demo, customer: Caller, rep: Caller) -> None:
    async with chromium(customer) as one, chromium(rep) as two:
        await one.join(running.links["customer"])
        await two.join(running.links["rep"])
        await two.seeing()
        await two.sees(customer)
        await one.page.click("#camera-button")
        assert await one.page.get_attribute("#camera-button", "aria-label") == "Turn camera on"
        assert await goes_dark(two)
        await two.hears(customer)
        await one.seeing()
        await one.sees(rep)
        await one.page.click("#camera-button")
        await two.seeing()
        await two.sees(customer)


async def test_hanging_up_frees_the_server(tmp_path: Path, customer: Caller, rep: Caller) -> None:
    with demo(tmp_path) as running:
        async with chromium(customer) as one, chromium(rep) as two:
            await two.join(running.links["rep"])
            await two.connected()
            assert await two.page.text_content("#waiting-text") == "Waiting for the customer …"
            await one.join(running.links["customer"])
            await asyncio.gather(one.seeing(), two.seeing())
            await running.until("four secure transports", lambda now: now["tresen_transports{secure}"] == 4)

            ended: list[tuple[str, int]] = []
            one.page.on("response", lambda response: ended.append((response.request.method, response.status)))
            await one.page.click("#hang-up-button")
            await one.page.wait_for_selector("#over:not([hidden])")
            await two.page.wait_for_selector("#waiting:not([hidden])")
            assert "has left" in (await two.page.text_content("#waiting-text") or "")
            await running.until("two transports gone", lambda now: now["tresen_transports"] == 2 and now["tresen_participants"] == 1)
            # Said by the protocol, not only found out from the peer's silence.
            assert [entry for entry in ended if entry[0] == "DELETE"] == [("DELETE", 200)] * 2
            # The camera's light goes out.
            tracks = "document.getElementById('own').srcObject.getTracks().map(track => track.readyState)"
            assert await one.page.evaluate(tracks) == ["ended", "ended"]

            await two.page.click("#hang-up-button")
            left = await running.until("all transports gone", lambda now: now["tresen_transports"] == 0)
            held = ("tresen_producers", "tresen_consumers", "tresen_rooms", "tresen_participants", "tresen_history_bytes")
            assert [left[name] for name in held] == [0, 0, 0, 0, 0], left
            assert one.errors == two.errors == []


async def test_calling_again_after_hanging_up(running: Demo, customer: Caller, rep: Caller) -> None:
    async with chromium(customer) as one, chromium(rep) as two:
        await one.join(running.links["customer"])
        await two.join(running.links["rep"])
        await two.seeing()
        await one.page.click("#hang-up-button")
        await one.page.click("#again")
        await one.page.click("#join:enabled")
        await asyncio.gather(one.seeing(), two.seeing())
        await one.sees(rep)
        await two.sees(customer)


async def test_closing_the_window_frees_the_server_at_once(tmp_path: Path, customer: Caller) -> None:
    with demo(tmp_path) as running:
        async with chromium(customer) as one:
            await one.join(running.links["customer"])
            await running.until("two secure transports", lambda now: now["tresen_transports{secure}"] == 2)
            await one.page.close(run_before_unload=False)
            await running.until("no transport", lambda now: now["tresen_transports"] == 0)
