"""What a start costs at least: FastAPI, uvicorn and SQLAlchemy with one table in SQLite and one route."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("sqlite+aiosqlite:///bare.sqlite")


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE regions (code text PRIMARY KEY, name text NOT NULL)"))
    yield


app = FastAPI(lifespan=lifespan)


@app.get("/regions")
async def regions() -> int:
    async with engine.connect() as connection:
        return int((await connection.execute(text("SELECT count(*) FROM regions"))).scalar_one())


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), loop="uvloop", log_level="error")
