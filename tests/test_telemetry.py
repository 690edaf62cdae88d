"""Health, metrics and logs of the served site."""

import json
import logging
from pathlib import Path

import pytest
import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from appraisal import clock, db, notify, telemetry
from appraisal.app import create_app
from appraisal.config import Settings
from appraisal.deliveries import MAIL, Delivery, note_unreachable
from appraisal.notify import Notification
from tests import factories
from tests.caller import Caller, a_service

TOKEN = "of the metrics"


def test_health_tells_whether_the_database_answers(database_url: str, tmp_path: Path):
    assert a_service(database_url, tmp_path).test_client().get("/health").json == {"status": "ok"}


def test_health_says_503_when_there_is_no_database(tmp_path: Path):
    site = a_service("postgresql://nobody@127.0.0.1:1/none", tmp_path)
    answer = site.test_client().get("/health")
    assert (answer.status_code, answer.json) == (503, {"status": "no database"})


def test_metrics_are_for_whoever_brings_their_token(database_url: str, tmp_path: Path):
    chosen = Settings(mode="test", var=tmp_path, database_url=database_url, secret_key="x", metrics_token=TOKEN)
    client = create_app(chosen).test_client()
    client.get("/health")
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 404
    shown = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text
    assert 'appraisal_requests_total{method="GET",route="/health",status="200"}' in shown
    assert "appraisal_delivery_faults{" not in shown
    with db.transaction(db.engine(database_url), write=True) as session:
        told = notify.post(
            session, factories.an_employee(session).id or 0, "appeal_accepted", about=("cycle", 1), cycle="一季度"
        )
        session.flush()
        session.add(Delivery(way=MAIL, notification_id=told.id))
        note_unreachable(session, MAIL, "nobody is there")
    shown = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text
    assert 'appraisal_deliveries{state="waiting",way="mail"} 1.0' in shown
    assert 'appraisal_delivery_faults{way="mail"} 1.0' in shown


def test_without_a_token_set_nobody_reads_metrics(database_url: str, tmp_path: Path):
    client = a_service(database_url, tmp_path).test_client()
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


def test_a_line_of_log_names_route_and_account_but_nothing_anybody_wrote(
    engine: Engine, database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    with db.transaction(engine, write=True) as session:
        account = factories.an_account(session, "auditor")
    caller = Caller(a_service(database_url, tmp_path), account)
    telemetry.configure_logs()
    try:
        caller.get("/audit", object_id="私密内容")
        logging.getLogger("appraisal.db").info("beside it")
        line, other = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    finally:
        structlog.reset_defaults()
        logging.getLogger("appraisal").handlers = []
    assert (line["route"], line["status"], line["account"]) == ("/api/v1/audit", 200, account.id)
    assert line.keys() == {"event", "method", "route", "status", "ms", "account", "request_id", "level", "timestamp"}
    assert other["event"] == "beside it"


def test_what_goes_wrong_is_logged_with_its_place_but_without_the_values_of_the_row(
    engine: Engine, capsys: pytest.CaptureFixture[str]
):
    told = {"kind": "remind", "about_kind": "cycle", "about_id": 1, "said": {"who": "私密内容"}}
    telemetry.configure_logs()
    try:
        try:
            with db.transaction(engine, write=True) as session:
                session.add(Notification(employee_id=None, created_at=clock.now(), **told))
        except IntegrityError:
            logging.getLogger("appraisal").exception("a request failed")
        line = json.loads(capsys.readouterr().err)
    finally:
        structlog.reset_defaults()
        logging.getLogger("appraisal").handlers = []
    assert line["exception"].startswith("IntegrityError: (")
    assert "employee_id" in line["exception"] and "test_telemetry.py" in line["exception"]
    assert "私密内容" not in line["exception"] and "\\u79c1" not in line["exception"]
