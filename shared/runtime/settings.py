"""What an operator sets by environment variables; the names are a contract."""

import os
from datetime import date
from pathlib import Path

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.messaging.topology import MOST_SHARDS, TOPOLOGY, Topology, sharded


class Settings(BaseSettings):
    """Settings that all services share; each variable is `GUANAI_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix="GUANAI_", env_ignore_empty=True, extra="ignore")

    database_url: str | None = None
    amqp_url: str | None = None
    admin_key: SecretStr | None = None
    oidc_issuer: str | None = None
    oidc_audience: str | None = None
    today: date | None = None
    data_dir: Path = Path(".guanai")
    reference_dir: Path | None = None
    pii_key: SecretStr | None = None
    pii_key_file: Path | None = None
    programme_start_month: int = Field(default=9, ge=1, le=12)
    keep_receipts_days: int = Field(default=800, ge=60)
    keep_log_years: int | None = Field(default=None, ge=1)
    """How many programme years before the present one the log of facts reaches back; unset, to the beginning."""
    reporting_shards: int = Field(default=1, ge=1, le=MOST_SHARDS)
    reporting_shard: int = Field(default=0, ge=0)
    log_level: str = "INFO"

    @field_validator("reporting_shard")
    @classmethod
    def _is_one_of_them(cls, shard: int, others: ValidationInfo) -> int:
        if shard >= (shards := others.data.get("reporting_shards", 1)):
            raise ValueError(f"GUANAI_REPORTING_SHARDS is {shards}: the shards are 0 to {shards - 1}")
        return shard

    @property
    def topology(self) -> Topology:
        """What the broker is told to make; the local transport has no shards."""
        return sharded(self.reporting_shards) if self.amqp_url else TOPOLOGY

    def database_url_of(self, service: str) -> str:
        """The service's own URL, or the common one, or a SQLite file in the data directory."""
        own = os.environ.get(f"GUANAI_{service.upper()}_DATABASE_URL") or self.database_url
        return own or f"sqlite:///{(self.data_dir / service).absolute()}.sqlite"
