"""Questions that go through whole tables may take longer than a person's."""

from sqlalchemy import text

from shared.messaging.transaction import Transaction

_PATIENTLY = text("SET LOCAL statement_timeout = '10min'")


async def take_time(tx: Transaction) -> None:
    """Until the transaction ends a statement may run for ten minutes."""
    if tx.is_postgres:
        await tx.connection.execute(_PATIENTLY)
