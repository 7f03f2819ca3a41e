"""Every screen of the call page, light and dark, desktop and phone: kept as pictures, and held to what needs no eye.

Nothing sticks out sideways, every control is whole and large enough for a finger, and text stands out from its ground (WCAG 2.2: 4.5:1).
"""

from typing import Any

import pytest

from tests.e2e.browsers import DENIED, NO_CAMERA, CallPage, chromium, screenshot
from tests.e2e.program import Demo
from tests.e2e.sources import Caller

SIZES = {"desktop": (1280, 800), "phone": (390, 844), "small": (320, 568)}
SCHEMES = ("light", "dark")
# WCAG 2.2, 2.5.8 wants 24 CSS pixels; a thumb wants more.
FINGER_PX = 40
CONTRAST_LEAST = 4.5

LOOK = """
() => {
  const shown = (one) => one.checkVisibility({ visibilityProperty: true }) && one.getBoundingClientRect().width > 0;
  const number = (colour) => {
    const [r, g, b, a = 1] = colour.match(/[\\d.]+/g).map(Number);
    return { rgb: [r, g, b], a };
  };
  const light = (rgb) => rgb
    .map((value) => value / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
    .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
  const ground = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const colour = number(getComputedStyle(at).backgroundColor);
      if (colour.a === 1) return colour.rgb;
    }
    return [255, 255, 255];
  };
  const contrast = (one) => {
    const [a, b] = [light(number(getComputedStyle(one).color).rgb), light(ground(one))].sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05);
  };
  const name = (one) => one.id || one.textContent.trim().slice(0, 30) || one.tagName;
  const controls = [...document.querySelectorAll("button, select")].filter(shown);
  const texts = [...document.querySelectorAll("h1, h2, p, span, label, button, th, td, select")]
    .filter((one) => shown(one) && (one.matches("select") || [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim())));
  const scrolled = (one) => one.closest("#details-panel") !== null || document.documentElement.scrollHeight > innerHeight;
  return {
    sideways: document.documentElement.scrollWidth - innerWidth,
    cut: controls.filter((one) => {
      const box = one.getBoundingClientRect();
      return box.left < 0 || box.right > innerWidth || (!scrolled(one) && box.bottom > innerHeight);
    }).map(name),
    small: controls.filter((one) => one.getBoundingClientRect().height < FINGER).map(name),
    covered: controls.filter((one) => {
      const box = one.getBoundingClientRect();
      const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
      if (scrolled(one)) return false;
      const top = document.elementFromPoint(x, y);
      return top !== one && !one.contains(top);
    }).map(name),
    pale: texts.filter((one) => !one.disabled && contrast(one) < LEAST).map((one) => `${name(one)} ${contrast(one).toFixed(2)}`),
  };
}
""".replace("FINGER", str(FINGER_PX)).replace("LEAST", str(CONTRAST_LEAST))
GOOD: dict[str, Any] = {"sideways": 0, "cut": [], "small": [], "covered": [], "pale": []}


async def look(page: CallPage, screen: str) -> dict[str, Any]:
    """Keeps the screen in every size and scheme; gives what is not well, by picture."""
    poor = {}
    for scheme in SCHEMES:
        for device, (width, height) in SIZES.items():
            await page.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]  # one of the two it knows
            await page.page.set_viewport_size({"width": width, "height": height})
            seen = await page.page.evaluate(LOOK)
            await screenshot(page, f"{screen}-{device}-{scheme}")
            if seen != GOOD:
                poor[f"{screen}-{device}-{scheme}"] = {key: value for key, value in seen.items() if value != GOOD[key]}
    return poor


async def test_screens_of_a_call(running: Demo, customer: Caller, rep: Caller) -> None:
    async with chromium(customer) as one, chromium(rep) as two:
        await one.page.goto(running.links["customer"])
        await one.page.wait_for_selector("#join:enabled")
        await one.previewing()
        poor = await look(one, "lobby")
        await one.page.click("#join")
        await one.connected()
        poor |= await look(one, "waiting")
        await two.join(running.links["rep"])
        await one.seeing(30)
        await one.page.wait_for_selector("#waiting", state="hidden")
        poor |= await look(one, "call")
        await one.page.click("#microphone-button")
        await one.page.click("#camera-button")
        await one.page.click("#details-button")
        await one.page.wait_for_selector("#numbers tr")
        poor |= await look(one, "details")
        await one.page.click("#hang-up-button")
        await one.page.wait_for_selector("#over:not([hidden])")
        poor |= await look(one, "over")
        assert poor == {}


@pytest.mark.parametrize(("screen", "flags"), [("denied", DENIED), ("no-camera", NO_CAMERA)])
async def test_screens_of_trouble(running: Demo, screen: str, flags: list[str]) -> None:
    async with chromium(None, *flags) as page:
        await page.page.goto(running.links["customer"])
        await page.page.wait_for_selector("#trouble:not([hidden])")
        await page.page.wait_for_selector("#join:enabled")
        assert await look(page, screen) == {}


async def test_screen_of_a_refused_call(running: Demo, customer: Caller) -> None:
    async with chromium(customer) as page:
        await page.page.goto(f"{running.address}/call/shop#token=a.e30.b")
        await page.page.click("#join:enabled")
        await page.page.wait_for_selector("#over:not([hidden])")
        assert await look(page, "refused") == {}
