"""The control API under /sandbox/: faults, latency, apps and people from outside the process."""

from typing import TYPE_CHECKING

from sandbox.http_values import Answer, Incoming, text_answer
from sandbox.model import Domain

if TYPE_CHECKING:
    from sandbox.service import Sandbox


def handle(sandbox: "Sandbox", domain: Domain, incoming: Incoming, *, path: str) -> Answer:
    """The answer to a call of the control API."""
    return text_answer("Not Found", status=404)
