"""Nothing personal reaches a log line."""

import json
import logging

import pytest
import structlog

from lib_log import configure_logging, describe_error, redact_text


def test_id_and_phone_numbers_are_masked_inside_longer_text() -> None:
    text = redact_text("证件 11010519491231002X，电话 13812345678，金额 20260105")
    assert text == "证件 110***********002X，电话 138****5678，金额 20260105"


def test_a_log_line_is_json_and_masks_nested_values(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("svc-test")
    structlog.get_logger("x").info("read", people=[{"id": "11010519491231002X"}])
    line = json.loads(capsys.readouterr().out)
    assert line["service"] == "svc-test"
    assert line["people"] == [{"id": "110***********002X"}]


def test_the_text_of_an_exception_is_not_logged(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("svc-test")
    try:
        raise ValueError("the secret of citizen 7")
    except ValueError as error:
        description = describe_error(error)
        logging.getLogger("library").exception("it failed")
        structlog.get_logger("x").exception("failed")
    assert description["error"] == "ValueError"
    out = capsys.readouterr().out
    assert out.count("ValueError") == 2
    assert "secret" not in out
