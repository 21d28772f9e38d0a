"""Questions that go through whole tables may take longer than a person's, and sort in memory."""

from sqlalchemy import text

from shared.messaging.transaction import Transaction

_PATIENTLY = (text("SET LOCAL statement_timeout = '10min'"), text("SET LOCAL work_mem = '64MB'"))


async def take_time(tx: Transaction) -> None:
    """Until the transaction ends a statement may run for ten minutes."""
    for statement in _PATIENTLY if tx.is_postgres else ():
        await tx.connection.execute(statement)
