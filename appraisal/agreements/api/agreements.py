"""Endpoints of agreements: draft, sign, amend, and make many at once."""

from typing import Any

from flask import Response

from appraisal import files, rest
from appraisal.agreements import amendments, importing, issuing, lists, paper, service, shown
from appraisal.agreements.content import Terms
from appraisal.agreements.context import find_agreement
from appraisal.agreements.drafts import ItemDraft, Joint
from appraisal.agreements.many_schemas import AgreementImportForm, AgreementImportOut, CopyIn, IssueIn, IssuesOut
from appraisal.agreements.models import Agreement, Amendment
from appraisal.agreements.queries import signatures_of
from appraisal.agreements.schemas import (
    AgreementFilter,
    AgreementOut,
    AgreementRowOut,
    AmendmentFilter,
    AmendmentIn,
    AmendmentOut,
    ContentIn,
    DecisionIn,
    DraftIn,
    MissingFilter,
    MissingOut,
    PaperIn,
    ReasonIn,
    RefusalIn,
    SignIn,
    SigningExceptionIn,
)
from appraisal.cycles.models import Sheet
from appraisal.errors import NotFound
from appraisal.people import auth
from appraisal.people.models import Employee
from appraisal.spreadsheets import read

endpoints = rest.Endpoints(
    "agreements",
    "绩效目标责任书 · Performance agreements: drafted, signed by both sides, changed only by an approved amendment",
)


@endpoints.get("/agreements", AgreementFilter, out=rest.page_of(AgreementRowOut))
def list_agreements(query: dict[str, Any]) -> rest.Page:
    """The agreements of a cycle that one may read, by employee number, every revision."""
    cycle = lists.find_cycle(rest.session(), query["cycle_id"])
    asked = {name: query[name] for name in ("status", "unit_id", "number", "sheet_id")}
    found = lists.agreements_seen(rest.session(), rest.actor(), cycle, **asked)
    page = rest.paged(rest.session(), found, [(Employee.number, "asc"), (Agreement.id, "asc")], query)
    policy = shown.policy_if_any(rest.session(), cycle, page.items)
    settled = lists.settled_sides(rest.session(), [row[0].id for row in page.items])
    return page.with_items([shown.agreement_row(policy, row, settled[row[0].id]) for row in page.items])


@endpoints.get("/agreements/missing", MissingFilter, out=rest.page_of(MissingOut))
def list_missing(query: dict[str, Any]) -> rest.Page:
    """The sheets of a cycle that have no agreement in force, with the draft there is, by employee number

    Their self-assessment waits for it (D-16).
    """
    cycle = lists.find_cycle(rest.session(), query["cycle_id"])
    asked = {name: query[name] for name in ("unit_id", "number")}
    found = lists.sheets_without(rest.session(), rest.actor(), cycle, **asked)
    page = rest.paged(rest.session(), found, [(Employee.number, "asc"), (Sheet.id, "asc")], query)
    policy = shown.policy_if_any(rest.session(), cycle, page.items)
    return page.with_items([shown.missing_row(policy, row) for row in page.items])


@endpoints.get("/agreements/<int:agreement_id>", out=AgreementOut)
def show_agreement(agreement_id: int) -> dict[str, Any]:
    """An agreement whole: items, terms, signatures, revisions, and what the pinned policy finds wrong or odd in a draft."""
    agreement, context = find_agreement(rest.session(), rest.actor(), agreement_id)
    return shown.whole(rest.session(), agreement, context)


@endpoints.get("/agreements/<int:agreement_id>/files/<int:file_id>", content="*/*")
def read_agreement_file(agreement_id: int, file_id: int) -> Response:
    """The scan of what was signed on paper, or of a refusal to sign."""
    find_agreement(rest.session(), rest.actor(), agreement_id)
    if file_id not in {one.file_id for one in signatures_of(rest.session(), agreement_id)}:
        raise NotFound()
    stored = files.by_id(rest.session(), file_id)
    return rest.download(stored.name, stored.media_type, files.content_of(rest.session(), stored))


@endpoints.post("/agreements", DraftIn, out=AgreementOut, creates=True)
def draft_agreement(body: dict[str, Any]) -> dict[str, Any]:
    """Begin the agreement of a sheet, by the employee, the supervisor or HR

    Over a draft that one side has signed already, a new revision with the same items is begun.
    """
    return show_agreement(service.draft_agreement(rest.session(), rest.actor(), body["sheet_id"]).id)


@endpoints.put("/agreements/<int:agreement_id>", ContentIn, out=AgreementOut, of=show_agreement)
def set_agreement_items(body: dict[str, Any], agreement_id: int, version: int) -> dict[str, Any]:
    """Write the items and terms of a draft nobody has signed

    Errors by the pinned policy refuse it, all at once; warnings come back under `findings`.
    """
    drafts, terms = _content(body)
    service.set_items(rest.session(), rest.actor(), agreement_id, drafts, terms=terms, version=version)
    return show_agreement(agreement_id)


@endpoints.post("/agreements/<int:agreement_id>/sign", SignIn, out=AgreementOut, of=show_agreement)
def sign_agreement(body: dict[str, Any], agreement_id: int, version: int) -> dict[str, Any]:
    """Sign as the employee or as the supervisor exactly the content that was read; with both it is in force."""
    service.sign_agreement(rest.session(), rest.actor(), agreement_id, body["content_hash"], version=version)
    return show_agreement(agreement_id)


@endpoints.post("/agreements/<int:agreement_id>/paper-signature", PaperIn, out=AgreementOut, of=show_agreement)
def enter_paper_signature(body: dict[str, Any], agreement_id: int, version: int) -> dict[str, Any]:
    """Enter what one side has signed on paper, with its scan: by HR, or by the clerk who enters for the employee."""
    paper.enter_paper_signature(rest.session(), rest.actor(), agreement_id, **body, version=version)
    return show_agreement(agreement_id)


@endpoints.post("/agreements/<int:agreement_id>/refusal", RefusalIn, out=AgreementOut, of=show_agreement)
def record_refusal(body: dict[str, Any], agreement_id: int, version: int) -> dict[str, Any]:
    """Record that one side refuses to sign, before two witnesses: by HR. It stands for that side's signature."""
    first, second = body.pop("witness_ids")
    paper.record_refusal(rest.session(), rest.actor(), agreement_id, **body, witnesses=(first, second), version=version)
    return show_agreement(agreement_id)


@endpoints.post("/agreements/<int:agreement_id>/exception", SigningExceptionIn, out=AgreementOut, of=show_agreement)
def except_agreement(body: dict[str, Any], agreement_id: int, version: int) -> dict[str, Any]:
    """Put a draft in force without the signatures it lacks, with the reason on record: by HR (D-16)."""
    paper.record_exception(rest.session(), rest.actor(), agreement_id, **body, version=version)
    return show_agreement(agreement_id)


@endpoints.post("/agreements/<int:agreement_id>/withdrawal", ReasonIn, out=AgreementOut, of=show_agreement)
def withdraw_agreement(body: dict[str, Any], agreement_id: int, version: int) -> dict[str, Any]:
    """Take back a draft or a proposed amendment; it stays on record."""
    service.withdraw_draft(rest.session(), rest.actor(), agreement_id, body["reason"], version=version)
    return show_agreement(agreement_id)


# Amendments


@endpoints.get("/amendments", AmendmentFilter, out=rest.page_of(AmendmentOut))
def list_amendments(query: dict[str, Any]) -> rest.Page:
    """The amendments of a cycle that one may read, the latest first."""
    cycle = lists.find_cycle(rest.session(), query["cycle_id"])
    found = lists.amendments_seen(rest.session(), rest.actor(), cycle, status=query["status"])
    return rest.paged(rest.session(), found, [(Amendment.id, "desc")], query, row=shown.amendment_out)


@endpoints.get("/amendments/<int:amendment_id>", out=AmendmentOut)
def show_amendment(amendment_id: int) -> dict[str, Any]:
    """An amendment; what it proposes is the agreement `agreement_id`, what is in force until then `of_id`."""
    amendment, revision, context = amendments.find_amendment(rest.session(), rest.actor(), amendment_id)
    return shown.amendment_out((amendment, revision, rest.session().get_one(Employee, context.appraisal.employee_id)))


@endpoints.post("/agreements/<int:agreement_id>/amendments", AmendmentIn, out=AmendmentOut, creates=True)
def propose_amendment(body: dict[str, Any], agreement_id: int) -> dict[str, Any]:
    """Propose other items or terms for an agreement in force, by either side, before the self-assessment

    Nothing changes until HR or somebody above both sides has approved it and both have signed.
    """
    drafts, terms = _content(body)
    asked = {"reason": body["reason"], "terms": terms}
    amendment, _ = amendments.propose_amendment(rest.session(), rest.actor(), agreement_id, drafts, **asked)
    return show_amendment(amendment.id)


@endpoints.post("/amendments/<int:amendment_id>/decision", DecisionIn, out=AmendmentOut, of=show_amendment)
def decide_amendment(body: dict[str, Any], amendment_id: int, version: int) -> dict[str, Any]:
    """Approve exactly what was read, or turn it down with a reason: by HR, the supervisor's superior or the unit's head."""
    amendments.decide_amendment(rest.session(), rest.actor(), amendment_id, **body, version=version)
    return show_amendment(amendment_id)


# Many at once


@endpoints.post("/agreements/copy", CopyIn, out=IssuesOut, creates=True)
def copy_agreements(body: dict[str, Any]) -> dict[str, Any]:
    """Draft from what was last in force for the same person and post, checked anew under this cycle's policy

    What did not fit is named person by person; who has an agreement already keeps it.
    """
    asked = {name: body[name] for name in ("sheet_ids", "unit_id")}
    found = issuing.copy_agreements(rest.session(), rest.actor(), body["cycle_id"], **asked)
    return {"people": [shown.issued_out(one) for one in found]}


@endpoints.post("/agreements/issue", IssueIn, out=IssuesOut, creates=True)
def issue_agreements(body: dict[str, Any]) -> dict[str, Any]:
    """Draft the same items for everybody on a post who has no agreement yet: by HR."""
    drafts, terms = _content(body)
    asked = {"unit_id": body["unit_id"], "terms": terms}
    found = issuing.issue_to_post(rest.session(), rest.actor(), body["cycle_id"], body["policy_post"], drafts, **asked)
    return {"people": [shown.issued_out(one) for one in found]}


@endpoints.post("/agreements/import", AgreementImportForm, out=AgreementImportOut, plain=True, upload=True)
def import_agreements(form: dict[str, Any]) -> dict[str, Any]:
    """Import drafts from a CSV or XLSX file, an item a row: by HR

    Columns: 工号, 指标 (id or name; another name makes an item of the person's own), 权重, and as needed 岗位, 类型, 目标值,
    挑战值, 门槛值, 基准值, 维度, 方向, 计量单位, 评分标准, 数据来源, 评定人工号, 上级目标. All rows or none; with `preview`
    nothing is written. The same file may be sent again; what has been signed is not overwritten.
    """
    if not rest.actor().holds("hr"):
        raise auth.for_others("hr")
    do = importing.preview_agreements if form["preview"] else importing.import_agreements
    found = do(rest.session(), rest.actor(), form["cycle_id"], read(form["file"].name, form["file"].content, importing.COLUMNS))
    people = [
        {
            "sheet_id": one.sheet.id,
            "employee": shown.person(one.employee),
            "action": one.action,
            "items": len(one.drafts),
            "findings": [shown.finding_out(finding) for finding in one.findings],
        }
        for one in found.planned
    ]
    return {"preview": form["preview"], "people": people, "faults": [shown.fault_out(fault) for fault in found.faults]}


def _content(body: dict[str, Any]) -> tuple[list[ItemDraft], Terms | None]:
    terms = body["terms"]
    return [_draft(item) for item in body["items"]], None if terms is None else Terms(**terms)


def _draft(item: dict[str, Any]) -> ItemDraft:
    return ItemDraft(**item | {"assessors": tuple(Joint(**one) for one in item["assessors"])})
