"""Words for codes, in both languages: pages, commands and documents take them from here, so a code has one name everywhere.

What a policy names itself (steps, grades, posts, indicators) is named there and not here.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from appraisal.core.errors import Message

_WORDS: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "role": {
        "employee": ("员工", "Employee"),
        "supervisor": ("直接上级", "Supervisor"),
        "unit_head": ("部门负责人", "Head of the unit"),
        "hr": ("人力资源部", "HR"),
        "payroll": ("薪酬", "Payroll"),
        "data_provider": ("数据提供部门", "Data provider"),
        "approver": ("审批人", "Approver"),
        "auditor": ("审计", "Auditor"),
        "admin": ("系统管理员", "Administrator"),
    },
    "cycle_status": {
        "draft": ("草稿", "Draft"),
        "open": ("进行中", "Open"),
        "closed": ("已关闭", "Closed"),
    },
    "policy_status": {
        "trial": ("试行", "Trial"),
        "effective": ("正式", "In effect"),
    },
    "cadence": {
        "year": ("年度", "Year"),
        "half": ("半年", "Half-year"),
        "quarter": ("季度", "Quarter"),
        "month": ("月度", "Month"),
        "week": ("周", "Week"),
    },
    # What a form asks for in words.
    "field": {
        "code": ("代码", "Code"),
        "comment": ("评语", "Comment"),
        "facts": ("事实经过", "Facts"),
        "grade": ("等级", "Grade"),
        "id": ("编号", "Id"),
        "login": ("账号", "Account"),
        "name": ("名称", "Name"),
        "name_en": ("英文名称", "English name"),
        "name_zh": ("中文名称", "Chinese name"),
        "note": ("审批意见", "Note"),
        "number": ("工号", "Employee number"),
        "place": ("地点", "Place"),
        "support": ("所需支持", "Support asked for"),
        "training": ("培训需求", "Training needed"),
        "next_goals": ("下期目标", "Goals of the next period"),
        "opinion": ("意见", "Opinion"),
        "plan": ("改进计划", "Plan"),
        "policy_post": ("制度岗位", "Post in the policy"),
        "reason": ("原因", "Reason"),
        "shortcomings": ("不足", "Shortcomings"),
        "source_document": ("数据来源", "Source document"),
        "statement": ("陈述", "Statement"),
        "strengths": ("优点", "Strengths"),
        "text": ("内容", "Text"),
        "title": ("岗位名称", "Title"),
        "title_en": ("岗位英文名称", "English title"),
        "unit": ("计量单位", "Unit of measure"),
    },
    # Moves of the workflows; a move that a policy adds gets its words here.
    "action": {
        "confirm_data": ("确认数据齐全", "confirm that the data are complete"),
        "submit_self_assessment": ("提交自评", "submit the self-assessment"),
        "withdraw_self_assessment": ("撤回自评", "withdraw the self-assessment"),
        "close_unsubmitted": ("按未提交关闭", "close it as not handed in"),
        "submit_review": ("提交上级评估", "submit the supervisor's review"),
        "withdraw_review": ("撤回上级评估", "withdraw the supervisor's review"),
        "close_calibration": ("结束校准", "close the calibration"),
        "record_interview": ("记录面谈", "record the interview"),
        "close_appeals": ("结束申诉期", "close the appeals"),
        "approve": ("批准", "approve"),
        "archive": ("归档", "archive"),
        "return_to_self_assessment": ("退回自评", "send back to the self-assessment"),
        "return_to_review": ("退回上级评估", "send back to the supervisor's review"),
        "reopen": ("启动复核", "reopen for review"),
    },
    "incident_status": {
        "draft": ("待听取陈述", "filed and not heard yet"),
        "heard": ("已听取陈述", "heard"),
        "confirmed": ("已认定", "confirmed"),
        "withdrawn": ("已撤回", "withdrawn"),
    },
    "measure_origin": {
        "event": ("事件", "Event"),
        "import": ("导入", "Import"),
        "manual": ("手工录入", "Entered by hand"),
    },
    # How an incident came to count for somebody: through themselves or through others.
    "reach": {
        "self": ("本人", "Own"),
        "unit": ("所在部门连带", "Through the unit"),
        "named": ("被指定连带", "Named with it"),
        "superior": ("上级连带", "As the superior"),
        "post": ("岗位连带", "Through the post"),
    },
    # A unit no entry stands for is shown as the policy writes it.
    "measure": {
        "%": ("%", "%"),
        "CNY": ("元", "CNY"),
        "人": ("人", "people"),
        "件": ("件", "cases"),
        "份": ("份", "documents"),
        "分": ("分", "points"),
        "单": ("单", "orders"),
        "天": ("天", "days"),
        "家": ("家", "companies"),
        "条": ("条", "entries"),
        "次": ("次", "times"),
        "课时": ("课时", "lessons"),
    },
    "finding": {
        "no_policy": ("没有已发布的制度", "No published policy"),
        "no_cycle_rule": ("制度没有这种周期", "Cadence not in the policy"),
        "assumed_unconfirmed": ("假定值未确认", "Assumed values not confirmed"),
        "trial_pays": ("试行期不发奖金", "A trial does not pay"),
        "pays_not_declared": ("制度未规定此周期发奖金", "The policy does not pay this cadence"),
        "pays_twice": ("重复发放", "Would pay twice"),
        "nobody": ("无人参评", "Nobody to appraise"),
        "post_without_profile": ("岗位无权重方案", "Post without a profile"),
        "no_post": ("无岗位", "No post"),
        "no_supervisor": ("无直接上级", "No supervisor"),
        "not_rated": ("不参评", "Not rated"),
    },
}


def label(kind: str, code: str) -> Message:
    """The words for a code. Raises KeyError for a code nobody has named, so that none is ever shown bare."""
    return Message(*_WORDS[kind][code])


def listing(kind: str, chosen: Iterable[str]) -> Message:
    """The words for several codes, in the order given, as one enumeration."""
    words = [label(kind, code) for code in chosen]
    return Message("、".join(word.zh for word in words), ", ".join(word.en for word in words))


def codes(kind: str) -> tuple[str, ...]:
    """The codes of a kind, in the order they are shown."""
    return tuple(_WORDS[kind])
