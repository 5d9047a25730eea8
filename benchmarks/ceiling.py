"""How much the stand-in itself can take, so that nobody measures it instead of the product.

    .venv/bin/python -m benchmarks.ceiling

One connection sends ready-made requests of 100 records with twenty fields, one after another, alone
and by five in a bulkRequest: a first time (all new), a second time (all known). "CPU" is the
stand-in's own, so records per CPU-second are what one core can do.
"""

import http.client
import json
import ssl
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

from benchmarks.harness import (
    KEY_FIELD,
    TWENTY_FIELDS,
    StandIn,
    key_of,
    parser_of,
    tell_heading,
    tell_machine,
    tell_row,
)

BATCH = 100


def requests_of(app: int, records: int, *, parts: int) -> Iterator[tuple[str, str, bytes]]:
    """Method, path and body of upserts of so many records, `parts` batches in each request."""
    values = {
        code: {"value": f"{code} の値、ふつうの長さで"}
        for code in TWENTY_FIELDS
        if code != KEY_FIELD
    }
    for first in range(0, records, BATCH * parts):
        payloads = [
            {
                "app": app,
                "upsert": True,
                "records": [
                    {"updateKey": {"field": KEY_FIELD, "value": key_of(number)}, "record": values}
                    for number in range(start, start + BATCH)
                ],
            }
            for start in range(first, first + BATCH * parts, BATCH)
        ]
        if parts == 1:
            yield "PUT", "/k/v1/records.json", json.dumps(payloads[0]).encode()
        else:
            inner = [
                {"method": "PUT", "api": "/k/v1/records.json", "payload": payload}
                for payload in payloads
            ]
            yield "POST", "/k/v1/bulkRequest.json", json.dumps({"requests": inner}).encode()


def open_connection(url: str, *, ca: str) -> http.client.HTTPConnection:
    """A connection to keep."""
    address = urlsplit(url)
    assert address.hostname is not None
    if address.scheme == "http":
        return http.client.HTTPConnection(address.hostname, address.port)
    context = ssl.create_default_context(cafile=ca)
    return http.client.HTTPSConnection(address.hostname, address.port, context=context)


def send(connection: http.client.HTTPConnection, method: str, path: str, body: bytes) -> None:
    """One request; its answer must be a good one."""
    connection.request(method, path, body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    told = answer.read()
    assert answer.status == 200, told


def measure(records: int) -> None:
    """Print the table."""
    tell_heading("way", "request", "records", "records/s", "records per CPU-second")
    with StandIn() as standin:
        for url in (standin.http, standin.https):
            for parts in (1, 5):
                app = standin.add_app(TWENTY_FIELDS)
                ready = list(requests_of(app, records, parts=parts))
                for what in ("new", "known"):
                    connection = open_connection(url, ca=standin.ca)
                    standin.reset()
                    begun = time.perf_counter()
                    for request in ready:
                        send(connection, *request)
                    seconds = time.perf_counter() - begun
                    connection.close()
                    stats = standin.stats()
                    tell_row(
                        urlsplit(url).scheme,
                        f"{parts} × {BATCH} {what}",
                        f"{stats.written:,}",
                        f"{stats.written / seconds:,.0f}",
                        f"{stats.written / stats.cpu:,.0f}",
                    )


def main() -> None:
    """Measure what the arguments ask for."""
    parser = parser_of(__doc__)
    parser.add_argument("--records", type=int, default=20_000)
    records: int = parser.parse_args().records
    tell_machine()
    measure(records)


if __name__ == "__main__":
    main()
