"""Cycles, agreements, cases and what becomes of them."""

from typing import Final

WORDS: Final = {
    "cycle_status": {
        "draft": ("草稿", "Draft"),
        "open": ("进行中", "Open"),
        "closed": ("已关闭", "Closed"),
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
    "release_status": {
        "prepared": ("待发放", "Prepared"),
        "released": ("已发放", "released"),
        "discarded": ("已作废", "discarded"),
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
    # The topics of a policy, as its document has them.
    "topic": {
        "general": ("总则", "General"),
        "library": ("指标库", "Indicators"),
        "factors": ("关键成功因素", "Success factors"),
        "scoring": ("评分方法", "Scoring"),
        "grades": ("等级与奖金系数", "Grades and multipliers"),
        "vetoes": ("一票否决与单项零分", "Vetoes and zeroed items"),
        "outcomes": ("结果应用", "Use of results"),
        "workflow": ("考核流程", "Workflow"),
        "distribution": ("等级比例", "Limits of grades"),
        "sheets": ("岗位与权重", "Posts and weights"),
        "refused": ("没有方案的岗位", "Posts without a profile"),
        "monitoring": ("监控等级", "Monitoring levels"),
        "processes": ("业务流程", "Processes"),
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
}
