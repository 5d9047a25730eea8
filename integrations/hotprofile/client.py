"""Reads companies and leads of one Hot Profile: pace, attempts, time-outs inside."""

import logging
import random as chance
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import orjson
import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, SSLError

from integrations.hotprofile.errors import (
    ConfigReason,
    HotProfileConfigError,
    HotProfileError,
    HotProfileTransientError,
)
from integrations.hotprofile.pace import Pace
from integrations.hotprofile.reading import Answer, read_page
from integrations.hotprofile.values import Listing, Page
from integrations.kintone.trust import tls_context
from integrations.outbound import plain_session, whole_body

logger = logging.getLogger("integrations.hotprofile")

#: Times without a zone are Japan's (hotprofile.md A2).
JAPAN = ZoneInfo("Asia/Tokyo")

CONNECT_TIMEOUT = 10.0
#: For each piece of an answer; a page of 1,000 companies is made in seconds, not at once.
READ_TIMEOUT = 60.0
#: For a whole answer.
LONGEST_ANSWER = 120.0
#: An answer beyond this is none of Hot Profile's.
LARGEST_ANSWER = 64 * 1024 * 1024

#: How often a call is tried in all, at most.
ATTEMPTS = 5
FIRST_PAUSE = 2.0
LONGEST_PAUSE = 30.0
#: After "too many requests" the window of a minute must pass.
FIRST_PAUSE_WHEN_TOO_MANY = 10.0
LONGEST_PAUSE_WHEN_TOO_MANY = 60.0

TOO_MANY = 429


class HotProfileClient:
    """One Hot Profile, read with one API key; for one thread.

    `calls` counts the exchanges so far, repeated ones included.
    """

    def __init__(
        self,
        *,
        base_url: str,
        api_key: str,
        pace: Pace,
        ca_bundle: str | None = None,
        attempts: int = ATTEMPTS,
        timeout: float = READ_TIMEOUT,
        before_call: Callable[[], None] = lambda: None,
        sleep: Callable[[float], None] = time.sleep,
        random: Callable[[], float] = chance.random,
    ) -> None:
        """Connect to nobody yet.

        Args:
            base_url: `https://HOST`, without a slash at the end.
            before_call: Called before each attempt; what it raises stops the call.
        """
        self._base_url = base_url
        self._api_key = api_key
        self._pace = pace
        self._attempts = attempts
        self._timeout = timeout
        self._before_call = before_call
        self._sleep = sleep
        self._random = random
        self._session = _session(base_url, ca_bundle=ca_bundle)
        self.calls = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._session.close()

    def page(
        self,
        listing: Listing,
        *,
        from_id: int,
        updated_since: datetime | None = None,
        size: int | None = None,
    ) -> Page:
        """The first records with this id or a higher one, in the order of their ids.

        Going on by `Page.next_id` instead of by page numbers, nothing is skipped when records
        change, come or go meanwhile.

        Args:
            updated_since: Only those that changed then or later, to the second.
            size: At most so many; by default as many as one answer can hold.

        Raises:
            HotProfileConfigError: host, key or address must be mended by a person.
            HotProfileTransientError: still failing when the attempts were used up.
            HotProfileProtocolError: not the answer that the API promises.

        Source: apiDefinition.swagger.json, `search[from_id]`, `search[from_datetime_updated_on]`,
        `order`, `page`; as JSON body: customers' scripts (hotprofile.md A6).
        """
        search: dict[str, object] = {"from_id": from_id}
        if updated_since is not None:
            local = updated_since.astimezone(JAPAN)
            search["from_datetime_updated_on"] = f"{local:%Y/%m/%d %H:%M:%S}"
        return self._list(listing, search, size=size, from_id=from_id, ordered=True)

    def one(self, listing: Listing, record_id: int) -> Mapping[str, Any] | None:
        """The record of that id, or the one that Hot Profile answers with instead; None for none.

        After companies were merged it may answer with the one that stayed (hotprofile.md A3).

        Raises:
            HotProfileError: as `page`.
        """
        search: dict[str, object] = {"from_id": record_id, "to_id": record_id}
        found = self._list(listing, search, size=1, from_id=record_id, ordered=False)
        return found.records[0] if found.records else None

    def count(self, listing: Listing) -> int:
        """How many records there are, as the key's user sees them.

        Raises:
            HotProfileError: as `page`.
        """
        return self.page(listing, from_id=1, size=1).remaining

    def _list(
        self,
        listing: Listing,
        search: Mapping[str, object],
        *,
        size: int | None,
        from_id: int,
        ordered: bool,
    ) -> Page:
        body = {
            "search": search,
            "order": {"key": "id", "type": "asc"},
            "page": {"number": 1, "display_number": size or listing.largest_page},
        }
        failure: HotProfileError | None = None
        for number in range(self._attempts):
            self._before_call()
            self._pace.wait()
            try:
                answer = self._exchange(listing, body)
                return read_page(answer, listing=listing, from_id=from_id, ordered=ordered)
            except HotProfileTransientError as error:
                logger.warning("%s (attempt %d)", error, number + 1)
                failure = error
            if number + 1 < self._attempts:
                self._rest(failure, number)
        assert failure is not None
        raise failure

    def _rest(self, failure: HotProfileError, number: int) -> None:
        """Wait before the next attempt, a part of it by chance."""
        first, longest = FIRST_PAUSE, LONGEST_PAUSE
        if failure.status == TOO_MANY:
            first, longest = FIRST_PAUSE_WHEN_TOO_MANY, LONGEST_PAUSE_WHEN_TOO_MANY
        pause = min(first * 2**number, longest)
        self._sleep(pause * (0.75 + self._random() / 2))

    def _exchange(self, listing: Listing, body: Mapping[str, object]) -> Answer:
        url = f"{self._base_url}/rest_api/v1/{listing}/get_entry_list"
        # In the body, never in the address: addresses end up in logs.
        content = orjson.dumps({"api_key": self._api_key, **body})
        began = time.monotonic()
        self.calls += 1
        try:
            answer = self._receive(url, content)
        except (requests.RequestException, HTTPError) as error:
            # Only what it was is kept: the error itself holds the request, key and all.
            raise _unanswered(error, listing=listing) from None
        seconds = time.monotonic() - began
        logger.info("%s: %d in %.3f s", listing, answer.status, seconds)
        return answer

    def _receive(self, url: str, content: bytes) -> Answer:
        deadline = time.monotonic() + CONNECT_TIMEOUT + LONGEST_ANSWER
        with self._session.post(
            url,
            data=content,
            headers={"Content-Type": "application/json"},
            timeout=(CONNECT_TIMEOUT, self._timeout),
            allow_redirects=False,
            stream=True,
        ) as response:
            received = whole_body(response, until=deadline, largest=LARGEST_ANSWER)
            date = response.headers.get("Date", "")
            return Answer(status=response.status_code, body=received, date=date)


class _Adapter(HTTPAdapter):
    """Trusts whom the product trusts on the way to kintone."""

    def __init__(self, ca_bundle: str | None) -> None:
        self._ca_bundle = ca_bundle
        super().__init__()

    def init_poolmanager(self, *args: object, **kwargs: object) -> None:
        kwargs["ssl_context"] = tls_context(ca_bundle=self._ca_bundle, certificate=None)
        super().init_poolmanager(*args, **kwargs)  # type: ignore[arg-type]  # passed on


def _session(base_url: str, *, ca_bundle: str | None) -> requests.Session:
    session = plain_session({"Accept": "application/json"})
    if urlsplit(base_url).scheme == "https":
        session.mount(base_url, _Adapter(ca_bundle))
    return session


def _unanswered(error: Exception, *, listing: Listing) -> HotProfileError:
    """What it means that no whole answer came."""
    summary = f"{listing}: no answer ({type(error).__name__})"
    if isinstance(error, requests.exceptions.SSLError | SSLError):
        return HotProfileConfigError(summary, reason=ConfigReason.CERTIFICATE)
    if isinstance(error, requests.ConnectionError) and "NameResolutionError" in repr(error):
        # A name server that does not answer looks the same: so it is tried again first.
        return HotProfileTransientError(f"{listing}: the host's name is not known")
    return HotProfileTransientError(summary)
