"""What Alembic runs around the revisions: on the connection that `migrations` hands over, in the transaction it is in."""

from alembic import context

from signalling.store.migrations import include
from signalling.store.tables import metadata


def run() -> None:
    """Runs what Alembic was asked for."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=metadata,
        render_as_batch=True,  # SQLite cannot alter a table in place
        include_object=include,
    )
    with context.begin_transaction():
        context.run_migrations()


if getattr(context, "config", None) is not None:  # not where somebody only imports this
    run()
