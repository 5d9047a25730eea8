"""Carries one request of a channel and says what came of it; never names its address or tokens."""

import logging
import re
import ssl
import time
from collections.abc import Collection, Iterator, Sequence
from urllib.parse import quote, urlsplit

import requests
from urllib3.exceptions import HTTPError, NameResolutionError

from common.problems import Problem
from integrations.egress import Egress, InsideAddressError, Network
from integrations.kintone.trust import tls_context
from integrations.outbound import causes, plain_session, whole_body
from jobs.notices.channels import Answer, Channel, Request
from jobs.notices.message import Message

logger = logging.getLogger("jobs.notices")

CONNECT_TIMEOUT = 5.0
READ_TIMEOUT = 10.0
#: For a whole exchange, however slowly the answer comes.
LONGEST_EXCHANGE = 15.0
#: An answer beyond this is none of a service that takes notices.
LARGEST_ANSWER = 64 * 1024
#: How much of what the other side said is kept.
SAID = 200

_CODE_BY_STATUS = {
    401: "notice.denied",
    403: "notice.denied",
    404: "notice.gone",
    405: "notice.gone",
    410: "notice.gone",
    429: "notice.too_many",
}


#: What of a page is no text.
_MARKS = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)


class DeliveryError(Exception):
    """The message did not arrive, as far as we know; `problem` says why."""

    def __init__(self, problem: Problem, *, of_message: bool = False) -> None:
        super().__init__(problem.code)
        self.problem = problem
        self.of_message = of_message
        """This message was refused: another may pass."""


class Wire:
    """Posts messages within the bounds of `inside`; for one thread."""

    def __init__(self, *, inside: Sequence[Network] = (), ca_bundle: str | None = None) -> None:
        self._egress = Egress(tuple(inside))
        self._ca_bundle = ca_bundle

    def post(self, channel: Channel, message: Message, *, secrets: Collection[str] = ()) -> Answer:
        """The answer that confirms the message.

        Args:
            secrets: Are masked in what is kept of an answer.

        Raises:
            DeliveryError: there is none.
        """
        try:
            request = channel.request(message)
            answer = self._exchange(request)
        except InsideAddressError:
            raise DeliveryError(Problem(code="notice.inside")) from None
        except (requests.RequestException, HTTPError, ValueError) as error:
            # Only what it was is kept: the error itself holds the request, tokens and all.
            raise DeliveryError(Problem(code=_unanswered(error))) from None
        said = _said(answer, hidden={*secrets, *_hidden_in(request)})
        if not 200 <= answer.status < 300:
            raise _refused(answer.status, said)
        if not channel.took(answer):
            code = "notice.too_many" if "429" in said else "notice.refused"
            params: dict[str, str | int] = {"status": answer.status, "said": said}
            raise DeliveryError(Problem(code=code, params=params), of_message=True)
        return Answer(status=answer.status, text=said)

    def _exchange(self, request: Request) -> Answer:
        deadline = time.monotonic() + LONGEST_EXCHANGE
        adapter = self._egress.adapter(tls_context(ca_bundle=self._ca_bundle, certificate=None))
        with plain_session({}) as session:
            session.mount("https://", adapter)
            session.mount("http://", adapter)
            with session.post(
                request.url,
                data=request.body,
                headers=dict(request.headers),
                timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
                # Where a redirect leads nobody looked at; and it could be for a token.
                allow_redirects=False,
                stream=True,
            ) as response:
                body = _beginning(response, until=deadline)
                return Answer(status=response.status_code, text=body.decode(errors="replace"))


def _beginning(response: requests.Response, *, until: float) -> bytes:
    """The body; of one that is too long or too slow nothing, for its status says what counts."""
    try:
        return whole_body(response, until=until, largest=LARGEST_ANSWER)
    except (requests.RequestException, HTTPError, OSError):
        return b""


def _refused(status: int, said: str) -> DeliveryError:
    params: dict[str, str | int] = {"status": status, "said": said}
    code = _CODE_BY_STATUS.get(status, "notice.refused")
    if status >= 500:
        code = "notice.server"
    elif status < 400:
        code = "notice.redirect"
        params["said"] = ""  # where to is of no use, and may hold a token
    return DeliveryError(Problem(code=code, params=params), of_message=code == "notice.refused")


def _unanswered(error: Exception) -> str:
    """The code of the problem that no answer came."""
    found = list(causes(error))
    if any(isinstance(cause, ssl.SSLError) for cause in found):
        return "notice.certificate"
    if any(isinstance(cause, NameResolutionError) for cause in found):
        return "notice.name"
    if isinstance(error, requests.Timeout):
        return "notice.slow"
    if isinstance(error, ValueError) and not isinstance(error, requests.ConnectionError):
        return "notice.address"
    return "notice.unreachable"


def _said(answer: Answer, *, hidden: Collection[str]) -> str:
    """What a person may read of the answer: one line of text without marks, no secret in it."""
    text = _MARKS.sub(" ", answer.text)
    text = "".join(one if one.isprintable() else " " for one in text)
    for secret in sorted(hidden, key=len, reverse=True):
        text = text.replace(secret, "********")
    text = " ".join(text.split())
    return text if len(text) <= SAID else text[: SAID - 1] + "…"


def _hidden_in(request: Request) -> Iterator[str]:
    """The address, and each of its parts that can be a token, as an answer may repeat them."""
    parts = urlsplit(request.url)
    yield request.url
    pieces = [*parts.path.split("/"), *parts.query.replace("=", "&").split("&")]
    for piece in {piece for piece in pieces if len(piece) >= 8}:
        yield from {piece, quote(piece, safe="")}
