"""Boards on a serial port, real or emulated: run Python on them and put files there, with mpremote."""

from .deploy import deploy, undeploy
from .remote import Remote, RemoteError

__all__ = ["Remote", "RemoteError", "deploy", "undeploy"]
