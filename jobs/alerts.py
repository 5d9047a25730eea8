"""States of ill health: opened and ended by what runs report, once per change of state.

A run is a witness. Of each ailment it says that it is there, that it is not, or nothing: a run that
found no kintone says nothing about the login. An ailment of a whole connection is over when no
enabled mapping's last word on it is that it is there. People are told by `jobs.notices`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from common import clock
from common.problems import Problem
from common.types import RecordType
from integrations.kintone.errors import ConfigReason
from integrations.models import Connection
from jobs import ledger
from jobs.models import Alert, Run
from jobs.states import WELL_ENDED, AlertKind, FailureKind, RunStatus, Trigger
from mapping.drift import Effect
from mapping.mappings import drift_of
from mapping.models import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Ailment:
    """What can be wrong, with one mapping or with everything that goes through a connection."""

    kind: AlertKind
    whole_connection: bool = False


BUDGET = Ailment(kind=AlertKind.BUDGET)
SYNC_USER = Ailment(kind=AlertKind.SYNC_USER, whole_connection=True)
UNREACHABLE = Ailment(kind=AlertKind.UNREACHABLE, whole_connection=True)
NO_ENTRY = Ailment(kind=AlertKind.CONFIGURATION, whole_connection=True)
CONFIGURATION = Ailment(kind=AlertKind.CONFIGURATION)
DRIFT = Ailment(kind=AlertKind.DRIFT)
INTERNAL = Ailment(kind=AlertKind.INTERNAL)
SIGHT = Ailment(kind=AlertKind.SIGHT)
RECORDS_FAILED = Ailment(kind=AlertKind.RECORDS_FAILED)

#: What a run's end is a witness of; failed records are counted in the ledger instead, and a drift
#: is known from the reading of the form.
WITNESSED = (BUDGET, SYNC_USER, UNREACHABLE, NO_ENTRY, CONFIGURATION, INTERNAL)

#: Reasons that concern every app of the connection alike. A token may be one app's only.
NO_ENTRY_REASONS = frozenset(
    {
        ConfigReason.SUBDOMAIN,
        ConfigReason.LOGIN,
        ConfigReason.TWO_FACTOR,
        ConfigReason.IP_ADDRESS,
        ConfigReason.BASIC_AUTH,
        ConfigReason.CERTIFICATE,
    }
)
_NO_ENTRY_CODES = frozenset(f"kintone_config.{reason}" for reason in NO_ENTRY_REASONS)
_AILMENT_BY_CODE = {
    "budget": BUDGET,
    "sync_user_missing": SYNC_USER,
    "sync_user_disabled": SYNC_USER,
    "kintone_down": UNREACHABLE,
}
_AILMENT_BY_FAILURE = {
    FailureKind.CONFIGURATION: CONFIGURATION,
    FailureKind.TRANSIENT: UNREACHABLE,
    FailureKind.INTERNAL: INTERNAL,
    FailureKind.LOST: INTERNAL,
}
#: What is known to be well from a run that failed: whoever is told about a login reached kintone.
_WELL_IN_SPITE_OF = {
    SYNC_USER: frozenset({BUDGET}),
    UNREACHABLE: frozenset({BUDGET}),
    NO_ENTRY: frozenset({BUDGET, UNREACHABLE}),
    CONFIGURATION: frozenset({BUDGET, UNREACHABLE, NO_ENTRY}),
    DRIFT: frozenset({BUDGET}),
    INTERNAL: frozenset({BUDGET}),
}
#: What kintone says where the update key is not any more what it was.
_OF_THE_KEY = frozenset(
    f"kintone_config.{reason}" for reason in (ConfigReason.UPDATE_KEY, ConfigReason.FIELD)
)
#: Kinds of which another problem is another thing to do, and so worth another notice.
_TOLD_PER_PROBLEM = frozenset({AlertKind.SYNC_USER, AlertKind.CONFIGURATION})
#: How many runs back a mapping's last word on an ailment is looked for.
_MEMORY = 20


def review_run(run: Run) -> None:
    """Open and end the alerts that this ended (or held) run speaks of. A test speaks of none."""
    if run.trigger == Trigger.TEST:
        return
    at = run.finished_at or clock.now()
    alarmed = _open_ailments(run.mapping)
    if run.only is None:
        for ailment in WITNESSED:
            _hear(run, ailment, alarmed=alarmed, at=at)
    _review_failed_records(run, alarmed=alarmed, at=at)
    if run.mapping.drift or DRIFT in alarmed:
        review_drift(run.mapping, at=at)


def review_drifts(*, now: datetime) -> None:
    """Open and end the alerts of all mappings whose form was read by whomever since."""
    alarmed = Alert.objects.filter(kind=AlertKind.DRIFT, ended_at=None).values("mapping")
    concerned = Mapping.objects.filter(~Q(drift=[]) | Q(pk__in=alarmed), enabled=True)
    for mapping in concerned.select_related("connection").defer("form", "made_on"):
        review_drift(mapping, at=now)


def review_drift(mapping: Mapping, *, at: datetime) -> None:
    """Tell of what is not in the form as it was; what comes to it later is told anew."""
    if not mapping.enabled:
        return
    told = sorted(drift.id for drift in drift_of(mapping))
    if not told:
        _end(_open_alerts(mapping, DRIFT), at=at)
        return
    problem = Problem(code="drift.changes", value="\n".join(told)).as_json()
    alert, opened = Alert.objects.get_or_create(
        connection=mapping.connection,
        mapping=mapping,
        kind=AlertKind.DRIFT,
        ended_at=None,
        defaults={"problem": problem, "began_at": at},
    )
    before = Problem.from_json(alert.problem).value.split("\n")
    if opened or before == told:
        return
    changed: dict[str, object] = {"problem": problem}
    if not set(told).issubset(before):
        changed |= {"began_at": at, "began_told_at": None}
    Alert.objects.filter(pk=alert.pk, ended_at=None).update(**changed)


def open_fall(mapping: Mapping) -> Alert | None:
    """The alert that the sync user sees far fewer leads than before, if it is open."""
    return _open_alerts(mapping, SIGHT).first()


def review_sight(mapping: Mapping, *, problem: Problem | None, at: datetime) -> None:
    """Tell that the sync user sees far fewer leads; with no problem, that it is over."""
    if problem is None:
        _end(_open_alerts(mapping, SIGHT), at=at)
        return
    told = problem.as_json()
    alert, opened = Alert.objects.get_or_create(
        connection=mapping.connection,
        mapping=mapping,
        kind=AlertKind.SIGHT,
        ended_at=None,
        defaults={"problem": told, "began_at": at},
    )
    if not opened:
        Alert.objects.filter(pk=alert.pk, ended_at=None).update(problem=told)


def accept_fall(mapping: Mapping, *, at: datetime) -> None:
    """A person says that it is right so: the alert ends, and nobody is told."""
    _end(_open_alerts(mapping, SIGHT), at=at, silently=True)


def is_of_drift(run: Run, mapping: Mapping) -> bool:
    """Whether the run failed for a drift that stops its mapping, and for nothing else."""
    if run.status != RunStatus.FAILED:
        return False
    code = Problem.from_json(run.message).code
    if code in _OF_THE_KEY:
        return any(drift.effect is Effect.STOPS for drift in drift_of(mapping))
    return code.startswith("drift.")


def review_connection(connection: Connection, *, now: datetime) -> None:
    """End, and tell nobody, the connection's alerts that concern nothing enabled any more."""
    _end(_moot().filter(connection=connection), at=now, silently=True)


def close_moot(*, now: datetime) -> None:
    """End, and tell nobody, alerts of mappings that were disabled by a person."""
    _end(_moot(), at=now, silently=True)


def ailment_of(run: Run) -> Ailment | None:
    """What the run suffered from; None if it ended well, or says nothing (it was canceled)."""
    if run.status == RunStatus.HELD:
        # A first load that used up its share, or that a person paused, is no ill health.
        return BUDGET if Problem.from_json(run.message).code == "budget" else None
    if run.status != RunStatus.FAILED:
        return None
    code = Problem.from_json(run.message).code
    if code in _NO_ENTRY_CODES:
        return NO_ENTRY
    if is_of_drift(run, run.mapping):
        return DRIFT
    by_failure = _AILMENT_BY_FAILURE.get(FailureKind(run.failure_kind or FailureKind.INTERNAL))
    return _AILMENT_BY_CODE.get(code, by_failure)


def _open_ailments(mapping: Mapping) -> frozenset[Ailment]:
    """What open alerts there are that a run of this mapping can end: nearly always none."""
    alerts = Alert.objects.filter(
        Q(mapping=None) | Q(mapping=mapping), connection=mapping.connection_id, ended_at=None
    )
    return frozenset(
        Ailment(kind=AlertKind(kind), whole_connection=mapping_id is None)
        for kind, mapping_id in alerts.order_by().values_list("kind", "mapping_id")
    )


def _hear(run: Run, ailment: Ailment, *, alarmed: Collection[Ailment], at: datetime) -> None:
    is_ill = _says(run, ailment)
    if is_ill:
        _open(run, ailment, problem=run.message, at=at)
    elif is_ill is False and ailment in alarmed and not _others_suffer(run, ailment):
        _end(_open_alerts(run.mapping, ailment), at=at)


def _says(run: Run, ailment: Ailment) -> bool | None:
    """Whether the run says that the ailment is there; None if it says nothing about it."""
    if ailment == SYNC_USER and run.mapping.record_type != RecordType.LEAD:
        return None
    suffered = ailment_of(run)
    if suffered == ailment:
        return True
    if run.status in WELL_ENDED:
        return False
    if suffered is None or suffered == BUDGET:
        return None
    return False if ailment in _WELL_IN_SPITE_OF[suffered] else None


def _others_suffer(run: Run, ailment: Ailment) -> bool:
    """Whether another enabled mapping of the connection said last that the ailment is there."""
    if not ailment.whole_connection:
        return False
    others = Mapping.objects.filter(connection=run.mapping.connection_id, enabled=True)
    return any(_last_word(other, ailment) for other in others.exclude(pk=run.mapping_id))


def _last_word(mapping: Mapping, ailment: Ailment) -> bool | None:
    ended = Run.objects.filter(mapping=mapping, only=None, finished_at__isnull=False)
    for run in ended.exclude(trigger=Trigger.TEST).order_by("-id")[:_MEMORY]:
        word = _says(run, ailment)
        if word is not None:
            return word
    return None


def _review_failed_records(run: Run, *, alarmed: Collection[Ailment], at: datetime) -> None:
    if ledger.failed_entries(run.mapping).exists():
        problem = Problem(code="records_failed").as_json()
        _open(run, RECORDS_FAILED, problem=problem, at=at)
    elif RECORDS_FAILED in alarmed:
        _end(_open_alerts(run.mapping, RECORDS_FAILED), at=at)


def _open(run: Run, ailment: Ailment, *, problem: dict[str, object], at: datetime) -> None:
    """Make sure that there is an open alert; another problem than before is told anew."""
    mapping = run.mapping
    alert, opened = Alert.objects.get_or_create(
        connection=mapping.connection,
        mapping=None if ailment.whole_connection else mapping,
        kind=ailment.kind,
        ended_at=None,
        defaults={"problem": problem, "run": run, "began_at": at},
    )
    if opened or Problem.from_json(alert.problem).code == Problem.from_json(problem).code:
        return
    changed = {"problem": problem, "run": run}
    if ailment.kind in _TOLD_PER_PROBLEM:
        changed |= {"began_at": at, "began_told_at": None}
    Alert.objects.filter(pk=alert.pk, ended_at=None).update(**changed)


def _open_alerts(mapping: Mapping, ailment: Ailment) -> QuerySet[Alert]:
    return Alert.objects.filter(
        connection=mapping.connection_id,
        mapping=None if ailment.whole_connection else mapping,
        kind=ailment.kind,
        ended_at=None,
    )


def _end(alerts: QuerySet[Alert], *, at: datetime, silently: bool = False) -> None:
    if silently:
        told = Coalesce(F("began_told_at"), at)
        alerts.update(ended_at=at, began_told_at=told, ended_told_at=at)
    else:
        alerts.update(ended_at=at)


def _moot() -> QuerySet[Alert]:
    """Open alerts that concern nothing enabled: nobody waits for them to heal."""
    enabled = Mapping.objects.filter(connection=OuterRef("connection"), enabled=True)
    leads = enabled.filter(record_type=RecordType.LEAD)
    return Alert.objects.filter(
        Q(mapping__enabled=False)
        | Q(mapping=None) & ~Exists(enabled)
        | Q(mapping=None, kind=AlertKind.SYNC_USER) & ~Exists(leads),
        ended_at=None,
    )
