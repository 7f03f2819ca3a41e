"""What every table owes the others: the tenant first in its key, bytes that say how they are sealed."""

import re

from sqlalchemy import LargeBinary

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
