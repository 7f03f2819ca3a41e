"""The operations, one file a subject, none of them deciding anything: they call the domain and shape its answer."""

from signalling.api.operation import Operation
from signalling.api.routes import attachments, conversations, help, inbound, messages, pay, payments, transcripts, webhooks


def all_operations() -> list[Operation]:
    """Every operation, in the order of the documentation."""
    return [
        *conversations.operations,
        *messages.operations,
        *attachments.operations,
        *help.operations,
        *payments.operations,
        *pay.operations,
        *inbound.operations,
        *transcripts.operations,
        *webhooks.operations,
    ]
