"""What makes each fault harmless, as an edit that takes it out, and the test that then fails.

`scripts/take_out.py` carries the edits out, one at a time, and writes docs/faults.md.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """How a protection is taken out of the code."""

    by: str
    """What makes the fault harmless, in words."""
    file: str
    old: str
    """Stands once in the file."""
    new: str
    """What stands there once the protection is taken out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """One fault with what holds against it."""

    group: str
    fault: str
    test: str
    """A test by its id below `tests/`; it holds the fault."""
    edit: Edit
    stack: bool = False
    """Whether the test runs on PostgreSQL only."""


DIES, WIRE, DATA = "Something of ours dies", "kintone, or the way to it", "Data"
PULLED = "Data that is pulled from Hot Profile"
KILLED = "flows/faults/test_killed_worker.py::"
BROKER = "flows/faults/test_broker.py::"
REFUSALS = "flows/faults/test_refusals.py::"
LOST = "flows/faults/test_wire.py::"
BETWEEN = "flows/test_changes_in_between.py::"
FAULTS = "flows/test_faults.py::"
KEYS = "flows/test_update_keys.py::"
PUSH = "flows/test_differential_push.py::"
BULK = "flows/test_bulk.py::"
ADVERSITY = "flows/test_adversity.py::"
SLOT = "flows/test_pull_then_push.py::"
PULL = "pulls/test_pull.py::"
PULL_FAULTS = "pulls/test_faults.py::"
DRIFT = "flows/test_drift.py::"
ACCESS = "integrations/test_access.py::"
IDENTITY = "flows/test_identity.py::"
CLEANSED = "Records that are renumbered or merged"

_GIVE_UP = Edit(
    by="a run whose process died is given up, so that the next slot takes its mapping",
    file="jobs/sweep.py",
    old="if _seems_dead(run, now=now) and _give_up(run, now=now)",
    new="if run.pk < 0 and _give_up(run, now=now)",
)
_TAKE = Edit(
    by="`runs.take` is a compare-and-set: of several one gets the run",
    file="jobs/runs.py",
    old="queued = Run.objects.filter(pk=run_id, status=RunStatus.QUEUED)\n    return (",
    new="queued = Run.objects.filter(pk=run_id)\n    return (",
)
_RING = Edit(
    by="the row is the truth: the tick rings for queued runs that nobody took",
    file="jobs/sweep.py",
    old="            if run.pk in waiting:\n",
    new="            if run.pk in ():\n",
)
_AGAIN = Edit(
    by="a call is tried four times, and what it writes by key is written once",
    file="integrations/kintone/transport.py",
    old="ATTEMPTS = 4",
    new="ATTEMPTS = 1",
)
_EVIDENCE = Edit(
    by="an answer that kintone does not give proves nothing: its records stay in doubt",
    file="integrations/kintone/client.py",
    old="error = self._unexpected(name, may_have_written=True)",
    new="error = self._unexpected(name)",
)
_RECREATED = Edit(
    by="kintone's id is known: an insert under another is noted as 再作成",
    file="jobs/engine/send.py",
    old="recreated_from=expected if inserted and expected != result.record_id else None",
    new="recreated_from=None",
)
_INDEX = Edit(
    by="records that kintone names by index are lifted out, with its words beside the field",
    file="jobs/engine/send.py",
    old="named = error.problems if isinstance(error, KintoneRejection) else {}",
    new="named = {}",
)

PROTECTIONS = (
    Protection(
        group=DIES,
        fault="worker killed before its request",
        test=KILLED + "test_nothing_is_lost_and_nothing_doubled[before the request-0]",
        edit=_GIVE_UP,
    ),
    Protection(
        group=DIES,
        fault="worker killed after kintone applied, before we recorded",
        test=FAULTS
        + "test_a_process_that_dies_after_kintone_s_yes_leaves_nothing_missing_and_nothing_double",
        edit=Edit(
            by="entries are in doubt, by their key, before a request leaves (`book.intend`)",
            file="jobs/book.py",
            old="            self._mark_in_doubt(granted, now=now)\n            self._look_again",
            new="            self._look_again",
        ),
    ),
    Protection(
        group=DIES,
        fault="worker killed between two batches",
        test=KILLED + "test_nothing_is_lost_and_nothing_doubled[between two batches-100]",
        edit=_GIVE_UP,
    ),
    Protection(
        group=DIES,
        fault="… and the watermark has passed what was not sent",
        test="jobs/engine/test_pipeline.py",
        edit=Edit(
            by="the watermark passes a chunk only when all of it is settled (`engine/marks.py`)",
            file="jobs/engine/marks.py",
            old="first_open = min(self._left, default=self._chunks)",
            new="first_open = self._chunks",
        ),
    ),
    Protection(
        group=DIES,
        fault="worker killed while it holds a run",
        test=KILLED + "test_a_worker_that_dies_while_it_holds_the_run_leaves_it_to_be_held_again",
        edit=_GIVE_UP,
    ),
    Protection(
        group=DIES,
        fault="worker killed while it alerts",
        test=KILLED + "test_a_person_is_told_once_though_the_worker_died_while_it_alerted",
        edit=Edit(
            by="an ending and its alert are one transaction (`execute._Work.end`)",
            file="jobs/execute.py",
            old="        with transaction.atomic():\n            if self._finish(ending",
            new="        if True:\n            if self._finish(ending",
        ),
    ),
    Protection(
        group=DIES,
        fault="worker killed while it mails",
        test=KILLED + "test_a_mail_is_sent_again_by_another_where_its_sender_died_over_it",
        edit=Edit(
            by="a notice is claimed, and an old claim is void (`sending._claim`)",
            file="jobs/notices/sending.py",
            old="Q(sending_at=None) | Q(sending_at__lt=now - CLAIM_LIFE) | ",
            new="Q(sending_at=None) | ",
        ),
    ),
    Protection(
        group=DIES,
        fault="broker killed",
        test=BROKER
        + "test_a_run_is_finished_while_the_broker_is_dead_and_others_follow_when_it_is_back",
        edit=_RING,
    ),
    Protection(
        group=DIES,
        fault="database connection cut",
        test="flows/faults/test_database.py",
        edit=Edit(
            by="pooled connections are tried before use; what was cut comes again",
            file="hpsync/settings.py",
            old='DATABASES["default"]["CONN_HEALTH_CHECKS"] = True',
            new='DATABASES["default"]["CONN_HEALTH_CHECKS"] = False',
        ),
        stack=True,
    ),
    Protection(
        group=DIES,
        fault="two workers on one mapping",
        test="flows/faults/test_workers_meet.py"
        "::test_while_a_worker_is_at_a_mapping_neither_a_slot_nor_a_command_starts_it_again",
        edit=Edit(
            by="the database knows one active run a mapping (`one_active_run_per_mapping`)",
            file="jobs/migrations/0001_initial.py",
            old="condition=models.Q(('only__isnull', True)",
            new="condition=models.Q(('only__isnull', False)",
        ),
    ),
    Protection(
        group=DIES,
        fault="two workers on one run",
        test=BROKER + "test_a_message_that_is_delivered_twice_does_its_work_once[while it runs]",
        edit=_TAKE,
    ),
    Protection(
        group=DIES,
        fault="a worker that was given up while it lived",
        test="flows/faults/test_workers_meet.py"
        "::test_a_worker_that_was_given_up_while_it_still_lived_can_neither_send_nor_record",
        edit=Edit(
            by="every transaction of a run first makes sure that it is still its worker's (`runs.beat`)",
            file="jobs/runs.py",
            old="    mine = Run.objects.filter(pk=run_id, status=RunStatus.RUNNING, owner=owner)\n    more",
            new="    mine = Run.objects.filter(pk=run_id)\n    more",
        ),
    ),
    Protection(
        group=DIES,
        fault="two beats",
        test="jobs/test_schedules.py::test_a_clock_that_saw_the_slot_before_another_took_it_starts_nothing_when_that_has_ended",
        edit=Edit(
            by="a slot is claimed by a compare-and-set (`schedules._claim`), one active run a mapping",
            file="jobs/schedules.py",
            old="pk=schedule.pk, next_due_at=schedule.next_due_at, interval=schedule.interval",
            new="pk=schedule.pk",
        ),
    ),
    Protection(
        group=DIES,
        fault="a queued message lost",
        test=BROKER + "test_a_message_that_was_lost_is_sent_again",
        edit=_RING,
    ),
    Protection(
        group=DIES,
        fault="a message delivered twice",
        test=BROKER + "test_a_message_that_is_delivered_twice_does_its_work_once",
        edit=_TAKE,
    ),
    Protection(
        group=DIES,
        fault="a task longer than the broker's visibility timeout",
        test=BROKER
        + "test_a_run_that_outlasts_the_broker_s_patience_is_delivered_again_and_done_once",
        edit=_TAKE,
    ),
    Protection(
        group=WIRE,
        fault="connection refused",
        test=LOST + "test_nobody_listens",
        edit=Edit(
            by="a connection that never stood carried nothing: nothing is in doubt",
            file="integrations/kintone/transport.py",
            old="may_have_written=call.writes and not never_connected",
            new="may_have_written=call.writes",
        ),
    ),
    Protection(
        group=WIRE,
        fault="reset before the write",
        test=LOST + "test_reset_before_the_write_it_is_sent_again_within_the_run",
        edit=_AGAIN,
    ),
    Protection(
        group=WIRE,
        fault="reset, time-out or half a body after the write",
        test=LOST + "test_lost_after_the_write_it_is_sent_again_within_the_run",
        edit=_AGAIN,
    ),
    Protection(
        group=WIRE,
        fault="… and every answer is lost, while the row changes back",
        test=LOST + "test_what_was_written_unseen_is_not_taken_for_what_was_there_before[reset]",
        edit=Edit(
            by="a time-out may have written: its records stay in doubt, whatever their digests say",
            file="jobs/engine/values.py",
            old="            and not known.in_doubt\n",
            new="",
        ),
    ),
    Protection(
        group=WIRE,
        fault="malformed JSON",
        test=LOST
        + "test_what_was_written_unseen_is_not_taken_for_what_was_there_before[malformed]",
        edit=Edit(
            by="an answer that cannot be read proves nothing: its records stay in doubt",
            file="integrations/kintone/answers.py",
            old="may_have_written=unclear and call.writes",
            new="may_have_written=False",
        ),
    ),
    Protection(
        group=WIRE,
        fault="an answer with fewer results than records",
        test=LOST + "test_what_was_written_unseen_is_not_taken_for_what_was_there_before"
        "[fewer results than records]",
        edit=_EVIDENCE,
    ),
    Protection(
        group=WIRE,
        fault="the same of a bulkRequest",
        test=BULK + "test_what_was_written_and_answered_with_less_than_that_stays_in_doubt",
        edit=_EVIDENCE,
    ),
    Protection(
        group=WIRE,
        fault="429 `GAIA_TO04`",
        test=REFUSALS + "test_what_passes_by_itself_costs_patience_and_nothing_else[GAIA_TO04]",
        edit=_AGAIN,
    ),
    Protection(
        group=WIRE,
        fault="`GAIA_DA02`, `GAIA_RE18`, `GAIA_LT01` locks",
        test=REFUSALS + "test_what_passes_by_itself_costs_patience_and_nothing_else[GAIA_DA02]",
        edit=_AGAIN,
    ),
    Protection(
        group=WIRE,
        fault="500, 502, 503 with HTML",
        test=REFUSALS + "test_what_passes_by_itself_costs_patience_and_nothing_else[502]",
        edit=_AGAIN,
    ),
    Protection(
        group=WIRE,
        fault="a bulkRequest with a bad record",
        test=BULK + "test_of_a_refused_one_only_the_bad_record_stays_behind",
        edit=Edit(
            by="its other parts are sent again singly (`Dispatcher._after_refusal`)",
            file="jobs/engine/dispatch.py",
            old="            else:\n                rest.append(part)\n",
            new="",
        ),
    ),
    Protection(
        group=WIRE,
        fault="a bulkRequest lost after the write",
        test=BULK
        + "test_where_every_answer_is_lost_its_records_stay_in_doubt_until_they_are_known",
        edit=Edit(
            by="a time-out may have written: its records stay in doubt",
            file="integrations/kintone/transport.py",
            old="may_have_written=call.writes and not never_connected",
            new="may_have_written=False",
        ),
    ),
    Protection(
        group=WIRE,
        fault="401 in mid-run",
        test=REFUSALS + "test_a_password_changed_in_mid_run_stops_it_and_is_told_once",
        edit=Edit(
            by="what kintone surely did not carry out is taken back, and goes when a person mended it",
            file="jobs/engine/dispatch.py",
            old="                self._take_back(request.records)\n            self._keep_of(",
            new="                pass\n            self._keep_of(",
        ),
    ),
    Protection(
        group=WIRE,
        fault="401 in the middle of a first load",
        test="flows/test_first_load.py::test_one_that_was_stopped_goes_on_with_the_next_slot",
        edit=Edit(
            by="the mapping's next run goes on with a first load that no person ended",
            file="jobs/runs.py",
            old="first_loads.is_open(mapping)",
            new="False",
        ),
    ),
    Protection(
        group=WIRE,
        fault="app deleted in mid-run",
        test=REFUSALS
        + "test_an_app_deleted_in_mid_run_stops_it_and_another_app_gets_what_was_not_sent",
        edit=Edit(
            by="another target takes over what was owed to the last (`enabling.begin_new_target`)",
            file="jobs/enabling.py",
            old="        _write_entries(ledger, changed_before=now, now=now, former=last)",
            new="        _write_entries(ledger, changed_before=now, now=now)",
        ),
    ),
    Protection(
        group=WIRE,
        fault="update key renamed in mid-run",
        test=REFUSALS + "test_an_update_key_renamed_in_mid_run_stops_it_before_records_fail_on_it",
        edit=Edit(
            by="the form is read as soon as kintone refuses a field (`_Work._look_at_the_form`)",
            file="jobs/execute.py",
            old="            self._look_at_the_form(error)\n",
            new="",
        ),
    ),
    Protection(
        group=WIRE,
        fault="field code renamed in mid-run",
        test=REFUSALS
        + "test_a_field_renamed_in_mid_run_is_named_as_soon_as_the_form_is_read_again",
        edit=Edit(
            by="an old form is read anew when there is something to send (`form_life.FORM_LIFE`)",
            file="jobs/form_life.py",
            old="DOUBTED_FORM_LIFE if is_impaired(mapping) else FORM_LIFE, now=now)",
            new="FORM_LIFE, now=now) and False",
        ),
    ),
    Protection(
        group=WIRE,
        fault="option removed in mid-run",
        test=REFUSALS
        + "test_an_option_removed_in_mid_run_fails_the_records_that_have_it_and_nobody_else",
        edit=_INDEX,
    ),
    Protection(
        group=WIRE,
        fault="a new required field",
        test=REFUSALS
        + "test_a_field_that_becomes_required_in_mid_run_is_named_for_each_record_that_lacks_it",
        edit=_INDEX,
    ),
    Protection(
        group=WIRE,
        fault="a field that was renamed, and whose rule follows",
        test=DRIFT + "test_a_renamed_field_is_left_out_alone_told_once_and_made_good_by_a_click",
        edit=Edit(
            by="what lacked a value is sent again as soon as its rule is whole (`ledger.send_again`)",
            file="jobs/execute.py",
            old="ledgers.send_again(self.ledger, now=clock.now())",
            new="pass",
        ),
    ),
    Protection(
        group=WIRE,
        fault="… or that got its old name back",
        test=DRIFT
        + "test_what_a_renamed_field_ignored_is_sent_again_though_it_got_its_old_name_back",
        edit=Edit(
            by="it is sent whatever its digest says: what the field holds is not known",
            file="jobs/ledger.py",
            old='entries.update(digest="")',
            new="pass",
        ),
    ),
    Protection(
        group=WIRE,
        fault="a field deleted and made anew, and nothing changes",
        test=DRIFT + "test_a_field_deleted_and_made_anew_is_filled_again_without_anybody_telling",
        edit=Edit(
            by="no run is quiet while the form of an impaired mapping is old (`quiet.is_quiet`)",
            file="jobs/quiet.py",
            old="if form_life.is_old(run.mapping, now=now) and is_impaired(run.mapping):",
            new="if False:",
        ),
    ),
    Protection(
        group=WIRE,
        fault="a column of a table is gone",
        test=DRIFT + "test_a_table_of_which_a_column_is_gone_is_left_alone_with_its_rows",
        edit=Edit(
            by="its whole table is left out: its rows are replaced as a whole (`mapping/left_out.py`)",
            file="mapping/left_out.py",
            old="or rule.table in tables",
            new="or False",
        ),
    ),
    Protection(
        group=WIRE,
        fault="an update key deleted and made anew with another type",
        test=DRIFT + "test_a_key_of_another_type_stops_everything_until_somebody_has_looked",
        edit=Edit(
            by="a drift of the key stops everything (`mappings.plan_of`)",
            file="mapping/mappings.py",
            old="        raise PlanError(stopping)",
            new="        pass",
        ),
    ),
    Protection(
        group=WIRE,
        fault="a proposal accepted while a test is on its way",
        test=DRIFT + "test_a_test_that_was_on_its_way_by_the_former_rules_is_sent_again",
        edit=Edit(
            by="what a test sent by former rules is looked at again (`book.settle`)",
            file="jobs/book.py",
            old="if self._run.only is not None and not self._rules_stand():",
            new="if False:",
        ),
    ),
    Protection(
        group=WIRE,
        fault="a form that moved while somebody looked at a proposal",
        test=DRIFT + "test_a_drift_that_is_another_by_now_is_not_accepted_unseen",
        edit=Edit(
            by="what is accepted is what was shown (`accepting.stamp_of`)",
            file="mapping/accepting.py",
            old="if stamp != stamp_of(locked):",
            new="if False:",
        ),
    ),
    Protection(
        group=WIRE,
        fault="a 3xx",
        test=REFUSALS + "test_nobody_follows_where_an_answer_leads",
        edit=Edit(
            by="nobody follows: credentials go to kintone only",
            file="integrations/kintone/transport.py",
            old="allow_redirects=False",
            new="allow_redirects=True",
        ),
    ),
    Protection(
        group=DATA,
        fault="committed late, after a run passed by",
        test=FAULTS + "test_a_row_committed_late_is_found_within_the_overlap",
        edit=Edit(
            by="the overlap (`source.OVERLAP`)",
            file="jobs/source.py",
            old="OVERLAP = timedelta(minutes=10)",
            new="OVERLAP = timedelta(0)",
        ),
    ),
    Protection(
        group=DATA,
        fault="committed later than that",
        test=FAULTS + "test_a_row_that_time_hides_is_found_by_the_daily_reconciliation",
        edit=Edit(
            by="reconciliation, once a day",
            file="jobs/source.py",
            old="        or ledger.reconciled_at + RECONCILE_EVERY <= now\n",
            new="",
        ),
    ),
    Protection(
        group=DATA,
        fault="equal times at the edge of a chunk",
        test=BETWEEN + "test_of_rows_stamped_alike_none_is_lost_at_the_edge_of_a_chunk",
        edit=Edit(
            by="a page goes on behind the last time and id together",
            file="jobs/source.py",
            old=".filter(Q(changed_at__gt=at) | Q(pk__gt=last))",
            new=".filter(changed_at__gt=at)",
        ),
    ),
    Protection(
        group=DATA,
        fault="a clock that jumps back",
        test=FAULTS + "test_a_clock_that_jumps_back_hides_nothing",
        edit=Edit(
            by="where the watermark is ahead of the clock, every row is looked at",
            file="jobs/source.py",
            old="        ledger.watermark > now\n        or ledger.reconciled_at > now\n        or ",
            new="        ",
        ),
    ),
    Protection(
        group=DATA,
        fault="changed while its batch is on the way",
        test=BETWEEN
        + "test_a_row_that_changes_while_its_batch_is_on_the_way_goes_again_as_it_is_now",
        edit=Edit(
            by="what is accounted for is the version that was sent",
            file="jobs/book.py",
            old='                    "version": [one.version for one in some],',
            new='                    "version": [one.version + 1 for one in some],',
        ),
    ),
    Protection(
        group=DATA,
        fault="an update key changes",
        test=KEYS + "test_a_changed_key_changes_the_record_and_makes_no_second_one",
        edit=Edit(
            by="the record is found by kintone's id (`send.put_of`)",
            file="jobs/engine/send.py",
            old="    if sendable.changes_key and sendable.known is not None:\n        record",
            new="    if False and sendable.known is not None:\n        record",
        ),
    ),
    Protection(
        group=DATA,
        fault="two records swap their keys",
        test=KEYS + "test_swapped_keys_stay_with_their_records",
        edit=Edit(
            by="one of them gets a temporary key (`pipeline._untie`)",
            file="jobs/engine/pipeline.py",
            old="            rings = rings_of(self._conflicts)\n",
            new="            rings = []\n",
        ),
    ),
    Protection(
        group=DATA,
        fault="another mapping takes both keys of a record that swaps",
        test="jobs/engine/test_pipeline.py::"
        "test_a_record_whose_old_and_new_key_are_both_taken_meanwhile_waits_once",
        edit=Edit(
            by="it waits once, for the key that it wants (`pipeline._send_now`)",
            file="jobs/engine/pipeline.py",
            old="one for one in conflicts if one.sendable.row_id not in waiting)",
            new="one for one in conflicts)",
        ),
    ),
    Protection(
        group=DATA,
        fault="a mapping comes back to an app under another update key",
        test=ADVERSITY
        + "test_a_mapping_that_comes_back_to_an_app_under_another_key_owes_what_changed_elsewhere",
        edit=Edit(
            by="it goes on from what it sent to that app (`enabling.begin_new_target`)",
            file="jobs/enabling.py",
            old='came_back.desc(), "-watermark"',
            new='"-watermark"',
        ),
    ),
    Protection(
        group=DATA,
        fault="a key becomes empty and comes back",
        test=KEYS + "test_an_empty_key_is_skipped_and_comes_back_to_the_same_record",
        edit=Edit(
            by="without a key a row is skipped; its entry keeps kintone's id",
            file="mapping/plan.py",
            old="        if not sent or sent is KEEP:\n",
            new="        if sent is KEEP:\n",
        ),
    ),
    Protection(
        group=DATA,
        fault="a record deleted in kintone by hand",
        test=KEYS + "test_a_record_deleted_by_hand_in_kintone_comes_back_and_is_noted",
        edit=_RECREATED,
    ),
    Protection(
        group=DATA,
        fault="a key changed in kintone by hand",
        test=BETWEEN
        + "test_a_record_whose_key_somebody_changed_in_kintone_comes_back_and_is_noted",
        edit=_RECREATED,
    ),
    Protection(
        group=DATA,
        fault="A → B → crash → A",
        test="flows/test_crash_points.py::test_dead_at_any_step_and_the_row_changed_back",
        edit=Edit(
            by="an entry in doubt is sent, whatever its digest says",
            file="jobs/engine/values.py",
            old="            and not known.in_doubt\n",
            new="",
        ),
    ),
    Protection(
        group=DATA,
        fault="a dead worker's request that arrives after newer values",
        test=BETWEEN + "test_a_dead_worker_s_request_that_arrives_late_does_not_undo_what_is_newer",
        edit=Edit(
            by="nothing newer is sent before no request of the dead one can be alive (`book.intend`)",
            file="jobs/book.py",
            old="                if one.row_id in refused or entry.is_in_doubt(now):\n",
            new="                if one.row_id in refused:\n",
        ),
    ),
    Protection(
        group=DATA,
        fault="a company renamed whose name leads send",
        test=PUSH + "test_a_renamed_company_is_owed_by_its_leads_too",
        edit=Edit(
            by="a change raises the version of every row that shows it (`crm/writing/fanout.py`)",
            file="crm/writing/fanout.py",
            old="        if ids:\n            rows = model_of",
            new="        if False:\n            rows = model_of",
        ),
    ),
    Protection(
        group=DATA,
        fault="app or domain of a mapping changed",
        test=ADVERSITY + "test_a_failed_record_is_not_forgotten_when_the_mapping_gets_another_app",
        edit=Edit(
            by="a ledger per target, which takes over what was owed",
            file="jobs/enabling.py",
            old="        _write_entries(ledger, changed_before=now, now=now, former=last)",
            new="        _write_entries(ledger, changed_before=now, now=now)",
        ),
    ),
    Protection(
        group=DATA,
        fault="update key of a mapping changed",
        test=ADVERSITY + "test_a_record_stays_one_record_when_the_mapping_gets_another_update_key",
        edit=Edit(
            by="within one app kintone's ids are taken over (`enabling._twins_of`)",
            file="jobs/enabling.py",
            old='_twins_of(ledger).values_list("pk", flat=True).first()) is not None:',
            new="None) is not None:",
        ),
    ),
    Protection(
        group=DATA,
        fault="rules changed while a run is active",
        test=FAULTS + "test_a_mapping_that_was_changed_meanwhile_stops_the_run_at_its_next_batch",
        edit=Edit(
            by="each batch makes sure that the rules stand (`book._check_that_rules_stand`)",
            file="jobs/book.py",
            old="        if version != self._run.rules_version:\n",
            new="        if version is None:\n",
        ),
    ),
    Protection(
        group=DATA,
        fault="two mappings, two connections on one app",
        test=KEYS + "test_two_mappings_into_one_app_do_not_take_each_other_s_keys",
        edit=Edit(
            by="a key belongs to one entry of all mappings (`claims.claim`)",
            file="jobs/claims.py",
            old="    return _conflicts(ledger, lost, entries=entries) if lost else []",
            new="    return []",
        ),
    ),
    Protection(
        group=DATA,
        fault="a key owner deleted while another waits for the key",
        test=ADVERSITY + "test_a_key_is_free_for_who_waits_for_it_when_its_holder_was_deleted",
        edit=Edit(
            by="who waits for a key that nobody needs is woken (`ledger.wake_for_free_keys`)",
            file="jobs/execute.py",
            old="        ledgers.wake_for_free_keys(self.ledger, now=now)\n",
            new="",
        ),
    ),
    Protection(
        group=DATA,
        fault="a mapping switched off and on again",
        test=PUSH + "test_switching_off_and_on_sends_what_changed_meanwhile_if_asked",
        edit=Edit(
            by="what changed meanwhile is owed by version (`enabling.enable`)",
            file="jobs/enabling.py",
            old="    elif not mapping.enabled and not send_changed_meanwhile:\n",
            new="    elif not mapping.enabled:\n",
        ),
    ),
    Protection(
        group=DATA,
        fault="very many rows within one overlap",
        test=BETWEEN + "test_very_many_rows_within_one_overlap_cost_a_quiet_tick_nothing",
        edit=Edit(
            by="time says where to look, the version what is owed (`ledger.owed_rows`)",
            file="jobs/ledger.py",
            old="return changes.model_of(record_type)._default_manager.filter(~Exists(accounted))",
            new="return changes.model_of(record_type)._default_manager.all()",
        ),
    ),
    Protection(
        group=DATA,
        fault="leads out of and back into the sync user's sight",
        test=BETWEEN + "test_a_lead_that_moves_out_of_sight_and_back_arrives_as_it_is_then",
        edit=Edit(
            by="what is not visible is skipped, and looked at again when it changes",
            file="jobs/engine/build.py",
            old="    if not row.visible:\n",
            new="    if False:\n",
        ),
    ),
    Protection(
        group=DATA,
        fault="a sync user disabled in mid-run",
        test=BETWEEN + "test_a_sync_user_who_is_disabled_in_mid_run_stops_it_and_nothing_is_lost",
        edit=Edit(
            by="each chunk makes sure of the sync user (`OwedRows._check_sync_user`)",
            file="jobs/source.py",
            old="        self._check_sync_user()\n        rows = list(",
            new="        rows = list(",
        ),
    ),
    Protection(
        group=DATA,
        fault="one of several proposals about a changed form, accepted alone",
        test=DRIFT + "test_one_proposal_is_carried_out_alone_and_the_others_stay_as_they_were",
        edit=Edit(
            by="what was not asked for stays a drift (`accepting.accept`, `only`)",
            file="mapping/accepting.py",
            old="if not only or any(one.id == only for one in part) for",
            new="if part for",
        ),
    ),
    Protection(
        group=DATA,
        fault="a right that kintone leaves open",
        test=ACCESS + "test_the_first_row_that_is_certainly_his_decides_and_else_nothing_is_said",
        edit=Edit(
            by="only what all rows that may count agree on is said (`access.granted`)",
            file="integrations/kintone/access.py",
            old="if len(possible) == 1 else None",
            new="if possible else None",
        ),
    ),
    Protection(
        group=PULLED,
        fault="a pull's process killed between two pages",
        test=SLOT + "test_a_killed_process_is_followed_by_another_that_goes_on",
        edit=Edit(
            by="how far a tenant is read is moved with each page (`reading._Work._take`)",
            file="pulls/reading.py",
            old="            if page.records:\n                self._move(next_id=page.next_id)\n",
            new="            self.tenant.next_id = page.next_id\n",
        ),
    ),
    Protection(
        group=PULLED,
        fault="a pull that was given up while it lived",
        test=PULL_FAULTS + "test_who_was_given_up_writes_nothing_any_more",
        edit=Edit(
            by="a pull makes sure of its lease before each call and each page (`pulling.beat`)",
            file="pulls/pulling.py",
            old="heartbeat_at=now, **values) != 1:\n",
            new="heartbeat_at=now, **values) < 0:\n",
        ),
    ),
    Protection(
        group=PULLED,
        fault="Hot Profile answers 429, 5xx, a page, half an answer, or nothing",
        test=PULL_FAULTS
        + "test_what_passes_is_overcome_within_the_pull[an answer that is cut off]",
        edit=Edit(
            by="a call to Hot Profile is tried five times",
            file="integrations/hotprofile/client.py",
            old="ATTEMPTS = 5",
            new="ATTEMPTS = 1",
        ),
    ),
    Protection(
        group=PULLED,
        fault="records that change, come and go while they are read",
        test=PULL + "test_what_was_changed_while_it_was_read_comes_with_the_next_pull",
        edit=Edit(
            by="the watermark is when the cycle began, and not when it ended",
            file="pulls/reading.py",
            old="watermark=tenant.began)",
            new="watermark=clock.now() + 2 * OVERLAP)",
        ),
    ),
    Protection(
        group=PULLED,
        fault="a Hot Profile whose clock is behind ours",
        test=PULL + "test_the_watermark_is_by_the_tenants_clock_and_not_by_ours",
        edit=Edit(
            by="the watermark is by the tenant's clock (`Page.at`)",
            file="pulls/reading.py",
            old="began=page.at or clock.now()",
            new="began=clock.now()",
        ),
    ),
    Protection(
        group=PULLED,
        fault="a Hot Profile that ignores the order asked for",
        test=PULL_FAULTS + "test_a_server_that_ignores_the_order_is_not_believed",
        edit=Edit(
            by="a page that is not in the order of the ids is refused (`reading.read_page`)",
            file="integrations/hotprofile/reading.py",
            old="    if ordered and ids != ",
            new="    if not records and ids != ",
        ),
    ),
    Protection(
        group=PULLED,
        fault="a lead whose company cannot be had",
        test=PULL + "test_a_lead_whose_company_cannot_be_had_waits_and_comes_in_by_itself",
        edit=Edit(
            by="what was refused is kept and tried again with every pull",
            file="pulls/reading.py",
            old="        self._retry_refused(RecordType(stage), writer)\n",
            new="",
        ),
    ),
    Protection(
        group=PULLED,
        fault="a push that is due while data comes in",
        test=SLOT + "test_pushes_wait_also_when_the_bell_is_rung_again_meanwhile",
        edit=Edit(
            by="a slot's runs are rung when its pull has ended (`pull_slots.without_waiting`)",
            file="jobs/runs.py",
            old="return pull_slots.without_waiting(ready)",
            new="return ready",
        ),
    ),
    Protection(
        group=PULLED,
        fault="a pull that takes hours",
        test=SLOT + "test_a_pull_that_takes_long_holds_up_nobody_for_ever",
        edit=Edit(
            by="runs wait half an hour for a pull, and no longer (`pull_slots.PATIENCE`)",
            file="jobs/pull_slots.py",
            old="return is_of_slot and run.queued_at >= patient_until",
            new="return is_of_slot",
        ),
    ),
    Protection(
        group=CLEANSED,
        fault="a record is merged into one that kintone does not have yet",
        test=IDENTITY
        + "test_of_two_companies_of_which_one_is_in_kintone_its_record_becomes_that_of_the_other",
        edit=Edit(
            by="the row that stays takes over the other one's ledger entry (`jobs.takeover`)",
            file="jobs/takeover.py",
            old="        source_id=into_id,\n",
            new="",
        ),
    ),
    Protection(
        group=CLEANSED,
        fault="two records are merged that kintone has both",
        test=IDENTITY + "test_of_two_companies_in_kintone_both_records_stay_and_one_is_listed",
        edit=Edit(
            by="an entry is handed over only where kintone has nothing of the row that stays",
            file="jobs/takeover.py",
            old="elif survivor is None or not _arrived(survivor):",
            new="elif True:",
        ),
    ),
    Protection(
        group=CLEANSED,
        fault="a record is merged while its first request is on the way",
        test=IDENTITY + "test_a_company_is_merged_while_its_first_request_is_on_the_way",
        edit=Edit(
            by="an entry in doubt counts as arrived, and moves along with its doubt and its key",
            file="jobs/takeover.py",
            old="return entry.record_id is not None or entry.doubt_until is not None",
            new="return entry.record_id is not None",
        ),
    ),
    Protection(
        group=CLEANSED,
        fault="a merge by those who know no ledger",
        test=IDENTITY + "test_a_merge_that_no_mapping_was_told_of_is_found_by_the_next_run",
        edit=Edit(
            by="each run first settles what its ledger knows of merged rows (`take_over_all`)",
            file="jobs/execute.py",
            old="        takeover.take_over_all(self.ledger, now=clock.now())\n",
            new="",
        ),
    ),
    Protection(
        group=CLEANSED,
        fault="a line with an old ID comes late",
        test=IDENTITY + "test_a_line_with_the_old_id_is_applied_to_the_record_with_the_new_one",
        edit=Edit(
            by="old IDs are followed to the present ones before anything is written (`old_ids`)",
            file="crm/writing/rows.py",
            old="        follow(parsed, record_type=chunk.record_type, key=chunk.key)\n",
            new="",
        ),
    ),
    Protection(
        group=CLEANSED,
        fault="a line with an old ID comes in during a merge",
        test="crm/test_writers_meeting.py::"
        "test_a_line_with_an_old_id_that_comes_in_during_a_merge_brings_nothing_back",
        edit=Edit(
            by="deliveries share a lock that whoever merges has alone (`crm.writing.turns`)",
            file="crm/writing/turns.py",
            old='    if connection.vendor == "postgresql":',
            new='    if connection.vendor == "none":',
        ),
        stack=True,
    ),
    Protection(
        group=CLEANSED,
        fault="a merge breaks off in the middle",
        test=IDENTITY + "test_a_merge_is_there_as_a_whole_or_not_at_all",
        edit=Edit(
            by="rows, alias and ledger are one transaction (`jobs.identity`)",
            file="jobs/identity.py",
            old="        return results\n\n    return in_transaction(work)",
            new="        return results\n\n    return work()",
        ),
    ),
    Protection(
        group=CLEANSED,
        fault="the update key is another one when the mapping goes on",
        test="pages/test_cleansing.py::"
        "test_under_a_new_key_what_changed_meanwhile_is_sent_to_the_same_records",
        edit=Edit(
            by="what the app's former ledger is owed, the new one is (`jobs.enabling`)",
            file="jobs/enabling.py",
            old="send_changed_meanwhile and _under_another_key(ledger)",
            new="False",
        ),
    ),
    Protection(
        group=CLEANSED,
        fault="a first load is under way when the mappings rest",
        test="flows/test_first_load.py::"
        "test_one_that_cleansing_interrupted_goes_on_afterwards_whatever_the_key",
        edit=Edit(
            by="it is given up only where a mapping is switched off for good (`jobs.enabling`)",
            file="jobs/enabling.py",
            old="    for_good = not off_for\n",
            new="    for_good = True\n",
        ),
    ),
)
