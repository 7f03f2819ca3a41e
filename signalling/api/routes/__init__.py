"""The operations, one file a subject, none of them deciding anything: they call the domain and shape its answer."""

from signalling.api.operation import Operation
from signalling.api.routes import (
    accounts,
    attachments,
    calls,
    canned,
    carts,
    catalogue,
    conversations,
    grants,
    help,
    hours,
    inbound,
    messages,
    orders,
    pay,
    payments,
    privacy,
    queue,
    queues,
    reps,
    sessions,
    shops,
    sites,
    tenants,
    transcripts,
    webhooks,
)

# In the order of the documentation.
SUBJECTS = (
    sessions,
    conversations,
    messages,
    attachments,
    canned,
    transcripts,
    queue,
    reps,
    hours,
    calls,
    catalogue,
    carts,
    grants,
    orders,
    help,
    payments,
    pay,
    inbound,
    privacy,
    accounts,
    sites,
    tenants,
    webhooks,
    queues,
    shops,
)


def all_operations() -> list[Operation]:
    """Every operation, in the order of the documentation."""
    return [operation for subject in SUBJECTS for operation in subject.operations]
