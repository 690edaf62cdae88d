"""What is found before a cycle opens, and what to do about it."""

from typing import Final

WORDS: Final = {
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
    # What to do about what the pre-flight has found.
    "remedy": {
        "no_policy": (
            "在「考核办法」中检查并发布制度, 使其在周期首日有效",
            "check and publish the policy so that it is in force on the first day",
        ),
        "no_cycle_rule": (
            "删除草稿, 按制度规定的周期另建",
            "drop this draft and make one with a cadence that the policy declares",
        ),
        "assumed_unconfirmed": (
            "逐条看过下列假定值后确认; 不同意的, 先更正制度",
            "read the values below and confirm them; what is wrong is corrected in the policy first",
        ),
        "trial_pays": ("将本周期改为不发奖金, 或先使制度生效", "have this cycle not pay, or put the policy in force first"),
        "pays_not_declared": ("将本周期改为不发奖金", "have this cycle not pay"),
        "pays_twice": (
            "将其中一个周期改为不发奖金, 或限定不同的部门",
            "have one of the two not pay, or limit them to different units",
        ),
        "nobody": (
            "检查人员的岗位与任职日期, 以及周期限定的部门",
            "look at the posts and days of people, and at the unit the cycle is limited to",
        ),
        "no_data_deadline": ("为本周期填写数据截止日", "give this cycle a last day for its data"),
        "no_calendar": ("补上该年度的工作日历并发布", "add the year to the working calendar and publish it"),
        "same_policy": ("无须改用", "there is nothing to move to"),
        "step_gone": ("请先办完该步骤, 或在新流程中保留它", "finish that step first, or keep it in the new workflow"),
        "filed_already": (
            "已归档的用复核更正, 周期不能改用新文本",
            "correct those by reopening them; the cycle stays under its text",
        ),
        "goal_without_assessor": ("为本周期指定评定人", "name who assesses, for this cycle"),
        "goal_without_standard": ("在制度中补上评分标准并发布", "add the standard to the policy and publish it"),
        "blank_cadence": ("为本周期补定周期", "rule on the cadence, for this cycle"),
        "blank_source": ("为本周期补定数据来源", "rule on the source, for this cycle"),
        "agreement_unsigned": (
            "请双方签署; 确不能签的, 记录例外",
            "have both sides sign; where that cannot be, record an exception",
        ),
        "post_without_profile": (
            "开启后此人不参加; 需要参加的, 先为岗位制定权重方案",
            "they are left out; write a profile for the post if they should not be",
        ),
        "no_post": ("开启后此人不参加; 有岗位的, 请先登记", "they are left out; enter their post if they hold one"),
        "no_supervisor": (
            "开启后无人评估; 请登记直接上级, 或之后改派",
            "nobody would review them: enter their supervisor, or reassign them later",
        ),
        "not_rated": ("按制度不参评, 无须处理", "by the policy; there is nothing to do"),
        "external_with_post": ("另设代表人", "name another representative"),
        "external_with_account": ("停用该账号, 由代录员录入", "disable the account, and have a clerk enter for them"),
    },
}
