"""People who call a service: keys of a role and a region, and clients that send them."""

import httpx2

from shared.runtime import principals
from shared.runtime.principals import Principal
from shared.runtime.service import Running


async def key_for(running: Running, role: str, region: str = "") -> str:
    """A new key."""
    key_id, key = principals.new_key()
    async with running.desk.begin() as tx:
        await principals.add(tx, Principal(role, frozenset({role}), region, id=key_id), principals.hash_of(key))
    return key


async def client_for(running: Running, role: str, region: str = "") -> httpx2.AsyncClient:
    """A client of the service's app with a key of its own."""
    headers = {"Authorization": f"Bearer {await key_for(running, role, region)}"}
    transport = httpx2.ASGITransport(running.app())
    return httpx2.AsyncClient(transport=transport, base_url="http://guanai.test", headers=headers)
