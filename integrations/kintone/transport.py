"""Carries calls to kintone: sessions, time-outs, attempts. Knows nothing of what is carried."""

import logging
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode, urlsplit

import orjson
import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, NewConnectionError

from integrations.kintone.answers import read_answer
from integrations.kintone.errors import (
    AllowanceSpentError,
    ConfigReason,
    KintoneConfigError,
    KintoneError,
    KintoneTransientError,
)
from integrations.kintone.exchange import Answer, Attempt, Call, Exchange, Failure
from integrations.kintone.masks import Masks
from integrations.kintone.values import Meter
from integrations.outbound import causes, plain_session, whole_body

logger = logging.getLogger("integrations.kintone")

CONNECT_TIMEOUT = 10.0
READ_TIMEOUT = 30.0

#: How often a call is tried in all, at most.
ATTEMPTS = 4
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 8.0

#: For sending, and for kintone to finish what it took in after we gave up: our allowance, it
#: documents no limit of its own.
ALLOWANCE = 20.0

#: The longest time that one exchange can be alive at kintone, from its beginning.
REQUEST_LIFE = timedelta(seconds=CONNECT_TIMEOUT + READ_TIMEOUT + ALLOWANCE)

#: The same for one call of the client with all its attempts and the pauses between them.
CALL_LIFE = ATTEMPTS * REQUEST_LIFE + (ATTEMPTS - 1) * timedelta(seconds=LONGEST_PAUSE)

#: A longer GET travels as a POST, as in rest-api-client; kintone takes URLs of 8 KB.
LONGEST_URL = 4096

#: So many calls under way in a domain are near kintone's 100. Source: cybozu.dev's tip on the
#: header X-ConcurrencyLimit-Running (kintone-api.md §7).
MANY_RUNNING = 80

#: An answer beyond this is none of kintone's.
LARGEST_ANSWER = 64 * 1024 * 1024

_JSON = {"Content-Type": "application/json"}

#: Sent with every call.
_OURS = {"Accept-Language": "ja"}

#: Headers of an answer that tell what became of a call, and by which others can find it again.
_TELLING = (
    *("Date", "Content-Type", "Server", "Location", "Retry-After", "WWW-Authenticate"),
    *("X-Cybozu-Error", "X-Cybozu-Warning", "X-Cybozu-Request-Id", "X-Request-Id"),
    *("X-ConcurrencyLimit-Limit", "X-ConcurrencyLimit-Running"),
)

#: No more of an answer than this, in bytes, is kept as evidence.
_MOST_KEPT = 1_000_000

#: TLS alerts by which a server says that our certificate is missing or not to its liking.
_CERTIFICATE_ALERTS = ("CERTIFICATE", "UNKNOWN_CA", "HANDSHAKE_FAILURE")


class Transport:
    """Carries calls to one kintone with one login; several threads may use it at once."""

    def __init__(
        self,
        *,
        base_url: str,
        headers: Mapping[str, str],
        tls: Callable[[], ssl.SSLContext],
        meter: Meter | None,
        timeout: float,
        attempts: int,
        connections: int,
        sleep: Callable[[float], None],
        random: Callable[[], float],
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._session = plain_session({**_OURS, **headers})
        self._masks = Masks(headers)
        context = tls() if base_url.startswith("https:") else None
        self._session.mount(base_url, _Adapter(context, connections=connections))
        self._meter = meter
        self._timeout = timeout
        self._attempts = attempts
        self._sleep = sleep
        self._random = random

    def send(self, call: Call) -> Mapping[str, object]:
        """kintone's answer, tried again while that may help.

        Raises:
            KintoneError: the last failure; `may_have_written` speaks for all attempts.
            AllowanceSpentError: nothing was sent, or nothing that kintone may have carried out.
        """
        may_have_written = False
        failure = None
        attempts: list[Attempt] = []
        last: Answer | None = None
        for pause in self._pauses():
            try:
                self._count(call)
            except AllowanceSpentError:
                if failure is None or not may_have_written:
                    raise
                break
            at, began = datetime.now(UTC), time.monotonic()
            result, answer = self._exchange(call)
            if not isinstance(result, Failure):
                return result
            failure, last = result, answer or last
            attempts.append(_attempt(failure, at=at, seconds=time.monotonic() - began))
            may_have_written = may_have_written or failure.error.may_have_written
            if not failure.retry or pause is None:
                break
            self._sleep(pause)
        assert failure is not None
        failure.error.may_have_written = may_have_written
        failure.error.exchange = self._evidence(call, attempts, last)
        raise failure.error

    def _evidence(
        self, call: Call, attempts: Sequence[Attempt], answer: Answer | None = None
    ) -> Exchange:
        """What is kept of a call that failed, without its credentials."""
        mask = self._masks.mask
        given = answer.headers if answer else {}
        body = answer.body[:_MOST_KEPT].decode(errors="replace") if answer else ""
        return Exchange(
            call=call,
            url=_shown(self._base_url) + call.path,
            headers={**_OURS, **_media_type(call), **self._masks.headers},
            attempts=attempts,
            answer=mask(body),
            answer_headers={name: mask(given[name]) for name in _TELLING if name in given},
        )

    def unexpected(self, call: Call, answer: Mapping[str, object]) -> Exchange:
        """What is kept of a call that was answered, but not with what kintone promises."""
        attempt = Attempt(at=datetime.now(UTC), seconds=0, status=200)
        return self._evidence(call, [attempt], Answer(status=200, body=orjson.dumps(answer)))

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._session.close()

    def _pauses(self) -> Iterator[float | None]:
        """Seconds to wait after each attempt, half of it by chance; None after the last."""
        for attempt in range(self._attempts - 1):
            pause = min(FIRST_PAUSE * 2**attempt, LONGEST_PAUSE)
            yield pause * (0.5 + self._random() / 2)
        yield None

    def _count(self, call: Call) -> None:
        if self._meter:
            self._meter.spend(app=call.app, requests=call.counted)

    def _exchange(self, call: Call) -> tuple[Mapping[str, object] | Failure, Answer | None]:
        began = time.monotonic()
        answer = None
        try:
            answer = self._receive(call)
        except (requests.RequestException, HTTPError) as error:
            # Only what it was is kept: the error itself holds the request, credentials and all.
            result: Mapping[str, object] | Failure = _unanswered(error, call=call)
            status = 0
        else:
            if answer.status >= 400:  # what it says will be shown, and some quote all that they got
                answer = replace(answer, body=self._masks.mask_bytes(answer.body))
            result = read_answer(answer, call=call)
            status = answer.status
            if self._meter:
                busy = isinstance(result, Failure) and result.too_much
                self._meter.heard(too_much=busy or answer.running >= MANY_RUNNING)
        _log(call, status=status, result=result, seconds=time.monotonic() - began)
        return result, answer

    def _receive(self, call: Call) -> Answer:
        method, url, headers, body = _request(call, base_url=self._base_url)
        deadline = time.monotonic() + CONNECT_TIMEOUT + self._timeout + ALLOWANCE
        with self._session.request(
            method,
            url,
            headers=headers,
            data=body,
            timeout=(CONNECT_TIMEOUT, self._timeout),
            allow_redirects=False,
            stream=True,
        ) as response:
            basic = response.headers.get("WWW-Authenticate", "").lower().startswith("basic")
            running = response.headers.get("X-ConcurrencyLimit-Running", "")
            return Answer(
                status=response.status_code,
                body=whole_body(response, until=deadline, largest=LARGEST_ANSWER),
                running=int(running) if running.isdecimal() else 0,
                asks_for_basic=basic,
                headers=response.headers,
            )


class _Adapter(HTTPAdapter):
    """Keeps as many connections as there may be requests in flight, with our TLS context."""

    def __init__(self, context: ssl.SSLContext | None, *, connections: int) -> None:
        self._context = context
        super().__init__(pool_maxsize=connections, pool_block=True)

    def init_poolmanager(self, *args: object, **kwargs: object) -> None:
        if self._context:
            kwargs["ssl_context"] = self._context
        super().init_poolmanager(*args, **kwargs)  # type: ignore[arg-type]  # passed on


def _request(call: Call, *, base_url: str) -> tuple[str, str, dict[str, str], bytes | None]:
    """Method, URL, headers and body of a call.

    A GET has no body and no Content-Type (CB_IL02); a long one becomes a POST that says so.
    """
    url = base_url + call.path
    json = _media_type(call)
    if call.body is not None:
        return call.method, url, json, orjson.dumps(call.body)
    if not call.query:
        return call.method, url, {}, None
    long_url = f"{url}?{urlencode(call.query)}"
    if len(long_url) <= LONGEST_URL:
        return call.method, long_url, {}, None
    override = {"X-HTTP-Method-Override": call.method}
    return "POST", url, _JSON | override, orjson.dumps(_as_body(call.query))


def _media_type(call: Call) -> dict[str, str]:
    return _JSON if call.body is not None else {}


def _shown(base_url: str) -> str:
    """The address without a login that may stand in it."""
    scheme, _, rest = base_url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


def _attempt(failure: Failure, *, at: datetime, seconds: float) -> Attempt:
    error = failure.error
    return Attempt(
        at=at, seconds=seconds, status=error.status or 0, code=error.code, lost=failure.lost
    )


def _as_body(query: Mapping[str, str]) -> dict[str, object]:
    """A query as the body of an overridden POST: `fields[0]`, `fields[1]` … become a list."""
    body: dict[str, object] = {}
    for name, value in query.items():
        if name.endswith("]"):
            items = body.setdefault(name.partition("[")[0], [])
            assert isinstance(items, list)
            items.append(value)
        else:
            body[name] = value
    return body


def _unanswered(error: Exception, *, call: Call) -> Failure:
    """What it means that no answer came."""
    found = list(causes(error))
    names = " ← ".join(dict.fromkeys(type(cause).__name__ for cause in found))
    summary = f"{call}: no answer ({names})"
    if any(isinstance(cause, ssl.SSLError) and _refuses_us(cause) for cause in found):
        refused: KintoneError = KintoneConfigError(summary, reason=ConfigReason.CERTIFICATE)
        return Failure(error=refused, lost=names)
    never_connected = any(
        isinstance(
            cause, requests.ConnectTimeout | NewConnectionError | ssl.SSLCertVerificationError
        )
        for cause in found
    )
    lost = KintoneTransientError(summary, may_have_written=call.writes and not never_connected)
    return Failure(error=lost, retry=True, lost=names)


def _refuses_us(error: ssl.SSLError) -> bool:
    reason = error.reason or ""
    return "ALERT" in reason and any(name in reason for name in _CERTIFICATE_ALERTS)


def _log(
    call: Call, *, status: int, result: Mapping[str, object] | Failure, seconds: float
) -> None:
    if not isinstance(result, Failure):
        logger.info("%s: %d in %.3f s", call, status, seconds)
        return
    logger.warning("%s in %.3f s", result.error, seconds)


def is_safe(base_url: str) -> bool:
    """Whether credentials may go there: over TLS, or within this machine."""
    address = urlsplit(base_url)
    loopback = ("localhost", "127.0.0.1", "::1")
    return address.scheme == "https" or (address.scheme == "http" and address.hostname in loopback)
