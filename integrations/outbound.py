"""What all requests to others have in common: nothing of the environment, nothing endless."""

import logging
import time
from collections.abc import Iterator, Mapping
from http.cookiejar import DefaultCookiePolicy

import requests

# At DEBUG it would write addresses with all that is in them into the log: values, tokens.
logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)


def plain_session(headers: Mapping[str, str]) -> requests.Session:
    """A session with these headers that sends nothing but what it is told to, where it is told."""
    session = requests.Session()
    # No proxies, no .netrc: nothing of the environment changes where credentials go.
    session.trust_env = False
    # A session cookie would be a second, older login; and a jar is no thing to share by threads.
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.headers.update({"User-Agent": "hpsync", **headers})
    return session


def whole_body(response: requests.Response, *, until: float, largest: int) -> bytes:
    """The whole body.

    Args:
        until: By `time.monotonic`.
        largest: In bytes, unpacked.

    Raises:
        ReadTimeout: not there in time, or larger. The socket's own time-out is for each piece
            alone: who sends a byte at a time could hold us for ever.
    """
    body = bytearray()
    while piece := response.raw.read1(65536, decode_content=True):
        body += piece
        if time.monotonic() > until or len(body) > largest:
            raise requests.ReadTimeout
    return bytes(body)


def causes(error: BaseException) -> Iterator[BaseException]:
    """The error and all that it wraps, in the several ways of requests, urllib3 and ssl."""
    waiting: list[BaseException] = [error]
    seen: set[int] = set()
    while waiting:
        cause = waiting.pop(0)
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        wrapped = [*cause.args, getattr(cause, "reason", None), cause.__cause__, cause.__context__]
        waiting += [one for one in wrapped if isinstance(one, BaseException)]
