"""Lines of the log: what they are about, for people and for programs."""

import io
import json
import logging
import logging.config
from typing import Any

import pytest
from django.conf import settings

from common import log_context
from tests.builders_crm import make_companies
from tests.flows.conftest import enabled_mapping, run_now


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What the product's own handler writes, in that form."""

    def begin(form: str) -> io.StringIO:
        stream = io.StringIO()
        dressed = logging.config.DictConfigurator(settings.LOGGING)
        dressed.configure()
        handler = logging.StreamHandler(stream)
        for name in ("about", "secrets"):
            handler.addFilter(dressed.config["filters"][name])
        handler.setFormatter(dressed.config["formatters"][form])
        logging.getLogger().addHandler(handler)
        begun.append(handler)
        return stream

    begun: list[logging.Handler] = []
    yield begin
    for handler in begun:
        logging.getLogger().removeHandler(handler)


@pytest.mark.django_db
def test_each_line_of_a_run_says_which_also_from_its_threads(kintone: Any, log: Any) -> None:
    mapping = enabled_mapping(kintone)
    make_companies(3)
    stream = log("json")

    run = run_now(mapping)

    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    wire = [line for line in lines if line["logger"] == "integrations.kintone"]
    assert wire
    assert {(line["run"], line["mapping"]) for line in wire} == {(run.pk, str(mapping))}
    assert set(wire[0]) == {"at", "level", "logger", "message", "run", "mapping"}


def test_people_read_it_before_the_message(log: Any) -> None:
    stream = log("line")
    logger = logging.getLogger("hpsync.test")

    with log_context.about(run=7, mapping="本番/company/1"):
        logger.info("Something")
    logger.info("Something else")

    first, second = stream.getvalue().splitlines()
    assert first.endswith("INFO hpsync.test: [run 7] [mapping 本番/company/1] Something")
    assert second.endswith("INFO hpsync.test: Something else")


def test_a_traceback_is_masked_for_programs_too(log: Any) -> None:
    stream = log("json")
    try:
        message = "password=open-sesame"
        raise ValueError(message)
    except ValueError:
        logging.getLogger("hpsync.test").exception("It broke")

    (told,) = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert "ValueError: password=********" in told["exception"]
    assert "open-sesame" not in stream.getvalue()
