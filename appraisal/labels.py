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
        "kpi_manager": ("指标管理员", "KPI manager"),
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
    "policy_measure": {
        "discussion": ("职工讨论", "Discussion with the staff"),
        "notice": ("公示", "Publication"),
        "training": ("培训", "Training"),
    },
    "policy_way": {
        "self": ("本人确认", "Acknowledged in person"),
        "clerk": ("代录", "Entered by a clerk"),
        "paper": ("纸质签收", "Signed on paper"),
    },
    "cadence": {
        "year": ("年度", "Year"),
        "half": ("半年", "Half-year"),
        "quarter": ("季度", "Quarter"),
        "month": ("月度", "Month"),
        "week": ("周", "Week"),
    },
    "leave": {
        "annual": ("年休假", "Annual leave"),
        "sick": ("病假", "Sick leave"),
        "personal": ("事假", "Personal leave"),
        "marriage": ("婚假", "Marriage leave"),
        "maternity": ("产假", "Maternity leave"),
        "paternity": ("陪产假", "Paternity leave"),
        "parental": ("育儿假", "Parental leave"),
        "bereavement": ("丧假", "Bereavement leave"),
        "injury": ("工伤假", "Leave after an injury at work"),
        "other": ("其他", "Other leave"),
    },
    # What of somebody's history is dated.
    "episode": {
        "employment": ("在职", "Employment"),
        "supervisor": ("直接上级", "Supervisor"),
        "post": ("任职", "Post"),
        "unit_head": ("任部门负责人", "Head of a unit"),
        "clerk": ("任代录员", "Clerk"),
        "stood_in_by": ("委托他人代理", "Stood in for by"),
        "stands_in_for": ("代理他人", "Stands in for"),
    },
    # What a form asks for in words.
    "field": {
        "action": ("改善措施", "Action"),
        "actions": ("行动", "Actions"),
        "assistance": ("支持与培训", "Support and training"),
        "cause": ("原因分析", "Cause"),
        "causes": ("原因分析", "Causes"),
        "closing": ("关闭说明", "Closing"),
        "code": ("代码", "Code"),
        "comment": ("评语", "Comment"),
        "department": ("部门", "Department"),
        "duties": ("权利与义务", "Rights and duties"),
        "ending": ("变更与终止", "Amendment and ending"),
        "evaluation": ("最终评价", "Evaluation"),
        "duty": ("职责", "Duty"),
        "facts": ("事实经过", "Facts"),
        "findings": ("检查情况", "Findings"),
        "follow_up": ("请办事项", "What to look into"),
        "goal": ("发展目标", "Development goal"),
        "grade": ("等级", "Grade"),
        "id": ("编号", "Id"),
        "indicator": ("指标", "Indicator"),
        "login": ("账号", "Account"),
        "measured_in": ("计量单位", "Unit of measure"),
        "measures": ("后续措施", "Measures"),
        "name": ("名称", "Name"),
        "name_en": ("英文名称", "English name"),
        "name_zh": ("中文名称", "Chinese name"),
        "need": ("培训需求", "Need"),
        "next_goals": ("下期目标", "Goals of the next period"),
        "nobody_named": ("未指明相关员工的原因", "Why nobody is named"),
        "note": ("审批意见", "Note"),
        "number": ("工号", "Employee number"),
        "opinion": ("意见", "Opinion"),
        "organisation": ("单位", "Organisation"),
        "outcome_note": ("结果说明", "What came of it"),
        "grounds": ("申诉理由", "Grounds"),
        "verification": ("验证情况", "Verification"),
        "wanted": ("诉求", "What is asked for"),
        "reasons": ("决定理由", "Reasons"),
        "delayed_because": ("延迟原因", "Reason of the delay"),
        "minutes": ("会议纪要", "Minutes"),
        "place": ("地点", "Place"),
        "plan": ("改进计划", "Plan"),
        "policy_post": ("制度岗位", "Post in the policy"),
        "reason": ("原因", "Reason"),
        "report": ("完成情况", "What was done"),
        "result": ("预期结果", "Expected result"),
        "rewards": ("奖惩", "Rewards and penalties"),
        "shortcomings": ("不足", "Shortcomings"),
        "source": ("数据来源", "Source of the figures"),
        "signer": ("签署人", "Signer"),
        "source_document": ("数据来源", "Source document"),
        "standard": ("评分标准", "Standard"),
        "statement": ("陈述", "Statement"),
        "strengths": ("优点", "Strengths"),
        "support": ("所需支持", "Support asked for"),
        "text": ("内容", "Text"),
        "text_en": ("英文题目", "Question in English"),
        "text_zh": ("中文题目", "Question in Chinese"),
        "title": ("岗位名称", "Title"),
        "title_en": ("岗位英文名称", "English title"),
        "topic": ("培训内容", "Topic"),
        "training": ("培训需求", "Training needed"),
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
    # What waits for somebody besides the moves of a workflow.
    "task": {
        "sign_agreement": ("签署责任书", "sign an agreement"),
        "rate_goals": ("评定他人的目标", "rate goals of others"),
        "answer_feedback": ("填写 360° 反馈", "answer 360° feedback"),
        "decide_appeal": ("处理申诉", "handle appeals"),
        "approve_weights": ("审批重新分配的权重", "decide on weights that leave the printed ones"),
        "decide_amendment": ("审批责任书变更", "decide on amendments of agreements"),
        "confirm_figures": ("确认他人录入的数据", "confirm figures that others have entered"),
        "agree_development": ("同意个人发展计划", "agree to a development plan"),
        "decide_raters": ("确认 360° 评价人", "decide on proposed 360° raters"),
        "confirm_unit_result": ("确认部门结果", "confirm results of units"),
        "hold_calibration": ("召开并结束校准会", "hold and close a calibration session"),
        "decide_reopening": ("决定复核申请", "decide on requests for review"),
        "sign_improvement": ("签署绩效改进计划", "sign an improvement plan"),
        "evaluate_improvement": ("评价绩效改进计划", "evaluate an improvement plan"),
        "approve_improvement": ("批准绩效改进计划", "approve improvement plans"),
        "state_on_incident": ("就涉及本人的事件陈述", "state your side of an incident"),
        "hear_incident": ("听取当事人陈述", "hear the people concerned by incidents"),
        "confirm_incident": ("认定事件", "decide on incidents"),
        "work_on_exception": ("处理指标异常", "work on an exception of an indicator"),
        "assign_exception": ("为指标异常指定责任人", "assign exceptions of indicators"),
        "verify_exception": ("验证指标异常的改善措施", "verify actions on exceptions of indicators"),
        "close_exception": ("关闭指标异常", "close exceptions of indicators"),
        "do_kpi_task": ("办理指标预警的跨部门任务", "do what an alert of another department's indicator asks"),
        "do_kpi_action": ("办理会议决定的后续事项", "do what a meeting decided"),
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
    "release_status": {
        "prepared": ("待发放", "Prepared"),
        "released": ("已发放", "released"),
        "discarded": ("已作废", "discarded"),
    },
    # How a layer of a result came about.
    "layer": {
        "computed": ("计算", "Computed"),
        "calibrated": ("校准", "Calibrated"),
        "appealed": ("申诉改定", "Decided on appeal"),
        "reviewed": ("复核改定", "Decided on review"),
    },
    "incident_status": {
        "draft": ("待听取陈述", "filed and not heard yet"),
        "heard": ("已听取陈述", "heard"),
        "confirmed": ("已认定", "confirmed"),
        "withdrawn": ("已撤回", "withdrawn"),
    },
    "feedback_status": {
        "draft": ("草稿", "a draft"),
        "open": ("进行中", "open"),
        "closed": ("已结束", "closed"),
    },
    "rater_status": {
        "proposed": ("待确认", "Proposed"),
        "approved": ("已确认", "Approved"),
        "refused": ("未同意", "Refused"),
        "withdrawn": ("已撤回", "Withdrawn"),
    },
    "development_status": {
        "draft": ("草稿", "a draft"),
        "proposed": ("待上级同意", "proposed to the supervisor"),
        "agreed": ("已同意", "agreed"),
        "rated": ("已评定", "rated"),
    },
    "improvement_status": {
        "draft": ("草稿", "a draft"),
        "offered": ("待签署与批准", "to be signed and approved"),
        "running": ("进行中", "running"),
        "evaluated": ("已评价, 待签署与批准", "evaluated, to be signed and approved"),
        "closed": ("已结束", "closed"),
        "cancelled": ("已取消", "cancelled"),
    },
    # What came of an improvement plan says something about the plan, and by law nothing about fitness for the post.
    "improvement_outcome": {
        "met": ("达到预期结果", "Expected results met"),
        "not_met": ("未达到预期结果", "Expected results not met"),
    },
    "improvement_measure": {
        "none": ("无后续措施", "None"),
        "extend": ("继续改进", "A further improvement plan"),
        "training": ("培训", "Training"),
        "transfer": ("内部调动, 由人力资源部另行办理", "Transfer within the company, which HR decides apart"),
        "demotion": ("调整职级, 由人力资源部另行办理", "A lower rank, which HR decides apart"),
    },
    "training_status": {
        "open": ("待安排", "Open"),
        "planned": ("已安排", "Planned"),
        "done": ("已完成", "Done"),
        "dropped": ("不再需要", "Dropped"),
    },
    "agreement_status": {
        "draft": ("草稿", "Draft"),
        "signed": ("生效", "In force"),
        "superseded": ("已被替代", "Superseded"),
        "dropped": ("已作废", "Withdrawn"),
    },
    "amendment_status": {
        "proposed": ("待审批", "Proposed"),
        "approved": ("已批准, 待签署", "Approved, to be signed"),
        "refused": ("未批准", "Turned down"),
        "withdrawn": ("已撤回", "Withdrawn"),
        "in_force": ("已生效", "In force"),
    },
    "signature_kind": {
        "own": ("本人签署", "Signed"),
        "paper": ("纸质签署", "Signed on paper"),
        "refused": ("拒签", "Refused to sign"),
        "excepted": ("例外", "Exception by HR"),
    },
    # What came of one person when drafts were made for many.
    "issue": {
        "issued": ("已下发", "Issued"),
        "copied": ("已沿用", "Copied"),
        "in_part": ("部分沿用", "Copied in part"),
        "kept": ("已有责任书, 未改动", "Has an agreement already"),
        "nothing_before": ("上期没有生效的责任书", "Had none in force before"),
        "nothing_fits": ("上期项目均不适用", "None of the items fits any more"),
        "own_assessor": ("不得由本人评定自己的项目", "Would assess an item of their own"),
        "refused": ("不符合规定, 未下发", "The rules forbid it"),
    },
    "goal_level": {
        "company": ("公司目标", "Goal of the company"),
        "unit": ("部门目标", "Goal of a unit"),
    },
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
    # What an incident does to somebody it reaches.
    "effect": {
        "zero_total": ("总分归零(计算分保留)", "the total becomes 0 (the computed score is kept)"),
        "zero_item": ("「{item}」归零", "{item} becomes 0"),
        "none": ("对现有考核没有影响", "none on any appraisal there is"),
    },
    # What an incident that is confirmed or withdrawn makes of a result, by how far that has come.
    "affected": {
        "none": ("尚未计算, 计算时一并计入", "not computed yet: it is taken into account then"),
        "computed": ("结果已过时, 须重新计算", "the result is stale and has to be computed anew"),
        "published": ("结果已过时, 须重新计算并公布", "the result is stale and has to be computed and published anew"),
        "approved": ("结果已批准, 经审批人同意复核前不变", "approved: the result stands until it is reopened by approval"),
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
    # What came of an act on many appraisals, one by one.
    "bulk": {
        "done": ("已办理", "done"),
        "when_there": ("进入该步骤时按新期限", "will hold once it comes to that step"),
        "late_enough": ("原期限更晚, 未变", "is due later already"),
        "step_over": ("该步骤已过", "has left that step"),
        "not_rated": ("不参评", "not rated"),
        "nothing_waits": ("无待办事项", "nothing waits there"),
        "reminded_today": ("今天已催办", "reminded today already"),
        "nobody_to_tell": ("没有可催办的人", "there is nobody to remind"),
        "own_case": ("不得办理本人的考核", "nobody handles their own case"),
        "reports_to_them": ("不得由其下级办理", "is above them"),
        "depends_on_it": ("其本人的结果取决于该部门, 不得由其办理", "their own result depends on that unit"),
        "has_it": ("已由此人办理", "has it already"),
        "not_yours": ("没有这项考核, 或不归您办理", "no such appraisal, or not yours to act on"),
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
    "notification": {
        "kpi_exception_opened": (
            "{indicator} {period}: 已开立异常应对单 {number} ({record}), 请于 {due_on} 前 (含当日) 处理",
            "{indicator} {period}: {number} has been opened ({record}); please see to it by {due_on}, that day included",
        ),
        "kpi_exception_assigned": (
            "异常应对单 {number} ({indicator} {period}, {record}) 由您负责, 请于 {due_on} 前 (含当日) 处理",
            "{number} ({indicator} {period}, {record}) is yours; please see to it by {due_on}, that day included",
        ),
        "kpi_exception_returned": (
            "异常应对单 {number} ({indicator} {period}, {record}) 验证无效, 请继续改善, 期限 {due_on}",
            "{number} ({indicator} {period}, {record}): the action has not helped; more is to be done by {due_on}",
        ),
        "kpi_exception_overdue": (
            "异常应对单 {number} ({indicator} {period}, {record}) 已于 {due_on} 到期, 请尽快处理",
            "{number} ({indicator} {period}, {record}) was due on {due_on}: please see to it",
        ),
        "kpi_exception_escalated": (
            "异常应对单 {number} ({indicator} {period}, {record}) 已于 {due_on} 到期, 请督促",
            "{number} ({indicator} {period}, {record}) was due on {due_on}: please see that it is done",
        ),
        "kpi_exception_void": (
            "异常应对单 {number} ({indicator} {period}, {record}) 因读数更正已作废, 原期限 {due_on}",
            "{number} ({indicator} {period}, {record}), due on {due_on}, is void: the reading has been corrected",
        ),
        "kpi_exception_corrected": (
            "异常应对单 {number} ({indicator} {period}, {record}) 所依据的读数已更正; 已有处理记录, 仍待办结, 期限 {due_on}",
            "The reading behind {number} ({indicator} {period}, {record}) has been corrected; it stays open until {due_on}",
        ),
        "kpi_level_reached": (
            "{indicator} {period} 达到等级「{level}」",
            "{indicator} has reached the level {level} in {period}",
        ),
        "kpi_task_opened": (
            "{indicator} {period}: {follow_up}, 请于 {due_on} 前 (含当日) 办理",
            "{indicator} {period}: {follow_up}; please see to it by {due_on}, that day included",
        ),
        "kpi_action_given": (
            "会议决定由您办理: {text}, 请于 {day} 前完成",
            "A meeting has given you this to do by {day}: {text}",
        ),
        "kpi_action_overdue": (
            "会议决定的后续事项已过期 ({day}): {text}",
            "This was due on {day}, as a meeting decided: {text}",
        ),
        "amendment_proposed": (
            "{name} 的责任书 ({cycle}) 有一项变更待审批",
            "An amendment of {name}'s agreement ({cycle}) waits for your decision",
        ),
        "amendment_approved": (
            "{name} 的责任书 ({cycle}) 变更已批准, 请双方签署",
            "The amendment of {name}'s agreement ({cycle}) is approved: both sides have to sign it",
        ),
        "amendment_refused": (
            "{name} 的责任书 ({cycle}) 变更未获批准, 原责任书继续有效",
            "The amendment of {name}'s agreement ({cycle}) was turned down: the agreement stands as it is",
        ),
        "weights_asked": (
            "{name} 的责任书 ({cycle}) 权重与制度印的不同, 待您审批",
            "The weights of {name}'s agreement ({cycle}) leave the printed ones and wait for your decision",
        ),
        "weights_approved": (
            "{name} 的责任书 ({cycle}) 重新分配的权重已批准, 请双方签署",
            "The weights of {name}'s agreement ({cycle}) are approved: both sides can sign it",
        ),
        "weights_refused": (
            "{name} 的责任书 ({cycle}) 重新分配的权重未获批准, 请修改",
            "The weights of {name}'s agreement ({cycle}) were turned down: change them",
        ),
        "incident_filed": (
            "登记了一起涉及您的事件: {event} ({day}); 认定前您可以陈述",
            "An incident concerning you is on file: {event} ({day}). You can state your side before it is decided",
        ),
        "incident_confirmed": ("涉及您的事件已认定: {event} ({day})", "The incident about you is confirmed: {event} ({day})"),
        "incident_reached": (
            "一起已认定的事件牵连到您: {event} ({day}); 后果: {effect}",
            "A confirmed incident reaches you: {event} ({day}). What it does: {effect}",
        ),
        "incident_withdrawn": ("涉及您的事件已撤回: {event} ({day})", "The incident about you is withdrawn: {event} ({day})"),
        "due_soon": (
            "{cycle}「{step}」请于 {due_on} 前 (含当日) 办理: {who}",
            "{cycle}, {step}: please see to it by {due_on}, that day included: {who}",
        ),
        "due_today": ("{cycle}「{step}」今天到期: {who}", "{cycle}, {step}: today is the last day: {who}"),
        "overdue": ("{cycle}「{step}」已于 {due_on} 到期, 请尽快办理: {who}", "{cycle}, {step}: was due on {due_on}: {who}"),
        "escalated": (
            "{cycle}「{step}」已于 {due_on} 到期, 请督促: {who}",
            "{cycle}, {step}: was due on {due_on}; please see that it is done: {who}",
        ),
        "closing": (
            "{cycle}「{step}」{due_on} 到期仍未提交, 可注明原因后关闭: {who}",
            "{cycle}, {step}: not handed in by {due_on}, may be closed with a reason: {who}",
        ),
        "remind": ("{cycle}「{step}」请尽快办理: {who}", "{cycle}, {step}: please see to it soon: {who}"),
        "extended": ("{cycle}「{step}」延期至 {due_on}: {who}", "{cycle}, {step}: there is time until {due_on}: {who}"),
        "reassigned": ("{cycle}: 由您作为上级办理: {who}", "{cycle}: you are to act as the supervisor of {who}"),
        "reassigned_away": ("{cycle}: 已改由他人作为上级办理: {who}", "{cycle}: somebody else acts as the supervisor of {who}"),
        "improvement_offered": (
            "绩效改进计划待您查看并签署, 自 {from_on} 起执行",
            "An improvement plan from {from_on} on waits for you to read and sign it",
        ),
        "result_published": (
            "{cycle}: 您的考核结果已公布, 如有异议可在 {until} 前 (含当日) 申诉",
            "{cycle}: your result is published; you may appeal until {until}, that day included",
        ),
        "appeal_filed": (
            "{cycle}: {name} 提出申诉, 请于 {due_on} 前 (含当日) {act}",
            "{cycle}: {name} has appealed; please {act} by {due_on}, that day included",
        ),
        "appeal_due": (
            "{cycle}: {name} 的申诉请于 {due_on} 前 (含当日) {act}",
            "{cycle}: {name}'s appeal is due; please {act} by {due_on}, that day included",
        ),
        "appeal_overdue": (
            "{cycle}: {name} 的申诉已于 {due_on} 到期, 请尽快{act}",
            "{cycle}: {name}'s appeal was due on {due_on}; please {act}",
        ),
        "appeal_accepted": ("{cycle}: 您的申诉已受理", "{cycle}: your appeal has been taken up"),
        "appeal_rejected": ("{cycle}: 您的申诉不予受理, 原因见考核", "{cycle}: your appeal was not taken up; see why"),
        "appeal_upheld": ("{cycle}: 您的申诉成立, 结果已改定", "{cycle}: your appeal was upheld and the result changed"),
        "appeal_dismissed": ("{cycle}: 您的申诉已驳回, 理由见考核", "{cycle}: your appeal was dismissed; see the reasons"),
        "sent_back": ("{cycle}: 您的考核已退回至「{step}」", "{cycle}: your appraisal was sent back to {step}"),
        "feedback_asked": (
            "请在{until}前 (含当日) 完成对{name}的360°评价",
            "Please give your 360° feedback on {name} until {until}",
        ),
        "feedback_due": (
            "您还有 {count} 份360°评价待完成, 截止日 {until}",
            "{count} of your 360° answers are still due until {until}",
        ),
    },
    "exception": {
        "unsigned": ("责任书未双方签署", "agreement not signed by both"),
    },
    "finding": {
        "no_policy": ("没有已发布的制度", "No published policy"),
        "no_cycle_rule": ("制度没有这种周期", "Cadence not in the policy"),
        "assumed_unconfirmed": ("假定值未确认", "Assumed values not confirmed"),
        "trial_pays": ("试行期不发奖金", "A trial does not pay"),
        "pays_not_declared": ("制度未规定此周期发奖金", "The policy does not pay this cadence"),
        "pays_twice": ("重复发放", "Would pay twice"),
        "nobody": ("无人参评", "Nobody to appraise"),
        "no_data_deadline": ("没有数据截止日", "No deadline for the data"),
        "no_calendar": ("工作日历不足", "Working calendar too short"),
        "same_policy": ("制度未变", "The same policy"),
        "step_gone": ("新流程没有所在步骤", "Step not in the new workflow"),
        "filed_already": ("已有归档的考核", "Appraisals filed already"),
        "goal_without_assessor": ("目标没有评定人", "Goals without assessor"),
        "goal_without_standard": ("目标没有评分标准", "Goals without standard"),
        "blank_cadence": ("项目没有周期", "Items without cadence"),
        "blank_source": ("项目没有数据来源", "Items without source"),
        "agreement_unsigned": ("责任书未签署", "Agreement not signed"),
        "post_without_profile": ("岗位无权重方案", "Post without a profile"),
        "no_post": ("无岗位", "No post"),
        "no_supervisor": ("无直接上级", "No supervisor"),
        "not_rated": ("不参评", "Not rated"),
        "external_with_post": ("承包单位代表另任岗位", "A contractor's representative holds a post here"),
        "external_with_account": ("承包单位代表有账号", "A contractor's representative has an account"),
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
