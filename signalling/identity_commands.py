"""`tresen tenant|site|rep|apikey|session|audit`: who may do what, from the machine's own command line.

For operators, on the configured database, while the server runs or not (a running server sees it within seconds). Reads arguments and
prints; decides nothing. What is printed as a secret is shown this once. Exit codes as in `cli`; `tresen audit verify` gives 1 where the
log was changed.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from mediaserver.errors import LocalError, RemoteError
from signalling import tenants
from signalling.bus import LocalBus
from signalling.config import load
from signalling.conversation.timeline import Actor
from signalling.identity import api_keys, reps, sessions, sites
from signalling.identity.caller import Caller, Role
from signalling.identity.passwords import Passwords
from signalling.ids import is_id, new_id
from signalling.installation import installation_secrets
from signalling.privacy import audit
from signalling.store import Store, migrations

T = TypeVar("T")
Config = Annotated[Path | None, typer.Option("--config", "-c", help="TOML file of settings (TRESEN_CONFIG_FILE).", dir_okay=False)]
DataDir = Annotated[Path | None, typer.Option(help="Folder for keys, recordings and the database.", file_okay=False)]
TenantOption = Annotated[str | None, typer.Option("--tenant", help="Id of the tenant; may be left out where there is only one.")]

tenant_app = typer.Typer(no_args_is_help=True, help="Tenants: shops that share this installation.")
site_app = typer.Typer(no_args_is_help=True, help="Sites: a shop's pages, and what it signs its customers' tokens with.")
rep_app = typer.Typer(no_args_is_help=True, help="Accounts of a shop's staff.")
api_key_app = typer.Typer(no_args_is_help=True, help="API keys of a shop's programs.")
session_app = typer.Typer(no_args_is_help=True, help="Session tokens for development.")
audit_app = typer.Typer(no_args_is_help=True, help="The audit log: whether it is as it was written.")

OPERATOR = Actor("system", "operator")


def with_store(config: Path | None, data_dir: Path | None, run: Callable[[Store], Awaitable[T]]) -> T:
    """Runs `run` on the configured database."""
    settings = load(config_file=config, data_dir=data_dir)

    async def opened() -> T:
        store = Store(settings.database, bus=LocalBus(), master_keys=installation_secrets(settings).master_keys)
        await store.open(migrations.upgrade)
        try:
            return await run(store)
        finally:
            await store.close()

    try:
        return asyncio.run(opened())
    except RemoteError as error:
        raise LocalError(error.detail) from None


async def the_tenant(store: Store, tenant_id: str | None) -> str:
    """The tenant that is meant. LocalError where that is not clear."""
    found = [tenant.id for tenant in await store.read(tenants.list_all)]
    if tenant_id is None and len(found) == 1:
        return found[0]
    if tenant_id not in found:
        raise LocalError(
            "there is no such tenant: tresen tenant list" if tenant_id else "say which tenant with --tenant: tresen tenant list"
        )
    return str(tenant_id)


@tenant_app.command("add")
def add_tenant(name: Annotated[str, typer.Argument(help="Its name.")], config: Config = None, data_dir: DataDir = None) -> None:
    """Makes a tenant and prints its id."""
    made = new_id("ten")
    with_store(config, data_dir, lambda store: store.write(tenants.create, made, name))
    print(made)


@tenant_app.command("list")
def list_tenants(config: Config = None, data_dir: DataDir = None) -> None:
    """Every tenant: id, name, since when."""
    for tenant in with_store(config, data_dir, lambda store: store.read(tenants.list_all)):
        print(f"{tenant.id}  {tenant.created_at[:10]}  {tenant.name}")


@site_app.command("add")
def add_site(
    name: Annotated[str, typer.Argument(help="Its name.")],
    origin: Annotated[list[str], typer.Option(help="Origin of its pages, such as https://shop.example; may be repeated.")],
    tenant: TenantOption = None,
    config: Config = None,
    data_dir: DataDir = None,
) -> None:
    """Makes a site with a shared secret (HS256), and prints its id, the key's id and the secret."""

    async def run(store: Store) -> tuple[sites.Site, sites.SiteKey]:
        tenant_id = await the_tenant(store, tenant)
        made = await store.write(sites.add, tenant_id, OPERATOR, name, origin)
        return made, await store.write(sites.add_key, tenant_id, OPERATOR, made.id, "HS256")

    site, key = with_store(config, data_dir, run)
    print(f"site    {site.id}\nkid     {key.id}\nsecret  {key.secret}")


@rep_app.command("add")
def add_rep(
    login: Annotated[str, typer.Argument(help="What they log in with.")],
    name: Annotated[str | None, typer.Option(help="As customers see them; left out: the login.")] = None,
    role: Annotated[str, typer.Option(help="rep, supervisor or admin.")] = "rep",
    password: Annotated[str | None, typer.Option(help="Left out: a random one, which is printed.", envvar="TRESEN_REP_PASSWORD")] = None,
    tenant: TenantOption = None,
    config: Config = None,
    data_dir: DataDir = None,
) -> None:
    """Makes a local account and prints its id, and the password where none was given."""
    if role not in ("rep", "supervisor", "admin"):
        raise typer.BadParameter("choose one of rep, supervisor, admin", param_hint="--role")
    chosen = password or secrets.token_urlsafe(16)

    async def run(store: Store) -> reps.Account:
        hashed = await Passwords().hash(chosen)
        tenant_id = await the_tenant(store, tenant)
        return await store.write(reps.add, tenant_id, OPERATOR, login=login, name=name or login, role=role, password_hash=hashed)

    print(f"rep       {with_store(config, data_dir, run).id}")
    if password is None:
        print(f"password  {chosen}")


@api_key_app.command("add")
def add_api_key(
    name: Annotated[str, typer.Argument(help="What it is for.")],
    role: Annotated[str, typer.Option(help="rep, supervisor or admin.")] = "admin",
    tenant: TenantOption = None,
    config: Config = None,
    data_dir: DataDir = None,
) -> None:
    """Makes an API key and prints it, once."""
    if role not in ("rep", "supervisor", "admin"):
        raise typer.BadParameter("choose one of rep, supervisor, admin", param_hint="--role")

    async def run(store: Store) -> api_keys.ApiKey:
        return await store.write(api_keys.add, await the_tenant(store, tenant), OPERATOR, name, role)

    print(with_store(config, data_dir, run).secret)


@session_app.command("token")
def session_token(
    role: Annotated[str, typer.Option(help="customer, rep, supervisor or admin.")] = "rep",
    person: Annotated[str | None, typer.Option(help="Id of whom it is for; left out: somebody new.")] = None,
    name: Annotated[str, typer.Option(help="Their name.")] = "Developer",
    ttl_s: Annotated[int, typer.Option(help="Seconds it is good for.", min=1, max=30 * 86_400)] = 8 * 3600,
    tenant: TenantOption = None,
    config: Config = None,
    data_dir: DataDir = None,
) -> None:
    """Prints a session token for REST and the socket, and nothing else. For development: it asks nobody for a password."""
    if role not in {each.value for each in Role}:
        raise typer.BadParameter("choose one of customer, rep, supervisor, admin", param_hint="--role")
    prefix = "cust" if role == "customer" else "rep"
    who = person or new_id(prefix)
    if not is_id(prefix, who):
        raise typer.BadParameter(f"an id of this role begins with {prefix}_", param_hint="--person")
    tenant_id = with_store(config, data_dir, lambda store: the_tenant(store, tenant))
    secret = installation_secrets(load(config_file=config, data_dir=data_dir)).session_secret
    print(sessions.mint(secret, Caller(tenant_id, who, Role(role), name, session_id=new_id("ses")), ttl_s))


@audit_app.command("verify")
def verify_audit(
    tenant: TenantOption = None,
    position: Annotated[int | None, typer.Option(help="Position of an end of the log that was kept elsewhere.", min=1)] = None,
    line_hash: Annotated[str | None, typer.Option("--hash", help="Its hash.")] = None,
    config: Config = None,
    data_dir: DataDir = None,
) -> None:
    """Reads the whole log; says whether a line was changed, removed, moved or cut off, and where. Exit code 1 where one was."""
    expected = audit.Head(position, line_hash) if position is not None and line_hash is not None else None

    async def run(store: Store) -> dict[str, audit.Verdict]:
        chosen = [tenant] if tenant is not None else [each.id for each in await store.read(tenants.list_all)]
        return {each: await audit.verify(store, await the_tenant(store, each), expected=expected) for each in chosen}

    verdicts = with_store(config, data_dir, run)
    for tenant_id, verdict in verdicts.items():
        print(f"{tenant_id}  {verdict.checked} lines  {'as they were written' if verdict.good else 'NOT as they were written'}")
        for fault in verdict.faults:
            print(f"  line {fault.position}: {fault.what}")
    raise typer.Exit(0 if all(verdict.good for verdict in verdicts.values()) else 1)


@audit_app.command("head")
def audit_head(tenant: TenantOption = None, config: Config = None, data_dir: DataDir = None) -> None:
    """Prints the end of the log, position and hash. Keep it elsewhere: with it, `verify` sees even an older copy put back."""

    async def run(store: Store) -> audit.Head:
        return await store.read(audit.head, await the_tenant(store, tenant))

    found = with_store(config, data_dir, run)
    print(f"--position {found.position} --hash {found.hash}")


def add_to(program: typer.Typer) -> None:
    """Adds these commands to the program."""
    for name, app in (
        ("tenant", tenant_app),
        ("site", site_app),
        ("rep", rep_app),
        ("apikey", api_key_app),
        ("session", session_app),
        ("audit", audit_app),
    ):
        program.add_typer(app, name=name)
