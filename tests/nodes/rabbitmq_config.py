"""The configuration of a private RabbitMQ node: nothing outside its home, nothing beyond the loopback interface."""

import os
from collections.abc import Mapping
from pathlib import Path

NODE = "guanai@localhost"
_LOOPBACK = "-kernel inet_dist_use_interface {127,0,0,1}"
_SETTINGS = {
    "default_user": "guest",
    "default_pass": "guest",
    "heartbeat": "10",
    "vm_memory_high_watermark.absolute": "2GB",
    "disk_free_limit.absolute": "50MB",
    "raft.wal_max_size_bytes": "67108864",
    "log.console": "true",
    "log.console.level": "info",
    "log.file": "false",
}
_PLACES = {
    "HOME": ".",
    "RABBITMQ_CONFIG_FILE": "rabbitmq.conf",
    "RABBITMQ_ENABLED_PLUGINS_FILE": "enabled_plugins",
    "RABBITMQ_MNESIA_BASE": "data",
    "RABBITMQ_LOG_BASE": "log",
    "RABBITMQ_SCHEMA_DIR": "schema",
    "RABBITMQ_GENERATED_CONFIG_DIR": "config",
    "RABBITMQ_FEATURE_FLAGS_FILE": "feature_flags",
    "RABBITMQ_PID_FILE": "node.pid",
}


def write_files(home: Path, port: int, settings: Mapping[str, str]) -> None:
    """rabbitmq.conf (`settings` win over the defaults), the plugins and the cookie."""
    lines = {"listeners.tcp.1": f"127.0.0.1:{port}", **_SETTINGS, **settings}
    (home / "rabbitmq.conf").write_text("".join(f"{name} = {value}\n" for name, value in lines.items()))
    (home / "enabled_plugins").write_text("[rabbitmq_consistent_hash_exchange].\n")
    (home / ".erlang.cookie").write_text(os.urandom(16).hex())
    (home / ".erlang.cookie").chmod(0o400)


def environment(home: Path, dist_port: int, epmd_port: int) -> dict[str, str]:
    """What the server, epmd, rabbitmqctl and erl_call of this node are started with."""
    return {
        "PATH": os.environ["PATH"],
        "LC_ALL": "C.UTF-8",
        "RUNNING_UNDER_SYSTEMD": "true",  # the start script then turns into the Erlang VM: its pid is the VM's
        "ERL_EPMD_PORT": str(epmd_port),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODENAME": NODE,
        "RABBITMQ_DIST_PORT": str(dist_port),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": _LOOPBACK,
        "RABBITMQ_CTL_ERL_ARGS": _LOOPBACK,
        "RABBITMQ_CONF_ENV_FILE": "/dev/null",
        "RABBITMQ_LOGS": "-",
        **{name: str(home / place) for name, place in _PLACES.items()},
    }
