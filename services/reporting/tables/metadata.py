"""The one collection that all tables of reporting belong to."""

from sqlalchemy import MetaData

metadata = MetaData()
