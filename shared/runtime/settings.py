"""What an operator sets by environment variables; the names are a contract."""

import os
from datetime import date
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


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
    log_level: str = "INFO"

    def database_url_of(self, service: str) -> str:
        """The service's own URL, or the common one, or a SQLite file in the data directory."""
        own = os.environ.get(f"GUANAI_{service.upper()}_DATABASE_URL") or self.database_url
        return own or f"sqlite:///{(self.data_dir / service).absolute()}.sqlite"
