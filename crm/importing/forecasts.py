"""Forecasts of imports by the screen: made at once or by a worker, kept beside the file."""

import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from common.types import RecordType
from crm.catalogue import UnknownItemError
from crm.importing import files as import_files
from crm.importing import uploads
from crm.importing.encoding import CsvError
from crm.importing.files import Matching
from crm.importing.forecast import Forecast, forecast_csv
from crm.models import ImportRun

logger = logging.getLogger(__name__)

#: The name under which `crm.tasks` registers `execute`.
TASK = "crm.import.forecast"


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """How far a forecast is; done where it has a forecast or a reason why there is none."""

    read: int = 0
    forecast: Forecast | None = None
    reason: str = ""

    @property
    def running(self) -> bool:
        """Whether somebody is still to finish it."""
        return self.forecast is None and not self.reason


def begin(run: ImportRun, matching: Matching) -> None:
    """Foresee what a draft would change: at once where the file is small, else by a worker.

    Raises:
        NoWorkerError: it is large and no worker can be reached.
    """
    import_files.keep_matching(run, matching)
    _keep(run, State())
    if run.lines <= uploads.INLINE_LINES:
        execute(run.pk)
        return
    import_files.show_life(run)
    uploads.ring(run.pk, task=TASK)


def state_of(run: ImportRun) -> State | None:
    """How far the forecast of this import is; None if none was asked for."""
    try:
        kept = json.loads(import_files.forecast_of(run).read_text())
    except FileNotFoundError:
        return None
    forecast = kept["forecast"]
    return State(
        read=kept["read"],
        forecast=None if forecast is None else Forecast.from_json(forecast),
        reason=kept["reason"],
    )


def execute(run_id: int) -> None:
    """Make the forecast of a draft; thrown away if it was matched anew, or begun, meanwhile."""
    run = ImportRun.objects.filter(pk=run_id, status=ImportRun.Status.DRAFT).first()
    if run is None:
        return
    try:
        matching = import_files.matching_of(run)
        found = _made(run, matching)
        if import_files.matching_of(run) == matching and import_files.path_of(run).exists():
            _keep(run, found)
    except FileNotFoundError:
        logger.info("The file of import %s is gone", run_id)


def _made(run: ImportRun, matching: Matching) -> State:
    def tell(done: int) -> None:
        import_files.show_life(run)
        _keep(run, State(read=done))

    try:
        with import_files.path_of(run).open("rb") as file:
            forecast = forecast_csv(
                RecordType(run.record_type),
                file,
                key=matching.key,
                columns=matching.columns,
                on_progress=tell,
            )
    except CsvError as error:
        return State(reason=str(error))
    except UnknownItemError:
        reason = _("取り込み先の項目が削除されました。列と項目の対応を選択し直してください。")
        return State(reason=reason)
    return State(read=forecast.read, forecast=forecast)


def _keep(run: ImportRun, state: State) -> None:
    """Store it in one step: who reads meanwhile finds the older one, never half of this."""
    path = import_files.forecast_of(run)
    values: dict[str, Any] = {
        "read": state.read,
        "forecast": state.forecast.as_json() if state.forecast else None,
        "reason": state.reason,
    }
    part = Path(f"{path}.part")
    part.touch(mode=0o600)
    part.write_text(json.dumps(values))
    part.replace(path)
