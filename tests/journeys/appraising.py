"""From March to April: figures come in, everybody is appraised, hears of it in an interview and is told the result."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from appraisal import clock
from tests.caller import Caller
from tests.journeys.office import Office, done, refused
from tests.journeys.targets import ASSESSOR, DRIVER, REACHED, superior_of

NEWCOMER = "Y31"
PUSHED = ("Y06", *(number for number in REACHED if number >= "Y18"))  # the accountant's own, and those of sales
ALL_BUT_Y03 = sorted(set(REACHED) - {"Y03"})


def somebody_joins_late(office: Office) -> None:
    """A newcomer of 23 March has 9 days of the quarter: fewer than 15, so not rated, which is neither D nor 0 (D-03)."""
    with clock.at(date(2026, 3, 23)):
        [post] = office.listed("y03", "/posts", code="SAL-STAFF")
        body = {"number": NEWCOMER, "name": "路新", "joined_on": "2026-03-23", "post_id": post["id"]}
        hired = done(office["y03"].post("/employees", body | {"supervisor_id": office.ids["Y18"]}))
        assert (hired["supervisor"]["number"], hired["posts"][0]["unit"]) == ("Y18", "销售部")
        cycle = done(office["y03"].get(f"/cycles/{office.cycle}"))
        done(office["y03"].post(f"/cycles/{office.cycle}/refresh", version=cycle["version"]))
        row = office.cases()[NEWCOMER]
        office.ids |= {f"case {NEWCOMER}": row["id"]}
        assert row["rated"] is False
        assert "9 天" in office.case("y03", NEWCOMER)["not_rated_reason"]


def something_serious_happens(office: Office) -> None:
    """Y24 has signed for customers. It is filed by the supervisor, heard, and only then confirmed by HR (D-20)."""
    with clock.at(date(2026, 3, 25)):
        evidence = office.hands_in("y18", "三份合同的签名比对")
        body = {"employee_id": office.ids["Y24"], "event": "serious_violation", "happened_on": "2026-03-24"}
        filed = done(office["y18"].post("/incidents", body | {"facts": "代客户签字", "file_ids": [evidence]}))
        path = f"/incidents/{filed['id']}"
        early = {"findings": "属实"}
        refused(office["y03"].post(f"{path}/confirm", early, version=filed["version"]), 409, "not_heard")
        assert office["y25"].get(path).status == 404
        own = done(office["y24"].get(path))
        assert own["filed_by"] is None  # not before one has been heard
        heard = done(office["y24"].post(f"{path}/hear", {"statement": "客户在电话里同意了"}, version=own["version"]))
        found = {"findings": "三份合同均为本人所签, 属实"}
        refused(office["y18"].post(f"{path}/confirm", found, version=heard["version"]), 403, "not_allowed")
        confirmed = done(office["y03"].post(f"{path}/confirm", found, version=heard["version"]))
        assert (confirmed["status"], len(confirmed["entries"])) == ("confirmed", 2)


def figures_come_in(office: Office) -> None:
    """A machine pushes what it knows and corrects one figure, an accountant brings a table; HR confirms what others entered."""
    with clock.at(date(2026, 4, 2)):
        office.machine = _machine(office)
        for number in PUSHED:
            for item, figure in REACHED[number].figures.items():
                if (number, item) != ("Y30", "new_customers"):
                    _push(office, number, item, "900000" if (number, item) == ("Y21", "revenue") else figure)
        _machine_corrects_itself(office)
        _table_is_imported(office)
        refused(office.machine.get("/appraisals"), 403, "scope_missing")
        assert _confirms_what_waits(office, "y03") == 63
        assert _confirms_what_waits(office, "y04") == 2  # those of Y03, who is not shown them before
        [share] = done(office["y03"].get("/measures/completeness", cycle_id=office.cycle))["providers"]
        # 13 sales people × 2, 5 buyers × 3, 5 documents people × 3 and 5 in offices × 2 make 66; one of them is missing, and
        # nobody of HR is told of their own two.
        assert (share["confirmed"], share["unconfirmed"], share["missing"], share["overdue"]) == (63, 0, 1, 0)
        # Five working days from 1 April, with Qingming from the 4th to the 6th.
        assert share["due_on"] == "2026-04-08"
    with clock.at(date(2026, 4, 3)):
        _data_are_complete(office)


def _machine(office: Office) -> Caller:
    made = done(office["admin"].post("/accounts", {"login": "erp", "roles": [{"role": "data_provider", "unit_id": None}]}))
    scopes = ["measures:read", "measures:write"]
    asked = {"account_id": made["id"], "name": "ERP 月结", "scopes": scopes, "expires_on": "2026-12-31"}
    return Caller(office.site, None, Authorization=f"Bearer {done(office['admin'].post('/tokens', asked))['token']}")


def _push(office: Office, number: str, item: str, figure: Any) -> dict[str, Any]:
    """A figure under a key of the machine's own: sent twice, it is there once."""
    assert office.machine is not None
    value = {"inputs": figure} if isinstance(figure, dict) else {"actual": figure}
    body = {"number": number, "item": item, "period": "2026-Q1", "origin": "import", "source_document": "ERP 2026-Q1 月结"}
    key = f"erp-{number}-{item}"
    first = done(office.machine.post("/measures", body | value, key=key))
    if number == "Y22":
        again = office.machine.post("/measures", body | value, key=key)
        assert (again.json["id"], again.headers["Idempotency-Replayed"]) == (first["id"], "true")
        refused(office.machine.post("/measures", body | {"actual": "1"}, key=key), 409, "idempotency_key_reused")
    return first


def _machine_corrects_itself(office: Office) -> None:
    assert office.machine is not None
    [wrong] = done(office.machine.get("/measures", cycle_id=office.cycle, number="Y21", item="revenue"))["items"]
    right = {"actual": "1000000", "origin": "import", "source_document": "ERP 2026-Q1 月结 (更正)", "reason": "漏计一单"}
    later = done(office.machine.post(f"/measures/{wrong['id']}/corrections", right))
    assert (later["corrects_id"], done(office.machine.get(f"/measures/{wrong['id']}"))["state"]) == (wrong["id"], "corrected")


def _table_is_imported(office: Office) -> None:
    lines = ["工号,指标,考核期,实际值,原始数据,数据来源"]
    for number in (one for one in REACHED if one not in PUSHED):
        for item, figure in REACHED[number].figures.items():
            inputs = "; ".join(f"{name}={value}" for name, value in figure.items()) if isinstance(figure, dict) else ""
            lines.append(f"{number},{item},2026-Q1,{'' if inputs else figure},{inputs},一季度数据汇总表")
    table = "\n".join(lines).encode("gb18030")
    # Four in offices × 2, five documents people × 3 and five buyers × 3.
    assert done(office["y06"].upload("/measures/import", "汇总.csv", table, preview="true"))["recorded"] == 38
    assert done(office["y06"].upload("/measures/import", "汇总.csv", table))["recorded"] == 38
    assert done(office["y06"].upload("/measures/import", "汇总.csv", table))["unchanged"] == 38


def _confirms_what_waits(office: Office, login: str) -> int:
    waiting = office.listed(login, "/measures", cycle_id=office.cycle, state="waiting")
    return done(office[login].post("/measures/confirmations", {"measure_ids": [row["id"] for row in waiting]}))["confirmed"]


def _data_are_complete(office: Office) -> None:
    """The accountant declares it for everybody whose figures are there; for themselves HR does."""
    owed = {row["appraisal_id"] for row in office.listed("y06", "/measures/owed", cycle_id=office.cycle)}
    told = done(office["y06"].post("/measures/completions", {"appraisal_ids": sorted(owed)}))
    left = {row["appraisal_id"]: row["code"] for row in told["rows"] if not row["done"]}
    assert (told["done"], left) == (26, {office.ids["case Y30"]: "figures_missing"})
    _push(office, "Y30", "new_customers", REACHED["Y30"].figures["new_customers"])
    assert _confirms_what_waits(office, "y03") == 1
    rest = {"appraisal_ids": [office.ids["case Y06"], office.ids["case Y30"]]}
    assert done(office["y03"].post("/measures/completions", rest))["done"] == 2
    assert {row["step"] for row in office.cases().values() if row["rated"]} == {"self_assessment"}


def everybody_assesses_themselves(office: Office) -> None:
    """A statement and a rating of one's own goal; the driver dictates his to the clerk."""
    with clock.at(date(2026, 4, 8)):
        draft = {"comment": "先写几句", "ratings": []}
        path = f"/appraisals/{office.ids['case Y22']}/self-assessment-draft"
        saved = done(office["y22"].put(path, draft, version=1))
        refused(office["y22"].put(path, draft, version=1), 412, "stale_version")
        assert done(office["y22"].get(path))["comment"] == saved["comment"]
        assert draft["comment"] not in str(office["y18"].get(path).json)  # nobody else reads it
        seen = office.cases()
        for number in sorted(set(REACHED) - {DRIVER}):
            case = done(office.acts(number.lower(), number, "self-assessment", _statement(office, number), seen=seen))
            assert (case["step"], case["result"]) == ("supervisor_review", None)
        clerk = office.for_somebody("y09", DRIVER, "自评表")
        his = done(clerk.get(f"/appraisals/{office.ids[f'case {DRIVER}']}"))
        told = done(clerk.post(f"/appraisals/{his['id']}/self-assessment", _statement(office, DRIVER), version=his["version"]))
        assert told["step"] == "supervisor_review"


def _statement(office: Office, number: str) -> dict[str, Any]:
    return {"statement": "本季度按责任书开展工作, 情况见各项数据。", "ratings": _rating(office, number, "90")}


def _rating(office: Office, number: str, rating: str | None) -> list[dict[str, Any]]:
    goal = REACHED[number].goal
    return [] if goal is None else [{"sheet_id": office.ids[f"sheet {number}"], "item": goal, "rating": rating}]


def superiors_review(office: Office) -> None:
    """Co-operation is rated by the head of purchasing, who sees nothing else of the case; one self-assessment is sent back."""
    with clock.at(date(2026, 4, 9)):
        early = {"comment": "数据属实。", "ratings": []}
        refused(office.acts("y08", "Y09", "review", early), 422, "ratings_missing")
        tasks = done(office[ASSESSOR.lower()].get("/goal-tasks"))["items"]
        assert {task["employee"]["number"] for task in tasks} == {"Y08", "Y09", "Y10", "Y11", DRIVER}
        for task in tasks:
            number = task["employee"]["number"]
            part = office.case(ASSESSOR.lower(), number)
            assert (part["scope"], [item["item"] for item in part["sheets"][0]["items"]]) == ("part", [task["item"]["item"]])
            body = {"comment": "交接顺畅。", "ratings": _rating(office, number, REACHED[number].rating)}
            done(office[ASSESSOR.lower()].post(f"/appraisals/{task['appraisal_id']}/goal-ratings", body))
        back = {"action": "return_to_self_assessment", "reason": "述职未提客户投诉一事, 请补充"}
        assert done(office.acts("y18", "Y27", "moves", back))["step"] == "self_assessment"
        assert "sent_back" in {one["kind"] for one in office.listed("y27", "/notifications")}
        done(office.acts("y27", "Y27", "self-assessment", _statement(office, "Y27")))
        seen = office.cases()
        for number in REACHED:
            foreign = REACHED[number].goal == "cross_department_collaboration"
            ratings = [] if foreign else _rating(office, number, REACHED[number].rating)
            body = {"comment": "数据与日常表现一致。", "ratings": ratings}
            assert done(office.acts(superior_of(number), number, "review", body, seen=seen))["step"] == "interview"


def results_are_computed(office: Office) -> None:
    """Every total is the one worked out by hand; the veto leaves the computed score as it was."""
    with clock.at(date(2026, 4, 10)):
        told = done(office["y03"].post("/appraisals/computations", {"cycle_id": office.cycle}))
        assert (told["computed"], [(one["number"], one["code"]) for one in told["waiting"]]) == (27, [("Y03", "not_allowed")])
        done(office["y04"].post(f"/appraisals/{office.ids['case Y03']}/compute"))
        listed = office.cases("y03") | {
            "Y03": office.cases("y04")["Y03"]
        }  # in lists one's own is not there before it is published
        results = {number: row["result"] for number, row in listed.items() if row["rated"]}
        expected = {number: (one.score, one.grade) for number, one in REACHED.items()} | {"Y24": ("0", "D")}
        assert {number: (one["score"], one["grade"]) for number, one in results.items()} == expected
        vetoed = office.case("y18", "Y24")
        assert (vetoed["result"]["vetoed"], vetoed["result"]["computed_score"]) == (True, "86.5")
        assert any(one["rule"] == "vetoes/serious_violation" for one in vetoed["explanation"]["fired"])
        assert office.cases("y22")["Y22"]["result"] is None
        assert office.case("y22", "Y22")["result"]["preliminary"] is True


def interviews_are_held(office: Office) -> None:
    """Recorded by the superior, who signs with it. The sales people sign at once, one of them that they see it otherwise; the
    driver signs on paper; who does not sign in time lets it lapse."""
    with clock.at(date(2026, 4, 13)):
        said = {
            "held_on": "2026-04-13",
            "began_at": "14:30",
            "place": "小会议室",
            "strengths": "守时",
            "shortcomings": "拜访偏少",
            "plan": "每周两访",
        }
        seen = office.cases()
        held = {n: done(office.acts(superior_of(n), n, "interview", said, seen=seen)) for n in REACHED}
        assert {case["step"] for case in held.values()} == {"publication"}
        for number in (one for one in REACHED if one >= "Y18"):
            body = {"disagrees": True, "comment": "三月签约的两家客户没有计入"} if number == "Y22" else {}
            done(office.acts(number.lower(), number, "interview-signature", body, seen=held))
        scan = {"how": "on_paper", "file_id": office.hands_in("y03", "面谈记录签字页")}
        done(office.acts("y03", DRIVER, "interview-signature/entry", scan, seen=held))
        assert _signatures(office, "Y22") == {"supervisor": ("signed", False), "employee": ("signed", True)}


def _signatures(office: Office, number: str) -> dict[str, tuple[str, bool]]:
    [record] = [one for one in office.case("y07", number)["entries"] if one["kind"] == "interview"]
    return {one["role"]: (one["how"], one["disagrees"]) for one in record["interview"]["signatures"]}


def results_are_published(office: Office) -> None:
    """HR publishes for everybody at once; whoever wants to says whether they agree."""
    with clock.at(date(2026, 4, 14)):
        assert office.cases("y22")["Y22"]["result"] is None
        assert in_bulk(office, "y03", "publications", ALL_BUT_Y03) == 27
        assert in_bulk(office, "y04", "publications", ["Y03"]) == 1
        own = office.case("y22", "Y22")
        assert (own["result"]["score"], own["result"]["preliminary"]) == ("81.1", False)
        [item] = [one for one in own["explanation"]["items"] if one["id"] == "new_customers"]
        assert (item["score"], item["weighted"]) == ("72", "21.6")
        for number in ("Y19", "Y22", "Y25"):
            answer = {"agrees": number == "Y19", "comment": None if number == "Y19" else "保留意见"}
            done(office.acts(number.lower(), number, "acknowledgement", answer))
        witnesses = {"witness_ids": [office.ids["Y05"], office.ids["Y08"]]}
        done(office.acts("y03", "Y20", "acknowledgement/entry", {"answer": "refused", **witnesses}))
        assert office.case("y20", "Y20")["acknowledgements"][0]["answer"] == "refused"


def in_bulk(office: Office, login: str, path: str, numbers: Iterable[str], **more: Any) -> int:
    """An act for many at once, each as it was just listed; how many it was done for."""
    rows = office.cases(login)
    chosen = [{"id": rows[number]["id"], "version": rows[number]["version"]} for number in numbers]
    return done(office[login].post(f"/appraisals/{path}", {"appraisals": chosen, **more}))["done"]
