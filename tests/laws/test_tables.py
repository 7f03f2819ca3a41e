"""What every table owes the others: the tenant first in its key, bytes that say how they are sealed."""

import re

from sqlalchemy import LargeBinary

from signalling.privacy.register import REGISTER
from signalling.store.tables import metadata

# The only table that is above tenants.
WITHOUT_TENANT = {"tenants"}


def test_every_key_begins_with_the_tenant() -> None:
    first = {table.name: next(iter(table.primary_key.columns)).name for table in metadata.sorted_tables}
    assert {name for name, column in first.items() if column != "tenant_id"} == WITHOUT_TENANT


def test_every_column_of_bytes_says_how_it_is_sealed() -> None:
    wrong = []
    for table in metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, LargeBinary):
                named = re.findall(r"\{(\w+)\}", column.info.get("sealed", ""))
                if ("sealed" in column.info) == ("plain" in column.info) or not set(named) <= set(table.columns.keys()):
                    wrong.append(f"{column}: give it info=sealed(place) or info=plain(why); places name columns of {table.name}")
    assert wrong == []


def test_times_and_amounts_fit() -> None:
    narrow = [
        str(column)
        for table in metadata.sorted_tables
        for column in table.columns
        if column.name.endswith("_us") and str(column.type) != "BIGINT"
    ]
    assert narrow == []


def test_every_table_says_whose_it_is_and_what_becomes_of_it() -> None:
    missing = set(metadata.tables) - set(REGISTER)
    assert missing == set(), "say in signalling/privacy/register.py whose these are, what erasure does with them and how long they are kept"
    wrong = []
    for name, holding in REGISTER.items():
        if name not in metadata.tables:
            wrong.append(f"{name}: there is no such table")
            continue
        columns = metadata.tables[name].columns.keys()
        named = [holding.customer, holding.since, holding.moves, holding.only[0] if holding.only else None]
        named.append(holding.parent.column if holding.parent else None)
        wrong += [f"{name}.{each}: there is no such column" for each in named if each is not None and each not in columns]
        if holding.parent is not None and holding.parent.key not in metadata.tables[holding.parent.table].columns:
            wrong.append(f"{name}: its parent has no {holding.parent.key}")
        if holding.personal != (holding.erase is not None):
            wrong.append(f"{name}: say what erasure does with a customer's rows, and only with those")
    assert wrong == []


def test_a_column_that_names_a_customer_is_in_the_register() -> None:
    names = {"customer_id", "subject_id", "caller_id"}
    forgotten = [name for name, table in metadata.tables.items() if names & set(table.columns.keys()) and not REGISTER[name].personal]
    assert forgotten == []
