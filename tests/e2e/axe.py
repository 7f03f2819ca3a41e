"""What axe-core finds wrong with a page's accessibility: rules of WCAG 2.2 A and AA, open shadow roots included.

axe-core comes with the web's packages (`cd web && npm ci`). Its script is handed to the browser by the debugger, which no
Content-Security-Policy stops, so pages are judged under the policy they are served with.
"""

from functools import cache
from pathlib import Path
from typing import Any

from playwright.async_api import Page

SOURCE = Path(__file__).resolve().parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# Of what comes and goes only; what turns for ever has no end to await. A root tells of its own elements' motion alone.
STILL = """
() => {
  const moving = (root) => [
    ...root.getAnimations(),
    ...[...root.querySelectorAll("*")].flatMap((each) => (each.shadowRoot ? moving(each.shadowRoot) : [])),
  ];
  return Promise.all(moving(document)
    .filter((each) => each.playState === "running" && Number.isFinite(each.effect.getComputedTiming().endTime))
    .map((each) => each.finished.catch(() => null)));
}
"""
RUN = """
async ([selector, tags]) => {
  const { violations } = await axe.run(selector || document, { runOnly: { type: "tag", values: tags }, resultTypes: ["violations"] });
  return violations.flatMap((rule) => rule.nodes.map((node) => ({
    rule: rule.id, help: rule.help, where: node.target.flat().join(" >>> "), html: node.html, why: node.failureSummary,
  })));
}
"""


@cache
def source() -> str:
    """axe-core's text, read once."""
    return SOURCE.read_text(encoding="utf-8")


async def violations(page: Page, *, selector: str | None = None) -> list[str]:
    """Every violation on the page as one readable text each, or within the elements that `selector` finds in the document.

    Awaits the end of motion: a half transparent element has half its contrast.
    """
    await page.evaluate(STILL)
    if not await page.evaluate("typeof window.axe === 'object'"):
        await page.evaluate(source())
    found: list[dict[str, Any]] = await page.evaluate(RUN, [selector, TAGS])
    return [f"{one['rule']}: {one['help']}\n  at {one['where']}\n  {one['html'][:200]}\n  {one['why']}" for one in found]
