"""What an operator sets about the ways out; without SMTP, mail waits."""

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class NotifySettings(BaseSettings):
    """Each variable is `GUANAI_<NAME>`; `smtp_url` is smtp://, smtps:// or smtp+starttls://[user:password@]host[:port]."""

    model_config = SettingsConfigDict(env_prefix="GUANAI_", env_ignore_empty=True, extra="ignore")

    smtp_url: SecretStr | None = None
    mail_from: str = "关爱保险平台 <guanai@localhost>"
    wecom_base_url: str = "https://qyapi.weixin.qq.com"
    webhook_allow_private: bool = False
