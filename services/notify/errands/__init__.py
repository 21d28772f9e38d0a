"""What notify does by itself: it carries due letters out, attempt by attempt, until each is settled."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from services.notify.errands.delivery import Office, deliver
from services.notify.gateways import Gateway
from services.notify.gateways.mail import Mail, NoMail
from services.notify.gateways.webhook import Webhook
from services.notify.gateways.wecom import WeCom
from services.notify.settings import NotifySettings
from shared.runtime.service import Running


def errands(running: Running) -> Sequence[tuple[str, Callable[[], Awaitable[None]]]]:
    """The delivery loop, with the gateways that the settings open."""
    office = office_of(running, NotifySettings())
    return [("deliver", lambda: deliver(office))]


def office_of(running: Running, settings: NotifySettings) -> Office:
    """Raises ValueError for an SMTP address or sender that cannot be meant."""
    secrets: dict[str, Sequence[str]] = {}
    return Office(running.desk, gateways_of(settings, secrets), secrets, running.metrics)


def gateways_of(settings: NotifySettings, secrets: Mapping[str, Sequence[str]]) -> dict[str, Gateway]:
    """One gateway a channel; `secrets` is looked into whenever a webhook is signed."""
    smtp_url = settings.smtp_url.get_secret_value() if settings.smtp_url else None
    return {
        "mail": Mail(smtp_url, settings.mail_from) if smtp_url else NoMail(),
        "webhook": Webhook(lambda url: secrets.get(url, ()), allow_private=settings.webhook_allow_private),
        "wecom": WeCom(settings.wecom_base_url),
    }
