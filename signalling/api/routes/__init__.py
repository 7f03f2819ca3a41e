"""The operations, one file a subject, none of them deciding anything: they call the domain and shape its answer."""

from signalling.api.operation import Operation
from signalling.api.routes import (
    attachments,
    carts,
    conversations,
    help,
    inbound,
    messages,
    pay,
    payments,
    transcripts,
    webhooks,
)

# In the order of the documentation.
SUBJECTS = (
    conversations,
    messages,
    attachments,
    carts,
    help,
    payments,
    pay,
    inbound,
    transcripts,
    webhooks,
)


def all_operations() -> list[Operation]:
    """Every operation, in the order of the documentation."""
    return [operation for subject in SUBJECTS for operation in subject.operations]
