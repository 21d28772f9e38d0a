"""Where programs and fonts that tests need are; run as a module it prints the packages that this machine lacks."""

import os
import re
import shutil
import sys
from pathlib import Path

from services.reporting.gateways.documents import missing_fonts

_PLACES = {
    "rabbitmq-server": ("/usr/lib/rabbitmq/bin", "/usr/lib/rabbitmq/lib/*/sbin", "/usr/local/lib/rabbitmq/sbin"),
    "postgres": ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin"),
    "epmd": ("/usr/lib/erlang/bin", "/usr/local/lib/erlang/bin"),
}
_PACKAGES = {"rabbitmq-server": "rabbitmq-server", "postgres": "postgresql"}
FONTS = "fonts-noto-cjk"
_ADDRESSES = {"rabbitmq-server": "GUANAI_TEST_AMQP_URL", "postgresql": "GUANAI_TEST_DATABASE_URL"}


class MissingProgramError(Exception):
    """A program that a private node needs is not on this machine."""


def program(name: str) -> Path:
    """The newest installed `name`: from the packages' own directories, else from PATH."""
    found = [path for place in _PLACES.get(name, ()) for path in Path("/").glob(f"{place[1:]}/{name}")]
    on_path = shutil.which(name)
    if found:
        return max(found, key=_version)
    if on_path:
        return Path(on_path).resolve()
    raise MissingProgramError(f"{name} is not installed: looked in {', '.join([*_PLACES.get(name, ()), 'PATH'])}")


def sibling(of: str, name: str) -> Path:
    """The program `name` from the same directory as `of`, so that versions never mix."""
    path = program(of).parent / name
    if not path.exists():
        raise MissingProgramError(f"{name} is missing beside {program(of)}")
    return path


def missing_packages() -> list[str]:
    """Debian's names of the packages without which no private node can start."""
    return [package for name, package in _PACKAGES.items() if not _is_there(name)]


def packages_to_install() -> list[str]:
    """The missing packages, fonts included, but for servers whose address the environment gives."""
    servers = [package for package in missing_packages() if not os.environ.get(_ADDRESSES[package])]
    return [*servers, *([FONTS] if missing_fonts() else [])]


def _is_there(name: str) -> bool:
    try:
        return program(name).exists()
    except MissingProgramError:
        return False


def _version(path: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", str(path.parent))]


if __name__ == "__main__":
    sys.stdout.write("".join(f"{package}\n" for package in packages_to_install()))
