"""`tresen tenant|site|rep|apikey|session|audit` on a database of their own, as an operator types them."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import delete
from typer.testing import CliRunner

from signalling import demo
from signalling.app import SignallingCore
from signalling.cli import application
from signalling.config import Settings
from signalling.privacy import audit
from signalling.store.tables.privacy import audit_log


def started(folder: Path) -> SignallingCore:
    return SignallingCore(Settings(data_dir=folder))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a server has been."""

    async def once() -> None:
        core = started(tmp_path)
        await core.start()
        await core.stop()

    asyncio.run(once())
    return tmp_path


def typed(folder: Path, *words: str, code: int = 0) -> str:
    result = CliRunner().invoke(application(), [*words, "--data-dir", str(folder)])
    assert result.exit_code == code, (result.output, result.exception)
    return result.output


def test_an_operator_lets_people_and_programs_in(folder: Path) -> None:
    tenant = typed(folder, "tenant", "add", "My shop").strip()
    assert tenant in typed(folder, "tenant", "list") and "My shop" in typed(folder, "tenant", "list")
    site = dict(line.split() for line in typed(folder, "site", "add", "Shop", "--origin", "https://shop.example").splitlines())
    assert site["site"].startswith("site_") and len(site["secret"]) >= 43
    rep = dict(line.split() for line in typed(folder, "rep", "add", "rita", "--role", "admin").splitlines())
    key = typed(folder, "apikey", "add", "ERP").strip()
    token = typed(folder, "session", "token", "--role", "supervisor", "--name", "Sue").strip()

    async def look() -> tuple[str, str, str]:
        core = started(folder)
        await core.start()
        identity = core.services.identity
        arrived = await identity.logins.password(tenant, "rita", rep["password"], "127.0.0.1")
        callers = [arrived.caller, await identity.authenticate(key), await identity.authenticate(token)]
        await core.stop()
        assert {caller.tenant_id for caller in callers} == {tenant}
        return callers[0].role.value, callers[1].role.value, callers[2].role.value

    assert asyncio.run(look()) == ("admin", "admin", "supervisor")
    typed(folder, "tenant", "add", "Another")
    assert typed(folder, "apikey", "add", "X", code=1) is not None  # which tenant?
    typed(folder, "rep", "add", "rita", "--role", "king", "--tenant", tenant, code=2)


def test_an_operator_verifies_the_audit_log(folder: Path) -> None:
    tenant = typed(folder, "tenant", "add", "My shop").strip()
    typed(folder, "apikey", "add", "ERP")
    typed(folder, "apikey", "add", "CRM")
    head = typed(folder, "audit", "head").split()
    assert "2 lines  as they were written" in typed(folder, "audit", "verify", *head)

    async def tamper() -> None:
        core = started(folder)
        await core.store.open()
        await core.store.write(lambda tx: tx.execute(delete(audit_log).where(audit_log.c.position == 1)))
        await core.store.close()

    asyncio.run(tamper())
    said = typed(folder, "audit", "verify", "--tenant", tenant, code=1)
    assert "line 1: 1 lines are missing" in said


def test_the_demonstration_has_somebody_of_each_kind(tmp_path: Path) -> None:
    async def look() -> list[str]:
        core = started(tmp_path)
        await core.start()
        for _ in range(2):
            await demo.prepare(core)
        identity = core.services.identity
        arrived = [await identity.logins.password(demo.TENANT, login, "tresen-demo-counter", "::1") for login in ("rita", "sue", "ada")]
        good = await audit.verify(core.store, demo.TENANT)
        assert good.good and identity.admits("http://localhost:8080")
        await core.stop()
        return [each.caller.role.value for each in arrived]

    assert asyncio.run(look()) == ["rep", "supervisor", "admin"]
