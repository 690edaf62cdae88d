"""Words for codes, in both languages: pages, commands and documents take them from here, so a code has one name everywhere.

What a policy names itself (steps, grades, posts, indicators) is named there and not here.
"""

from collections.abc import Mapping
from typing import Final

from appraisal.core.errors import Message

_WORDS: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "role": {
        "employee": ("员工", "Employee"),
        "supervisor": ("直接上级", "Supervisor"),
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


def codes(kind: str) -> tuple[str, ...]:
    """The codes of a kind, in the order they are shown."""
    return tuple(_WORDS[kind])
