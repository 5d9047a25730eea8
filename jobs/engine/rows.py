"""Rows of a table that keep their ids: what people typed beside our columns stays.

kintone replaces a table as a whole: rows that are not listed are deleted, one without an id is a
new one (kintone-api.md §5.3). Where a table's rows are to be kept, kintone's own are read before
they are written. Each of ours takes the id of one there that holds the same in our columns, and
carries along what stands in its others, as kintone may replace a row wholly too. All other rows go.

What this costs: one request on the wire and counted for each request that fills such a table, so
one for every 500 records of a large push, and for every 100 or fewer of a small one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from integrations.kintone.form import FieldType, FormField
from integrations.kintone.values import JsonValue, RecordPut
from jobs.engine.compare import as_compared, is_same

#: Reads records by a query: field code → value, with `$id`.
Read = Callable[[str, Sequence[str]], Sequence[Mapping[str, JsonValue]]]

#: Records of one answer. Source: GET records.json.
_PAGE: Final = 500
#: Read as more than is written.
_CODED: Final = (
    FieldType.USER_SELECT,
    FieldType.ORGANIZATION_SELECT,
    FieldType.GROUP_SELECT,
)
#: Nothing can be written into these; a file's key is only good for reading it.
_NOT_CARRIED: Final = (FieldType.CALC, FieldType.FILE, FieldType.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class RowKeeper:
    """Gives the rows of some tables their ids back, on the way to kintone.

    Args:
        tables: Code → table, of those whose rows are to be kept.
        key: The update key's field.
    """

    read: Read
    tables: Mapping[str, FormField]
    key: FormField

    def keep(self, parts: Sequence[Sequence[RecordPut]]) -> Sequence[Sequence[RecordPut]]:
        """The same records, with the ids of rows that kintone holds already.

        Raises:
            KintoneError, AllowanceSpentError: they could not be read; nothing was written.
        """
        concerned = [put for part in parts for put in part if self._rows_of(put)]
        if not concerned:
            return parts
        held = _Held(key=self.key)
        for start in range(0, len(concerned), _PAGE):
            query = self._query(concerned[start : start + _PAGE])
            held.add(self.read(query, ["$id", self.key.code, *self.tables]))
        return [[self._kept(put, held.of(put)) for put in part] for part in parts]

    def _rows_of(self, put: RecordPut) -> dict[str, Sequence[JsonValue]]:
        """Table → rows, of what is to be kept and has any."""
        rows = {code: put.record.get(code) for code in self.tables}
        return {code: _listed(value) for code, value in rows.items() if value}

    def _query(self, puts: Sequence[RecordPut]) -> str:
        ids = [str(put.record_id) for put in puts if put.record_id is not None]
        keys = [_quoted(put.key) for put in puts if put.record_id is None]
        found = [f"$id in ({', '.join(ids)})"] if ids else []
        found += [f"{self.key.code} in ({', '.join(keys)})"] if keys else []
        return f"{' or '.join(found)} limit {_PAGE}"

    def _kept(self, put: RecordPut, held: Mapping[str, JsonValue] | None) -> RecordPut:
        if held is None:
            return put
        rows = {
            code: with_ids(rows, _listed(held.get(code)), table=self.tables[code])
            for code, rows in self._rows_of(put).items()
        }
        return replace(put, record={**put.record, **rows})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """kintone's records, as they are asked for."""

    key: FormField
    by_id: dict[int, Mapping[str, JsonValue]] = field(default_factory=dict)
    by_key: dict[str, Mapping[str, JsonValue]] = field(default_factory=dict)

    def add(self, records: Sequence[Mapping[str, JsonValue]]) -> None:
        for record in records:
            self.by_id[int(str(record["$id"]))] = record
            self.by_key[as_compared(record.get(self.key.code), field=self.key)] = record

    def of(self, put: RecordPut) -> Mapping[str, JsonValue] | None:
        """The record that the put is about; None if there is none."""
        if put.record_id is not None:
            return self.by_id.get(put.record_id)
        return self.by_key.get(put.key)


def with_ids(
    ours: Sequence[JsonValue], theirs: Sequence[JsonValue], *, table: FormField
) -> list[JsonValue]:
    """Our rows; each that kintone holds has its id, and its values in columns that are not ours.

    Args:
        ours: Rows as they are written: `{"value": {COLUMN: {"value": …}}}`.
        theirs: Rows as kintone reads them, with `id`. None is taken twice.
    """
    left = [row for row in theirs if isinstance(row, Mapping)]
    kept: list[JsonValue] = []
    for row in ours:
        cells = _cells(row)
        same = next((held for held in left if _is_same(cells, _cells(held), table=table)), None)
        if same is None:
            kept.append(row)
            continue
        left.remove(same)
        kept.append({"id": same["id"], "value": {**_carried(_cells(same), table=table), **cells}})
    return kept


def _is_same(
    ours: Mapping[str, Mapping[str, JsonValue]],
    theirs: Mapping[str, Mapping[str, JsonValue]],
    *,
    table: FormField,
) -> bool:
    return all(
        is_same(cell["value"], theirs.get(code, {}).get("value"), field=table.columns[code])
        for code, cell in ours.items()
        if code in table.columns
    )


def _carried(
    held: Mapping[str, Mapping[str, JsonValue]], *, table: FormField
) -> dict[str, JsonValue]:
    """What stands in the columns that can be written, in the form in which it is written."""
    return {
        code: {"value": _written(cell["value"], column=table.columns[code])}
        for code, cell in held.items()
        if code in table.columns and _is_carried(table.columns[code])
    }


def _is_carried(column: FormField) -> bool:
    return not (column.type in _NOT_CARRIED or column.auto_calculated or column.copied_by_lookup)


def _written(value: JsonValue, *, column: FormField) -> JsonValue:
    if column.type not in _CODED:
        return value
    return [{"code": one["code"]} for one in _listed(value) if isinstance(one, Mapping)]


def _listed(value: JsonValue) -> Sequence[JsonValue]:
    return value if isinstance(value, Sequence) and not isinstance(value, str) else []


def _cells(row: JsonValue) -> Mapping[str, Mapping[str, JsonValue]]:
    cells = row.get("value") if isinstance(row, Mapping) else None
    return cells if isinstance(cells, Mapping) else {}  # type: ignore[return-value]  # as kintone has it


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
