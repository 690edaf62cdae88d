"""Figures, readings and the indicators that are watched."""

from typing import Final

WORDS: Final = {
    "measure_origin": {
        "event": ("事件", "Event"),
        "import": ("导入", "Import"),
        "manual": ("手工录入", "Entered by hand"),
    },
    "entry_state": {
        "waiting": ("待确认", "Waiting to be confirmed"),
        "confirmed": ("已确认", "Confirmed"),
        "corrected": ("已更正", "Corrected"),
    },
    # By what HR assigns the figures to those who provide them.
    "provider_kind": {
        "indicator": ("指标", "indicator"),
        "source": ("数据来源", "source"),
    },
    # Whose sheet it is, where it is not a person's.
    "subject": {
        "unit": ("部门考核", "the unit's sheet"),
        "external": ("外部单位考核", "an external unit's sheet"),
    },
    # How an incident came to count for somebody: through themselves or through others.
    "reach": {
        "self": ("本人", "Own"),
        "unit": ("所在部门连带", "Through the unit"),
        "named": ("被指定连带", "Named with it"),
        "superior": ("上级连带", "As the superior"),
        "post": ("岗位连带", "Through the post"),
    },
    # How often a reading is entered.
    "reading_cadence": {
        "day": ("日", "day"),
        "week": ("周", "week"),
        "month": ("月", "month"),
        "quarter": ("季度", "quarter"),
        "half": ("半年", "half-year"),
        "year": ("年", "year"),
    },
    # The platform's records that readings come from (R-000-40).
    "record_type": {
        "qc_report": ("检验报告", "Inspection report"),
        "ncr": ("不合格报告", "Non-conformance report"),
        "capa": ("纠正预防措施", "Corrective and preventive action"),
        "inquiry": ("询价", "Inquiry"),
        "quote": ("报价", "Quotation"),
        "sale": ("销售", "Sale"),
        "expense": ("费用", "Expense"),
        "purchase": ("采购", "Purchase"),
        "supplier_score": ("供应商评分", "Supplier score"),
        "safety_event": ("安全事件", "Safety event"),
    },
    # KPI reports and how they stand.
    "kpi_report": {
        "monthly": ("月度 KPI 报告", "Monthly KPI report"),
        "quarterly": ("季度 Dashboard", "Quarterly dashboard"),
        "annual": ("年度报告", "Annual report"),
        "management_review": ("管理评审输入", "Input of the management review"),
    },
    "kpi_report_status": {
        "draft": ("草稿", "Draft"),
        "final": ("已定稿", "Final"),
        "superseded": ("已有新版本", "Superseded"),
    },
    "kpi_meeting_status": {
        "planned": ("待召开", "To be held"),
        "held": ("已召开", "Held"),
        "cancelled": ("已取消", "Cancelled"),
    },
    "kpi_action_status": {
        "open": ("待办", "Open"),
        "done": ("已完成", "Done"),
        "dropped": ("不再办理", "Dropped"),
    },
    # How far a reading lies from its target (R-000-50).
    "kpi_level": {
        "normal": ("正常", "normal"),
        "attention": ("注意", "attention"),
        "abnormal": ("异常", "abnormal"),
        "severe": ("严重", "severe"),
    },
    # What an evaluation alerts of.
    "kpi_alert": {
        "level": ("偏离目标", "off target"),
        "trend": ("连续变差", "worsening trend"),
        "alert_line": ("越过预警线", "beyond the warning line"),
        "guard": ("护栏指标变差", "better at another's cost"),
        "related": ("关联指标同时变差", "worse along with another"),
        "raise_target": ("建议提高目标", "target may rise"),
        "unrealistic_jump": ("目标离基准过远", "target far from the baseline"),
    },
    # What is opened for an alert (QEF-29-02), and how far it has come.
    "kpi_record": {
        "assessment": ("主管评估与改善建议", "assessment and suggestions"),
        "capa": ("CAPA", "corrective and preventive action"),
        "urgent_improvement": ("紧急改善", "urgent improvement"),
        "investigation": ("调查", "investigation"),
    },
    "kpi_state": {
        "open": ("待分析", "open"),
        "analysed": ("已分析原因", "analysed"),
        "acting": ("措施进行中", "being acted on"),
        "done": ("待验证", "waiting for verification"),
        "verified": ("已验证", "verified"),
        "closed": ("已关闭", "closed"),
        "void": ("已作废", "void"),
    },
    "kpi_entry": {
        "opened": ("开立", "opened"),
        "attached": ("并入后续期间", "a later period attached"),
        "assigned": ("指定责任人", "assigned"),
        "analysis": ("原因分析", "cause"),
        "action": ("改善措施", "action"),
        "done": ("措施完成", "action carried out"),
        "verified": ("验证有效", "verified as effective"),
        "returned": ("验证无效, 退回", "found ineffective, sent back"),
        "closed": ("关闭", "closed"),
        "void": ("作废: 预警不再成立", "void: the alert holds no longer"),
        "note": ("记录", "note"),
        "corrected": ("读数已更正, 预警不再成立", "the reading was corrected, the alert holds no longer"),
        "overdue": ("逾期提醒", "overdue, the owner was told"),
        "escalated": ("逾期升级", "overdue, told further up"),
    },
    "kpi_task_state": {
        "open": ("待办", "open"),
        "done": ("已完成", "done"),
        "dropped": ("已取消", "dropped"),
    },
    "kpi_alert_state": {
        "standing": ("有效", "standing"),
        "withdrawn": ("已撤回", "withdrawn"),
    },
    # What a sentence of a weekly summary is about, what is suggested there, and what people make of it.
    "kpi_statement": {
        "overview": ("概况", "overview"),
        "reading": ("新读数", "new reading"),
        "level": ("偏离等级", "level"),
        "value": ("读数, 无目标", "reading without target"),
        "worsened": ("变差", "worsened"),
        "trend": ("连续变差", "worsening trend"),
        "alert_line": ("越过预警线", "beyond the warning line"),
        "raise_target": ("建议提高目标", "target may rise"),
        "unrealistic_jump": ("目标离基准过远", "target far from the baseline"),
        "guard": ("护栏指标变差", "better at another's cost"),
        "related": ("关联指标同时变差", "worse along with another"),
        "late": ("迟报", "came late"),
        "missing": ("缺读数", "reading missing"),
        "problem": ("读数不能用", "reading cannot be used"),
    },
    "kpi_advice": {
        "level": ("按等级应对", "respond to the level"),
        "trend": ("调查趋势", "look into the trend"),
        "guard": ("核查护栏", "look at the guard"),
        "related": ("核查关联", "look at the related pair"),
        "raise_target": ("提高目标", "raise the target"),
        "unrealistic_jump": ("核实目标", "check the target"),
        "task": ("跨部门任务", "task for another department"),
    },
    "kpi_suggestion_state": {
        "adopted": ("已采纳", "adopted"),
        "not_adopted": ("未采纳", "not adopted"),
        "undecided": ("未决定", "undecided"),
    },
    # What the quarterly review finds about an indicator, what it proposes, and what was decided (D-27).
    "kpi_finding": {
        "redundant": ("与另一指标重复", "says the same as another"),
        "always_met": ("一直达标", "always met"),
        "never_met": ("一直未达标", "never met"),
        "unguarded": ("没有护栏", "without a guard"),
    },
    "kpi_proposal": {
        "drop": ("停用", "drop"),
        "raise": ("提高目标", "raise the target"),
        "redefine": ("重新定义", "redefine"),
        "pair": ("配对护栏", "pair with a guard"),
    },
    "kpi_choice": {
        "adopt": ("采纳", "adopted"),
        "decline": ("不采纳", "declined"),
        "later": ("以后再议", "left for later"),
        "open": ("未决定", "undecided"),
    },
}
