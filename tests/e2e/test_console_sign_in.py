"""Signing in to the console through a real OpenID Connect provider (npm's `oidc-provider`) with its own pages, on loopback."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.e2e.axe import violations
from tests.e2e.face import Face, browser, face
from tests.e2e.program import ROOT, Demo, demo
from tests.e2e.shopper import staff, talking

SCRIPT = ROOT / "tests" / "support" / "openid_provider.mjs"
SECRET = "a secret of this test"

expect.set_options(timeout=30_000)


@pytest.fixture(scope="module")
def counter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo of its own, whose shop has a login provider beside it on this machine."""
    with demo(tmp_path_factory.mktemp("sign-in"), TRESEN_WEBHOOK_PRIVATE_ADDRESSES="true") as found:
        yield found


@asynccontextmanager
async def provider(counter: Demo) -> AsyncIterator[str]:
    """Runs the provider until the block ends; its issuer."""
    node = await asyncio.create_subprocess_exec("sh", ROOT / "scripts" / "npm.sh", "--which", stdout=asyncio.subprocess.PIPE)
    folder = (await node.communicate())[0].decode().strip()
    process = await asyncio.create_subprocess_exec(
        Path(folder) / "node",
        SCRIPT,
        f"{counter.address}/console",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdin is not None and process.stdout is not None
    try:
        yield (await asyncio.wait_for(process.stdout.readline(), 60)).decode().strip()
    finally:
        process.stdin.close()
        await asyncio.wait_for(process.wait(), 30)


async def trust(counter: Demo, issuer: str) -> None:
    """The shop's admin says whom to believe."""
    async with talking() as client:
        ada = await staff(client, counter.address, "ada")
        settings = await ada.ask("GET", "/v1/tenant/settings")
        chosen = {"issuer": issuer, "client_id": "tresen-console", "roles": {"counter": "rep", "leads": "supervisor"}}
        await ada.ask("PUT", "/v1/tenant/settings", {**settings, "openid": {**chosen, "allowed_domains": ["shop.example"]}})
        await ada.ask("PUT", "/v1/tenant/secrets/openid", {"value": {"client_secret": SECRET}})


async def to_provider(page: Page) -> None:
    await page.get_by_role("button", name="Sign in with your company account").click()
    await expect(page.get_by_placeholder("Enter any login")).to_be_visible()


async def as_person(page: Page, login: str) -> None:
    """Logs in at the provider and agrees there."""
    await to_provider(page)
    await page.get_by_placeholder("Enter any login").fill(login)
    await page.get_by_placeholder("and password").fill("any")
    await page.get_by_role("button", name="Sign-in").click()
    await page.get_by_role("button", name="Continue").click()


async def sign_out(page: Page) -> None:
    await page.get_by_role("button", name=re.compile("Settings and sign out")).click()
    await page.get_by_role("menuitem", name="Sign out").click()
    await expect(page.get_by_label("Login")).to_be_visible()


async def test_the_company_account_lets_in_with_its_role_and_says_why_not(counter: Demo) -> None:
    async with provider(counter) as issuer, browser(None, "--no-sandbox") as made:
        await trust(counter, issuer)
        shown: Face = await face(made, f"{counter.address}/console/history")
        page = shown.page
        await expect(page.get_by_role("button", name="Sign in with your company account")).to_be_visible()
        assert await violations(page) == []
        await shown.screenshot("console-sign-in")

        # Whoever turns back at the provider is told so, and is where they were.
        await to_provider(page)
        await page.get_by_role("link", name="Cancel").click()
        await expect(page.get_by_text("The sign-in with your company account was cancelled.")).to_be_visible()
        assert page.url == f"{counter.address}/console/history"
        assert await violations(page) == []
        await shown.screenshot("console-sign-in-cancelled")

        # An account of the company's that has no role at the counter.
        await as_person(page, "otto")
        await expect(page.get_by_text("Your company account has no role here.")).to_be_visible()
        assert "code=" not in page.url

        # The highest role of the person's groups; back to the page that was asked for.
        await made.clear_cookies()
        await as_person(page, "petra")
        await expect(page.get_by_role("heading", name="History")).to_be_visible()
        await expect(page.get_by_role("button", name="Petra Provider")).to_be_visible()
        await expect(page.get_by_role("navigation").get_by_role("button", name="Board")).to_be_visible()
        await page.reload()
        await expect(page.get_by_role("heading", name="History")).to_be_visible()
        await sign_out(page)

        await made.clear_cookies()
        await as_person(page, "paul")
        await expect(page.get_by_role("button", name=re.compile("Status:"))).to_be_enabled()
        await expect(page.get_by_role("navigation").get_by_role("button", name="Board")).to_have_count(0)
        await sign_out(page)

        # An answer that this browser has not asked for.
        await page.goto(f"{counter.address}/console?state={'s' * 43}&code=made-up")
        await expect(page.get_by_text("That sign-in was begun elsewhere or took too long.")).to_be_visible()
        assert (shown.errors, shown.violations) == ([], [])

    # The provider is gone: the way to it stays, and says what is the matter.
    async with browser(None, "--no-sandbox") as made:
        page = (await face(made, f"{counter.address}/console")).page
        await page.get_by_role("button", name="Sign in with your company account").click()
        await expect(page.get_by_text("Your company's sign-in cannot be reached.")).to_be_visible()
