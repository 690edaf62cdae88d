"""Checks of how long records are kept: terms that can be, and that say the same as the forms of the procedure."""

from collections.abc import Iterator
from typing import Final

from appraisal.core.policy.model import Policy
from appraisal.core.policy.monitoring import MonitoringPolicyEdition
from appraisal.core.policy.tree import Problem, error

LEAST_YEARS: Final = {"appraisal": 1, "kpi_form": 1, "payroll": 2}
"""Disputes may be brought for a year (调解仲裁法 §27); wage records are kept for two (工资支付暂行规定 §6)."""
MOST_YEARS: Final = 100


def check_retention(policy: Policy) -> Iterator[Problem]:
    """Whole years within bounds; forms kept as long as the class says; nothing of people where nobody is appraised."""
    general = policy.general
    retention = general.retention
    if retention is None:
        return
    for name, least in LEAST_YEARS.items():
        kept = getattr(retention, name)
        if kept is None:
            continue
        if not least <= kept.years <= MOST_YEARS:
            zh = f"{name} 的保存年限 {kept.years} 应为 {least} 至 {MOST_YEARS} 年"
            yield error(kept.where.at("years"), zh, f"{name} is kept {kept.years} years: it must be {least} to {MOST_YEARS}")
        if general.purpose == "monitoring" and name != "kpi_form":
            zh = f"只作监测的制度没有 {name} 类的记录: 请删去"
            yield error(retention.where.at(name), zh, f"a policy that only monitors has no records of {name}: drop it")
    people = retention.appraisal
    if people is not None and not 0 <= people.after_leaving <= MOST_YEARS:
        zh = f"离职后的年数 {people.after_leaving} 应为 0 至 {MOST_YEARS}"
        en = f"the years after leaving are {people.after_leaving}: they must be 0 to {MOST_YEARS}"
        yield error(people.where.at("after_leaving"), zh, en)
    kept_forms = retention.kpi_form
    if kept_forms is None or not isinstance(general, MonitoringPolicyEdition):
        return
    for form in general.forms:
        if form.years not in (None, kept_forms.years):
            zh = f"表单 {form.id} 保存 {form.years} 年, 与 retention.kpi_form 的 {kept_forms.years} 年不一致: 请改其一"
            en = f"form {form.id} is kept {form.years} years, retention.kpi_form says {kept_forms.years}: change one of them"
            yield error(form.where.at("years"), zh, en)
