"""The operations, one file a subject, none of them deciding anything: they call the domain and shape its answer."""

from signalling.api.operation import Operation
from signalling.api.routes import accounts, attachments, conversations, messages, sessions, sites, tenants, transcripts, webhooks


def all_operations() -> list[Operation]:
    """Every operation, in the order of the documentation."""
    return [
        *sessions.operations,
        *conversations.operations,
        *messages.operations,
        *attachments.operations,
        *transcripts.operations,
        *webhooks.operations,
        *accounts.operations,
        *sites.operations,
        *tenants.operations,
    ]
