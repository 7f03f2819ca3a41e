"""Calls, consents and the seen cart in the widget, in the demo shop, with a rep at the other end who hears and sees."""

import asyncio
from typing import Any

from tests.e2e.axe import violations
from tests.e2e.browsers import DENIED, NO_CAMERA
from tests.e2e.face import browser
from tests.e2e.program import Demo
from tests.e2e.sources import Caller
from tests.e2e.widget_call import Rep, Shopper, on_duty, shopper


async def call(customer: Shopper, media: str = "video") -> None:
    """Asks for a call and goes through the check of devices."""
    await customer.open(media)
    go = customer.button("Call now with video" if media == "video" else "Call now")
    await go.wait_for()
    await go.click()


async def test_a_video_call_and_back_after_a_reload(process: Demo, customer: Caller, rep: Caller) -> None:
    async with browser(customer) as shop, browser(rep) as desk, on_duty(desk, process) as rita:
        ana = await shopper(shop, process.shop)
        await ana.open("video")
        await ana.button("Call now with video").wait_for()
        await ana.screenshot("widget-call-check")
        await ana.button("Call now with video").click()
        await ana.says("Calling")
        await ana.screenshot("widget-call-asked")
        await rita.take()
        await ana.connected()
        await asyncio.gather(ana.sees(rep), rita.sees(customer))
        await asyncio.gather(ana.hears(rep), rita.hears(customer))
        await ana.screenshot("widget-call-video")
        assert await violations(ana.page, selector="#tresen-widget") == []
        await ana.page.reload()
        back_s = await ana.frames_again()
        print(f"back in the call {back_s:.2f} s after the reload began")
        await ana.connected()
        await asyncio.gather(ana.sees(rep), rita.sees(customer))
        await ana.button("Hang up").click()
        await ana.says("You ended the call.")
        await ana.screenshot("widget-call-ended")
        assert not ana.errors and not ana.violations
