"""Reps' accounts, and customers as staff see them."""

from typing import Annotated, Literal

from pydantic import Field, SecretStr

from signalling.api.models import Body, CustomerId, Page, PageQuery, RepId
from signalling.api.operation import Context, Operations
from signalling.identity import customers, reps
from signalling.identity.caller import ADMINS, STAFF
from signalling.identity.customers import Customer
from signalling.identity.reps import Account

operations = Operations("Accounts")

Role = Literal["rep", "supervisor", "admin"]
Name = Annotated[str, Field(min_length=1, max_length=200)]
NewPassword = Annotated[SecretStr, Field(min_length=12, max_length=256)]


class NewAccount(Body):
    """A local account. Without a password nobody can log in to it yet."""

    login: Annotated[str, Field(min_length=2, max_length=254, pattern=r"^[^\x00-\x20\x7f]+$", examples=["rita", "rita@shop.example"])]
    name: Name
    email: Annotated[str, Field(max_length=320)] = ""
    role: Role = "rep"
    password: NewPassword | None = None


class AccountChange(Body):
    """What is left out stays."""

    name: Name | None = None
    role: Role | None = None
    disabled: bool | None = None


class Password(Body):
    """A new one."""

    password: NewPassword


class AccountsPage(Page[Account]):
    """A stretch of them."""


@operations.add("account.list", "GET", "/v1/accounts", roles=ADMINS)
async def list_accounts(context: Context, query: PageQuery) -> AccountsPage:
    """The tenant's accounts, by id."""
    found = await context.read(reps.list_all, context.tenant_id, after=query.cursor or "", limit=query.limit + 1)
    page = found[: query.limit]
    more = len(found) > query.limit
    return AccountsPage(data=page, next_cursor=page[-1].id if more else None, has_more=more)


@operations.add("account.create", "POST", "/v1/accounts", roles=ADMINS, status=201, creates=True)
async def create(context: Context, body: NewAccount) -> Account:
    """A new account."""
    password = body.password
    hashed = await context.services.identity.logins.passwords.hash(password.get_secret_value()) if password is not None else None
    return await context.write(
        reps.add,
        context.tenant_id,
        context.caller.actor,
        login=body.login,
        name=body.name,
        email=body.email,
        role=body.role,
        password_hash=hashed,
    )


@operations.add("account.read", "GET", "/v1/accounts/{rep_id}", roles=ADMINS)
async def read(context: Context, rep_id: RepId) -> Account:
    """An account."""
    return await context.read(reps.get, context.tenant_id, rep_id)


@operations.add("account.change", "PATCH", "/v1/accounts/{rep_id}", roles=ADMINS)
async def change(context: Context, rep_id: RepId, body: AccountChange) -> Account:
    """Changes an account; another role, and being disabled, end its sessions at once. The last admin stays one."""
    return await context.write(
        reps.change, context.tenant_id, context.caller.actor, rep_id, name=body.name, role=body.role, disabled=body.disabled
    )


@operations.add("account.set_password", "PUT", "/v1/accounts/{rep_id}/password", roles=ADMINS)
async def set_password(context: Context, rep_id: RepId, body: Password) -> None:
    """Replaces an account's password and ends its sessions."""
    await context.read(reps.get, context.tenant_id, rep_id)  # no hashing for nobody
    hashed = await context.services.identity.logins.passwords.hash(body.password.get_secret_value())
    await context.write(reps.set_password, context.tenant_id, context.caller.actor, rep_id, hashed)


@operations.add("customer.read", "GET", "/v1/customers/{customer_id}", roles=STAFF)
async def read_customer(context: Context, customer_id: CustomerId) -> Customer:
    """A customer: what the shop has signed, and apart from it what a page's script has said.

    The address is masked for roles that the tenant's settings name. Who looked is in the audit log.
    """
    return await context.write(customers.seen_by, context.caller, customer_id)
