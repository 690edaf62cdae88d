"""What people are told, by which way, and what became of it."""

from typing import Final

WORDS: Final = {
    "notification": {
        "mail_address_changed": (
            "您接收通知的邮箱已改为 {address}。如果不是您本人所改, 请告知人力资源部",
            "Mail for you goes to {address} from now on. If you have not changed this, please tell HR",
        ),
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
        "agreement_waits": (
            "{cycle}: 有 {count} 份责任书尚未签署, 请起草或签署",
            "{cycle}: {count} of your agreements are not settled yet; please draft or sign them",
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
    # What groups are told in their chats: counts, never a person or a person's figures.
    "announcement": {
        "cycle_opened": ("考核周期「{cycle}」已开启, 共 {count} 份考核", "The cycle {cycle} is open: {count} appraisals"),
        "deadlines": (
            "{cycle} · {unit}: {soon} 项即将到期, {today} 项今天到期, {overdue} 项逾期",
            "{cycle}, {unit}: {soon} due soon, {today} due today, {overdue} overdue",
        ),
        "kpi_severe": (
            "{unit} {period}: {count} 项指标达到「严重」",
            "{unit} {period}: {count} indicators have reached severe",
        ),
        "kpi_escalated": (
            "{unit}: {count} 份指标异常应对单逾期, 已上报",
            "{unit}: {count} exceptions of indicators are overdue and have been told further up",
        ),
        "job_failed": ("后台任务未能完成: {task}", "A background job could not be done: {task}"),
        "robot_test": ("这是一条测试消息: 群机器人「{name}」已接通", "This is a test: the robot {name} is connected"),
    },
    # What groups may choose to be told.
    "robot_event": {
        "cycle_opened": ("考核周期开启", "A cycle is opened"),
        "deadlines": ("到期与逾期的件数", "How many are due and overdue"),
        "kpi_severe": ("指标达到「严重」", "Indicators reach severe"),
        "kpi_escalated": ("指标异常逾期上报", "Overdue exceptions are told further up"),
        "job_failed": ("后台任务未能完成", "A background job could not be done"),
    },
    "robot_kind": {
        "wecom": ("企业微信", "WeCom"),
        "dingtalk": ("钉钉", "DingTalk"),
        "feishu": ("飞书", "Feishu"),
    },
    "delivery_state": {
        "waiting": ("待发送", "waiting"),
        "claimed": ("发送中", "being sent"),
        "uncertain": ("不能确定是否送达", "may or may not have arrived"),
        "sent": ("已发送", "sent"),
        "failed": ("未能送达", "could not be delivered"),
        "skipped": ("不必发送", "not needed"),
    },
    # Why something was not sent.
    "delivery_why": {
        "not_wanted": ("本人不要邮件", "they want no mail"),
        "no_address": ("没有邮箱地址", "no address is known"),
        "left": ("已离职", "they have left"),
        "read": ("已在页面上读过", "they have read it on the page"),
        "refused": ("对方拒收", "refused by the other side"),
        "too_late": ("多次重试未成, 已过时", "tried until it was too old"),
        "switched_off": ("机器人已停用", "the robot is switched off"),
        "restored": ("恢复备份前可能已发送", "may have been sent before the backup was restored"),
    },
    "mail_how": {
        "each": ("每条消息立即发邮件", "Each message at once"),
        "urgent": ("要紧的立即发, 其余每天 8 点合成一封", "What is urgent at once, the rest in one mail a day at 8"),
        "digest": ("每天 8 点合成一封", "Everything in one mail a day at 8"),
        "none": ("不发邮件, 只在页面上看", "No mail: on the page only"),
    },
}
