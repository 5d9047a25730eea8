"""The mappings of one connection, as a settings file says them."""

import difflib
import re
from collections.abc import Mapping as MappingOf
from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from common.problems import Problem
from common.types import RecordType
from common.wording import in_brackets, listed, one_after_another
from crm import catalogue
from integrations import budget
from integrations.models import Connection
from jobs import enabling, removing
from jobs.settings_file.document import FileProblem, Node
from jobs.settings_file.forms import ReadForm, Target
from jobs.settings_file.report import Report, mapping_name
from jobs.settings_file.rules_schema import name_of
from jobs.settings_file.specs import ABSENT, MappingSpec
from mapping import mappings
from mapping.drift_texts import as_sentences
from mapping.models import Mapping
from mapping.problem_texts import describe
from mapping.rules import RulesRefused, save_rules, specs_of
from mapping.rulespec import RuleSpec

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


class MappingApplier:
    """Applies mappings, tells `report` what changed and gathers in `problems` what is wrong."""

    def __init__(
        self,
        *,
        report: Report,
        problems: list[FileProblem],
        forms: MappingOf[Target, ReadForm | Problem],
        now: datetime,
        prune: bool,
        plan: bool,
        restores: bool,
    ) -> None:
        self._report = report
        self._problems = problems
        self._forms = forms
        self._now = now
        self._prune = prune
        self._plan = plan
        self._restores = restores
        self.refused_by_old_forms: set[Target] = set()

    def apply(
        self,
        connection: Connection,
        specs: Sequence[MappingSpec],
        *,
        without: Sequence[tuple[RecordType, int]] = (),
    ) -> None:
        """Make the connection's mappings as `specs` say; with `prune`, remove all others.

        Args:
            without: Type and app of mappings that are removed in any case.
        """
        for record_type, app in without:
            for mapping in connection.mappings.filter(record_type=record_type, app=app):
                self._remove(mapping)
        for spec in specs:
            self._apply_one(connection, spec)
        if self._prune:
            named = {(spec.record_type, spec.app) for spec in specs}
            for mapping in Mapping.objects.filter(connection=connection):
                if (mapping.record_type, mapping.app) not in named:
                    self._remove(mapping)

    def _remove(self, mapping: Mapping) -> None:
        self._report.removed(mapping_name(mapping))
        try:
            removing.delete_mapping(mapping, now=self._now)
        except removing.StillActiveError:
            self._problems.append(still_active(mapping_name(mapping)))

    def _apply_one(self, connection: Connection, spec: MappingSpec) -> None:
        if not self._moved(connection, spec):
            return
        mapping, is_new = Mapping.objects.get_or_create(
            connection=connection, record_type=spec.record_type, app=spec.app
        )
        # Of a new mapping it is enough to say that it is new.
        report = Report() if is_new else self._report
        if is_new:
            self._report.added(mapping_name(mapping))
        self._guest_space(mapping, spec, report)
        self._daily_requests(mapping, spec, report)
        if not self._form(mapping, spec):
            return
        if self._rules(mapping, spec, report):
            self._enabled(mapping, spec)

    def _moved(self, connection: Connection, spec: MappingSpec) -> bool:
        """Let a mapping that goes to another app go there again; False if that cannot be."""
        if spec.formerly is ABSENT:
            return True
        of_type = connection.mappings.filter(record_type=spec.record_type)
        mapping = of_type.filter(app=spec.formerly).first()
        if mapping is None:
            return True
        if of_type.filter(app=spec.app).exists():
            message = _("アプリID%(app)sへの同じ対象データのマッピングが、すでにあります。")
            self._problems.append(spec.node.problem(message % {"app": spec.app}))
            return False
        Mapping.objects.filter(pk=mapping.pk).update(app=spec.app)
        mappings.forget_target(mapping)
        return True

    def _guest_space(self, mapping: Mapping, spec: MappingSpec, report: Report) -> None:
        before, after = mapping.guest_space, spec.guest_space
        if after is ABSENT or before == after:
            return
        thing = mapping_name(mapping)
        report.changed(thing, what=_("ゲストスペースID"), before=before, after=after)
        mapping.guest_space = after
        mapping.save(update_fields=["guest_space"])

    def _daily_requests(self, mapping: Mapping, spec: MappingSpec, report: Report) -> None:
        host, after = mapping.connection.host, spec.daily_requests
        before = budget.daily_requests(host, mapping.app)
        if after is ABSENT or before == after:
            return
        report.changed(mapping_name(mapping), what=_("1日の上限"), before=before, after=after)
        budget.set_daily_requests(host, mapping.app, after)

    def _form(self, mapping: Mapping, spec: MappingSpec) -> bool:
        """Store the form that was read for this mapping, or say why there is none yet.

        False: what was there before is not put back blindly.
        """
        answer = self._forms.get(_target(mapping))
        if isinstance(answer, ReadForm):
            mappings.read_form(mapping, answer, now=self._now)
        elif answer is not None:
            why = describe(answer)
            if self._restores and _has_login(mapping.connection):
                message = one_after_another([f"{why.heading}: ", why.body])
                self._problems.append(spec.node.problem(message))
                return False
            unread = _("アプリのフォームを読み込めませんでした（%(heading)s）。%(body)s") % {
                "heading": why.heading,
                "body": why.body,
            }
            consequence = (
                _("項目のマッピングがフォームに合うかどうかは、確認していません。")
                if self._plan
                else _("設定は保存しました。フォームは最初のデータ処理で読み込みます。")
            )
            self._report.note(mapping_name(mapping), one_after_another([unread, consequence]))
        return True

    def _rules(self, mapping: Mapping, spec: MappingSpec, report: Report) -> bool:
        """Save rules and update key; False if they were refused."""
        before = {name_of(rule): rule for rule in specs_of(mapping)}
        after = self._wanted_rules(before, spec)
        update_key = mapping.update_key if spec.update_key is ABSENT else spec.update_key
        if self._unknown_items(mapping, spec):
            return False
        former_key = mapping.update_key
        try:
            save_rules(mapping, list(after.values()), update_key=update_key)
        except RulesRefused as refused:
            self._refuse(spec, refused.problems)
            if _target(mapping) not in self._forms:
                self.refused_by_old_forms.add(_target(mapping))
            return False
        thing = mapping_name(mapping)
        for sentence in as_sentences(mappings.drift_of(mapping)):
            self._report.note(thing, sentence)
        if former_key != update_key:
            report.changed(thing, what=_("更新キー"), before=former_key, after=update_key)
        for name in [*after, *(name for name in before if name not in after)]:
            former, new = before.get(name), after.get(name)
            if former != new:
                what = _("「%(name)s」の項目") % {"name": name}
                report.changed(thing, what=what, before=_in_words(former), after=_in_words(new))
        return True

    def _wanted_rules(
        self, before: MappingOf[str, RuleSpec], spec: MappingSpec
    ) -> dict[str, RuleSpec]:
        if spec.rules is ABSENT:
            return dict(before)
        named = {name: entry.spec for name, entry in spec.rules.items()}
        if self._prune or self._restores:
            return named
        # A field code is unique in its app, in tables and outside: a rule may move into a table.
        fields = {rule.field for rule in named.values()}
        return {name: rule for name, rule in before.items() if rule.field not in fields} | named

    def _unknown_items(self, mapping: Mapping, spec: MappingSpec) -> bool:
        """Whether a rule names an item that is not there; each is told with its line."""
        known = catalogue.items_by_key(RecordType(mapping.record_type))
        found = False
        for entry in (spec.rules or {}).values():
            rule = entry.spec
            for key in [rule.source] if rule.source else _PLACEHOLDER.findall(rule.template):
                if key not in known:
                    found = True
                    self._problems.append(_unknown_item(entry.node, key, known=list(known)))
        return found

    def _refuse(self, spec: MappingSpec, problems: Sequence[Problem]) -> None:
        for problem in problems:
            entry = (spec.rules or {}).get(problem.field)
            words = describe(problem)
            message = f"{words.heading}: {words.body}"
            if entry is None and problem.code == "item_taken":
                remedy = _(
                    "ファイルにない「%(name)s」の項目を外すには、--pruneを付けてください。"
                ) % {"name": problem.field}
                message = one_after_another([message, remedy])
            self._problems.append((entry.node if entry else spec.node).problem(message))

    def _enabled(self, mapping: Mapping, spec: MappingSpec) -> None:
        if spec.enabled is ABSENT or spec.enabled == mapping.enabled:
            return
        thing = mapping_name(mapping)
        on, off = _("有効"), _("無効")
        what = _("連携")
        if not spec.enabled:
            self._report.changed(thing, what=what, before=on, after=off)
            enabling.disable(mapping, now=self._now)
            return
        if not mapping.update_key or not mapping.rules.exists():
            message = _("有効にするには、update_key と rules を書いてください。")
            self._problems.append(spec.node.fields["enabled"].problem(message))
            return
        self._report.changed(thing, what=what, before=off, after=on)
        if not self._restores:
            self._note_left_out(mapping)
        if not self._plan:
            enabling.enable(mapping, now=self._now, send_changed_meanwhile=self._restores)

    def _note_left_out(self, mapping: Mapping) -> None:
        """Enabling starts from now: say what that leaves out, and how it can be sent."""
        if left_out := enabling.owed_since_disabled(mapping):
            text = _(
                "無効の間に変更された%(number)s件は連携しません。"
                "連携する場合は、manage.py sync に --full を付けて実行してください。"
            ) % {"number": f"{left_out:,}"}
            self._report.note(mapping_name(mapping), text)


def still_active(thing: str) -> FileProblem:
    """Why something cannot be removed yet."""
    message = _("%(thing)sのデータ処理が終わっていません。終わるか中止してから削除してください。")
    return FileProblem(message=message % {"thing": thing})


def _has_login(connection: Connection) -> bool:
    """Whether kintone can be asked at all."""
    return bool(connection.password or connection.tokens)


def _target(mapping: Mapping) -> Target:
    return mapping.connection.name, RecordType(mapping.record_type), mapping.app


def _unknown_item(node: Node, key: str, *, known: Sequence[str]) -> FileProblem:
    close = difflib.get_close_matches(key, known, n=1)
    if close:
        message = _("項目「%(key)s」はありません。「%(close)s」ではありませんか。") % {
            "key": key,
            "close": close[0],
        }
    else:
        message = _("項目「%(key)s」はありません。") % {"key": key}
    return node.problem(message)


def _in_words(rule: RuleSpec | None) -> str:
    if rule is None:
        return ""
    origin = rule.source or rule.template or _("固定値「%(value)s」") % {"value": rule.fixed}
    details = [f"{given}={sent}" for given, sent in rule.values.items()]
    if rule.empty != "clear":
        details.append(_("空のとき%(what)s") % {"what": rule.empty_value or rule.empty.value})
    if rule.keep_rows:
        details.append(_("行を維持"))
    return origin + in_brackets(listed(details)) if details else origin
