"""What is sealed opens where it was sealed and nowhere else; new keys, while it is in use."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as rules
from hypothesis import strategies as st
from sqlalchemy import select, update

from mediaserver.errors import LocalError
from signalling import keys_commands, tenants
from signalling.app import SignallingCore
from signalling.config import Settings
from signalling.conversation import timeline
from signalling.installation import add_master_key
from signalling.store import Store, Transaction, rotation, sealing
from signalling.store.sealing import NUMBER_BYTES, SealBroken
from signalling.store.tables.conversation import timeline as entries
from signalling.store.tables.tenants import tenant_keys
from tests.signalling.people import CUSTOMER, FOREIGN, TENANT
from tests.signalling.shopping import Shopping

ONCE = rules(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


class Memory:
    """A unit of work whose keys are at hand, without a database."""

    def __init__(self) -> None:
        self.keys = {(tenant, number): bytes([number]) * 32 for tenant in (TENANT, FOREIGN) for number in (1, 2)}
        self.newest = {TENANT: 2, FOREIGN: 1}


SEALER = sealing.Sealer({"m": b"k" * 32})
TX: Transaction = Memory()  # type: ignore[assignment]  # sealing asks it for keys only


@ONCE
@given(st.binary(max_size=300), st.text(max_size=40), st.data())
def test_any_changed_byte_and_any_other_place_keep_it_shut(plain: bytes, about: str, data: st.DataObject) -> None:
    sealed = SEALER.seal(TX, TENANT, plain, about)
    assert SEALER.unseal(TX, TENANT, sealed, about) == plain
    at = data.draw(st.integers(0, len(sealed) - 1))
    changed = bytearray(sealed)
    changed[at] ^= data.draw(st.integers(1, 255))
    if int.from_bytes(changed[:NUMBER_BYTES], "big") in (1, 2):  # other numbers have no key, which the database says
        with pytest.raises(SealBroken):
            SEALER.unseal(TX, TENANT, bytes(changed), about)
    with pytest.raises(SealBroken):
        SEALER.unseal(TX, TENANT, sealed, about + "x")
    with pytest.raises(SealBroken):
        SEALER.unseal(TX, FOREIGN, sealed, about)
    cut = data.draw(st.integers(NUMBER_BYTES, len(sealed) - 1))
    with pytest.raises(SealBroken):
        SEALER.unseal(TX, TENANT, sealed[:cut], about)


async def test_a_value_without_its_key_says_so(store: Store) -> None:
    def work(tx: Transaction) -> None:
        sealed = bytearray(tx.seal(TENANT, b"x", "here"))
        sealed[NUMBER_BYTES - 1] = 77
        tx.unseal(TENANT, bytes(sealed), "here")

    with pytest.raises(SealBroken):
        await store.write(work)


async def test_everything_opens_before_and_after_rotation_and_is_sealed_with_the_new_key(
    core: SignallingCore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, shopping = core.store, Shopping(core)
    await shopping.begin()
    for n in range(3):
        await store.write(timeline.append, TENANT, shopping.conversation_id, "note", CUSTOMER.actor, {"n": n})
    before = await store.read(timeline.read, TENANT, shopping.conversation_id)
    monkeypatch.setattr(rotation, "BATCH_ROWS", 2)
    assert await store.write(rotation.new_key, TENANT) == 2
    said: list[str] = []
    assert await keys_commands.rotate_tenant(store, TENANT, said.append) == 0, said
    assert await keys_commands.rotate_tenant(store, TENANT, said.append) == 0 and " 0 values" in said[-1]

    def numbers(tx: Transaction) -> set[int]:
        found = set()
        for table, columns in rotation.sealed_tables():
            for column in columns:
                for row in tx.all(select(column.label("value")).where(table.c.tenant_id == TENANT, column.is_not(None))):
                    found.add(int.from_bytes(row.value[:NUMBER_BYTES], "big"))
        return found

    assert await store.read(numbers) == {2}
    assert await store.read(timeline.read, TENANT, shopping.conversation_id) == before
    assert (await shopping.cart()).id == shopping.cart_id


async def test_a_server_takes_the_new_key_when_it_next_looks(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "LOOK_AGAIN_S", 0.0)
    store.sealer.forget(TENANT)
    first = await store.write(lambda tx: tx.seal(TENANT, b"x", "here"))
    other = Store(str(store_url(store)), bus=store._bus, master_keys=store.sealer._masters)  # another process, as far as keys go
    await other.open()
    await other.write(rotation.new_key, TENANT)
    await other.close()
    second = await store.write(lambda tx: tx.seal(TENANT, b"x", "here"))
    assert (first[:NUMBER_BYTES], second[:NUMBER_BYTES]) == (b"\0\0\0\1", b"\0\0\0\2")


def store_url(store: Store) -> str:
    engine = store._backend._writing
    return str((getattr(engine, "sync_engine", engine)).url.render_as_string(hide_password=False))


async def test_what_does_not_open_is_counted_and_left_alone(core: SignallingCore) -> None:
    store, shopping = core.store, Shopping(core)
    await shopping.begin()
    here = (entries.c.tenant_id == TENANT) & (entries.c.conversation_id == shopping.conversation_id)
    await store.write(lambda tx: tx.execute(update(entries).where(here, entries.c.seq == 1).values(body=b"\0\0\0\1" + b"z" * 40)).rowcount)
    await store.write(rotation.new_key, TENANT)
    said: list[str] = []
    assert await keys_commands.rotate_tenant(store, TENANT, said.append) == 1
    assert "1 do not open" in said[-1]
    left = await store.read(lambda tx: tx.first(select(entries.c.body).where(here, entries.c.seq == 1)))
    assert left is not None and left.body == b"\0\0\0\1" + b"z" * 40


async def test_data_keys_move_to_a_new_master_key(core: SignallingCore, settings: Settings) -> None:
    """Two commands beside a server that still has the old one: it goes on, with keys it has not opened yet too."""
    await core.store.write(tenants.create, FOREIGN, "Other")
    sealed = await core.store.write(lambda tx: tx.seal(TENANT, b"x", "here"))
    masters = add_master_key(settings).master_keys
    command = Store(store_url(core.store), bus=core.bus, master_keys=masters)
    await command.open()
    assert await command.write(rotation.rewrap) == 2
    assert await command.write(rotation.rewrap) == 0
    assert {row.master_id for row in await command.read(lambda tx: tx.all(select(tenant_keys.c.master_id)))} == {"local2"}
    core.store.sealer.forget(TENANT)
    assert await core.store.read(lambda tx: tx.unseal(TENANT, sealed, "here")) == b"x"
    await command.close()
    lost = Store(store_url(core.store), bus=core.bus, master_keys={"local": masters["local"]})
    await lost.open()
    with pytest.raises(LocalError, match="TRESEN_MASTER_KEYS"):
        await lost.read(lambda tx: tx.unseal(TENANT, sealed, "here"))
    await lost.close()


def test_the_command_rotates_an_installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from typer.testing import CliRunner

    monkeypatch.setattr(keys_commands, "LOOK_AGAIN_S", 0.0)
    monkeypatch.setenv("TRESEN_DATA_DIR", str(tmp_path))
    keys_commands.on_store(Settings(data_dir=tmp_path), lambda store: _made(store))
    done = CliRunner().invoke(keys_commands.app, ["rotate"])
    assert done.exit_code == 0 and "sealed with key 2" in done.stdout, done.output
    assert CliRunner().invoke(keys_commands.app, ["rotate", "--tenant", "ten_none"]).exit_code == 1
    done = CliRunner().invoke(keys_commands.app, ["rewrap", "--new"])
    assert done.exit_code == 0 and "2 data keys" in done.stdout, done.output


async def _made(store: Store) -> int:
    await store.write(tenants.create, TENANT, "Shop")
    return 0
