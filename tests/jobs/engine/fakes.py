"""A plan, a source, a book and a kintone in memory, for tests of the engine alone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from common.problems import Problem
from integrations.kintone.errors import (
    AllowanceSpentError,
    ConfigReason,
    FieldRefusal,
    KintoneConfigError,
    KintoneError,
    KintoneRejection,
)
from integrations.kintone.evidence import Evidence
from integrations.kintone.values import Operation, PutResult, RecordPut
from jobs.engine.send import put_of
from jobs.engine.values import (
    Answer,
    Candidate,
    Chunk,
    Conflict,
    Intent,
    Known,
    Refusal,
    Request,
    Sendable,
    Settled,
)
from mapping.payload import Payload, digest_of
from mapping.plan import EmptyKeyError, MappingError


@dataclass(frozen=True)
class Row:
    id: int
    values: dict[str, str]
    version: int = 1
    visible: bool = True

    @property
    def label(self) -> str:
        return self.values.get("name", "")


class Plan:
    """Key `code`, one field `name`; an empty key is skipped, the name "bad" cannot be expressed."""

    key_field = "code"

    def build(self, values: dict[str, str]) -> Payload:
        if not values["code"]:
            raise EmptyKeyError([Problem(code="empty_key")])
        if values["name"] == "bad":
            raise MappingError([Problem(code="too_long", field="name")])
        record = {"name": values["name"]}
        key = values["code"]
        return Payload(key=key, claim=key, record=record, digest=digest_of(key, record))


def row(number: int, *, code: str | None = None, name: str | None = None, **rest: object) -> Row:
    values = {
        "code": f"C{number:05}" if code is None else code,
        "name": f"会社{number}" if name is None else name,
    }
    return Row(id=number, values=values, **rest)  # type: ignore[arg-type]


def known(
    *,
    digest: str = "",
    key: str = "",
    record_id: int | None = None,
    in_doubt: bool = False,
    problem_codes: tuple[str, ...] = (),
    refused: Refusal | None = None,
    version: int = 1,
) -> Known:
    return Known(
        digest=digest,
        key=key,
        record_id=record_id,
        in_doubt=in_doubt,
        attempts=len(problem_codes),
        problem_codes=problem_codes,
        refused=refused,
        version=version,
    )


@dataclass
class Rows:
    """A source of given candidates, in chunks."""

    candidates: Sequence[Candidate]
    chunk_size: int = 1000
    reaches: Sequence[datetime] = ()

    def chunks(self) -> Iterator[Chunk]:
        for number, start in enumerate(range(0, len(self.candidates), self.chunk_size)):
            reaches = self.reaches[number] if number < len(self.reaches) else None
            yield Chunk(
                candidates=self.candidates[start : start + self.chunk_size], reaches=reaches
            )

    def released(self) -> Iterator[Chunk]:
        yield from ()


@dataclass
class Book:
    """Remembers everything it is told; claims belong to rows."""

    claims: dict[str, int] = field(default_factory=dict)
    settled: list[Settled] = field(default_factory=list)
    withdrawn: list[int] = field(default_factory=list)
    resting: list[int] = field(default_factory=list)
    intended: list[list[int]] = field(default_factory=list)
    renewed: list[list[int]] = field(default_factory=list)
    watermarks: list[datetime] = field(default_factory=list)
    settled_at_watermark: list[int] = field(default_factory=list)
    """How many rows were settled when each watermark was set."""
    kept: dict[int, Evidence] = field(default_factory=dict)

    def allowance(self) -> int:
        return 1_000_000

    def renew(self, batch: Sequence[Sendable]) -> None:
        self.renewed.append([one.row_id for one in batch])

    def intend(self, batch: Sequence[Sendable], *, finishing: bool = False) -> Intent:
        granted, conflicts = [], []
        for one in batch:
            holder = self.claims.setdefault(one.payload.claim, one.row_id)
            if holder == one.row_id:
                granted.append(one)
            else:
                conflicts.append(
                    Conflict(
                        sendable=one, holder_id=holder, holder_label="holder", same_ledger=True
                    )
                )
        self.intended.append([one.row_id for one in granted])
        return Intent(granted=granted, conflicts=conflicts)

    def settle(self, settled: Sequence[Settled]) -> None:
        self.settled.extend(settled)
        for one in settled:
            if one.outcome in ("created", "updated", "rejected"):
                self._keep_only(one.row_id, one.key)

    def withdraw(self, batch: Sequence[Sendable], *, rests: bool = False) -> None:
        (self.resting if rests else self.withdrawn).extend(one.row_id for one in batch)

    def keep(self, found: Mapping[int, Evidence]) -> None:
        self.kept.update(found)

    def advance(self, watermark: datetime) -> None:
        self.watermarks.append(watermark)
        self.settled_at_watermark.append(len(self.settled))

    def _keep_only(self, row_id: int, key: str) -> None:
        given_up = [
            claim for claim, owner in self.claims.items() if owner == row_id and claim != key
        ]
        for claim in given_up:
            del self.claims[claim]

    def outcomes(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for one in self.settled:
            counts[one.outcome.value] = counts.get(one.outcome.value, 0) + 1
        return counts


@dataclass
class Courier:
    """Carries requests to a kintone in memory; answers come back in the order that is told.

    Args:
        room: How many may be in the air.
        latest_first: Which of those in the air is answered first.
    """

    kintone: "Kintone"
    room: int = 4
    latest_first: bool = False
    most: int = 0
    """The most that were in the air at once."""
    wire: list[list[int]] = field(default_factory=list)
    """Sizes of the parts of each request."""
    _air: list[Request] = field(default_factory=list)
    _reserved: bool = False
    _spent: int = 0

    @property
    def in_flight(self) -> int:
        return len(self._air)

    def reserve(self) -> bool:
        self._reserved = len(self._air) < self.room
        return self._reserved

    def give_back(self) -> None:
        assert self._reserved
        self._reserved = False

    def send(self, request: Request) -> None:
        assert self._reserved, "no room was reserved"
        self._reserved = False
        self._spent += len(request.parts)
        if self._spent > self.kintone.allowance:
            raise AllowanceSpentError
        self._air.append(request)
        self.most = max(self.most, len(self._air))
        self.wire.append([len(part) for part in request.parts])

    def wait(self) -> Answer | None:
        if not self._air:
            return None
        request = self._air.pop(-1 if self.latest_first else 0)
        parts = [[put_of(one, key_field="code") for one in part] for part in request.parts]
        try:
            self.kintone.upsert = request.upsert
            return Answer(request=request, results=self.kintone.put_in_bulk(parts))
        except KintoneError as error:
            return Answer(request=request, error=error)


@dataclass
class Kintone:
    """All or none, keys unique; refuses keys in `refused` as told."""

    records: dict[int, dict[str, object]] = field(default_factory=dict)
    by_index: set[str] = field(default_factory=set)
    """Keys that are refused and named by their index."""
    without_index: set[str] = field(default_factory=set)
    """Keys that make the whole request be refused with nobody named."""
    unknown_code: bool = False
    names_value: bool = False
    """Whether what is refused without an index is named by its value, the first of them."""
    no_right: set[str] = field(default_factory=set)
    """Keys of records that this login may not write."""
    allowance: int = 1_000_000
    failures: list[KintoneError] = field(default_factory=list)
    """Raised, one by one, instead of answers."""
    requests: list[int] = field(default_factory=list)
    upsert: bool = True
    """Whether records that are not there may be made, just now."""

    def put_in_bulk(self, parts: Sequence[Sequence[RecordPut]]) -> list[list[PutResult]]:
        """All parts or none; the first that fails is named where there are several."""
        before = dict(self.records)
        results = []
        for number, puts in enumerate(parts):
            try:
                results.append(self.put(puts))
            except KintoneError as error:
                self.records = before
                # What comes after the one that failed counts as used all the same.
                self.requests += [len(rest) for rest in parts[number + 1 :]]
                error.part = number if len(parts) > 1 else None
                raise
        return results

    def put(self, puts: Sequence[RecordPut]) -> list[PutResult]:
        self.requests.append(len(puts))
        if self.failures:
            raise self.failures.pop(0)
        keys = [put.key or str(put.record["code"]) for put in puts]
        named = {
            index: (FieldRefusal(field="name", message="長すぎます"),)
            for index, key in enumerate(keys)
            if key in self.by_index
        }
        if named:
            raise KintoneRejection("PUT: CB_VA01", problems=named, code="CB_VA01", status=400)
        if self.without_index.intersection(keys):
            if self.names_value:
                bad = next(key for key in keys if key in self.without_index)
                name = str(puts[keys.index(bad)].record["name"])
                message = f"ルックアップ「name」の値「{name}」がありません。"
                raise KintoneRejection("PUT: GAIA_LO04", code="GAIA_LO04", message=message)
            code = "GAIA_XX99" if self.unknown_code else "GAIA_LO04"
            raise KintoneRejection(f"PUT: {code}", known=not self.unknown_code, code=code)
        if self.no_right.intersection(keys):
            raise KintoneConfigError(
                "PUT: 403 CB_NO02", reason=ConfigReason.PERMISSION, status=403, code="CB_NO02"
            )
        return [self._put_one(put) for put in puts]

    def _put_one(self, put: RecordPut) -> PutResult:
        if put.record_id is not None and put.record_id not in self.records and not self.upsert:
            message = f"指定したレコード（id: {put.record_id}）が見つかりません。"
            raise KintoneRejection("PUT: 404", code="GAIA_RE01", status=404, message=message)
        record = {"code": put.key, **put.record} if put.key else dict(put.record)
        found = put.record_id if put.record_id in self.records else None
        if put.key:
            found = next((i for i, r in self.records.items() if r["code"] == put.key), None)
        clash = [
            i for i, r in self.records.items() if r["code"] == record.get("code") and i != found
        ]
        assert not clash, f"kintone would refuse a second {record['code']}"
        record_id = found or max(self.records, default=0) + 1
        self.records[record_id] = {**self.records.get(record_id, {}), **record}
        operation = Operation.UPDATE if found else Operation.INSERT
        return PutResult(record_id=record_id, revision=1, operation=operation)

    def keys(self) -> dict[int, object]:
        return {record_id: record["code"] for record_id, record in self.records.items()}
