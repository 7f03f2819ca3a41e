"""What all tables share: the metadata, with names for constraints, so that migrations can speak of them.

A LargeBinary column says what is in it: `info=sealed("timeline/{conversation_id}/{seq}")` names the place that its value is sealed with
(`tx.seal(tenant_id, plain, place)`, filled in from the row's columns), by which key rotation finds it; `info=plain("why")` says why it is
not sealed. A law test holds every table to it.
"""

from typing import Any

from sqlalchemy import MetaData

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def sealed(place: str) -> dict[str, Any]:
    """A column's `info`: sealed with its tenant's key, at this place; `{name}` stands for the row's column of that name."""
    return {"sealed": place}


def plain(reason: str) -> dict[str, Any]:
    """A column's `info`: bytes that are not sealed, and why that is right."""
    return {"plain": reason}
