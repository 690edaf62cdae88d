"""The words of the pages, zh and en side by side, so that one cannot be written without the other."""

from typing import Final, Literal

Lang = Literal["zh", "en"]

PHRASES: Final[dict[str, tuple[str, str]]] = {
    # every page
    "product": ("绩效考核", "Appraisal"),
    "skip_to_content": ("跳到正文", "Skip to content"),
    "account": ("账号", "Account"),
    "sign_out": ("退出", "Sign out"),
    "back_to_start": ("回到首页", "Back to the start page"),
    # signing in
    "sign_in": ("登录", "Sign in"),
    "account_name": ("账号", "Account"),
    "password": ("密码", "Password"),
    "kiosk": ("公用终端: 两分钟不操作即退出", "A shared screen: sign out after two minutes without use"),
    "sign_in_help": ("忘记密码请向系统管理员索取重置码。", "Forgot your password? Ask an administrator for a reset code."),
    "sign_in_with_provider": ("用公司统一身份登录", "Sign in with the company account"),
    "have_reset_code": ("已有重置码", "I have a code"),
    "change_password": ("修改密码", "Change password"),
    "initial_password": (
        "您用的是发给您的初始密码, 请先换成只有您知道的密码。",
        "This password was given to you. Choose one that only you know before you go on.",
    ),
    "old_password": ("原密码", "Old password"),
    "new_password": ("新密码", "New password"),
    "new_password_again": ("再输一次新密码", "New password again"),
    "password_rule": (
        "至少 10 个字符。几个互不相关的词最好记也最难猜; 不要用姓名、账号、年份或键盘顺序。",
        "10 characters or more. A few unrelated words are easy to remember and hard to guess. No names, years, keyboard rows.",
    ),
    "reset_password": ("重置密码", "Reset password"),
    "reset_password_help": ("请输入系统管理员给您的重置码。", "Type the code an administrator gave you."),
    "reset_code": ("重置码", "Reset code"),
    "set_password": ("设置密码", "Set password"),
    # results
    "my_results": ("我的考核结果", "My results"),
    "my_team": ("我的团队", "My team"),
    "all_results": ("全部结果", "All results"),
    "nothing_yet": (
        "还没有可以查看的考核结果。结果公布后会显示在这里。",
        "There is no result to show yet. It will appear here once it is published.",
    ),
    "employee": ("员工", "Employee"),
    "unit": ("部门", "Unit"),
    "post": ("岗位", "Post"),
    "cycle": ("考核周期", "Cycle"),
    "step": ("当前步骤", "Step"),
    "approved": ("已批准", "Approved"),
    "score": ("得分", "Score"),
    "grade": ("等级", "Grade"),
    "multiplier": ("奖金系数", "Multiplier"),
    "notice": ("通知书", "Notice"),
    "notice_pdf": ("通知书 (PDF)", "Notice (PDF, in Chinese)"),
    "vetoed": ("一票否决", "Vetoed"),
    "distribution": ("等级分布", "Grades"),
    "show": ("查看", "Show"),
    # one result
    "computed_score": ("事件处理前得分", "Score before incidents"),
    "items": ("考核项目", "Items"),
    "parts": ("其他组成部分", "Other parts"),
    "coefficient": ("系数", "Coefficient"),
    "item": ("指标", "Item"),
    "weight": ("权重", "Weight"),
    "target": ("目标", "Target"),
    "challenge": ("挑战", "Challenge"),
    "actual": ("实际", "Actual"),
    "weighted": ("加权", "Weighted"),
    "missing": ("缺数", "Missing"),
    "rated_goal": ("评定人评分", "rated by an assessor"),
    "sheet_share": ("占 {share}%", "counts {share}%"),
    "how": ("得分如何得出", "How the score came about"),
    "incidents": ("事件", "Incidents"),
    "fired_rules": ("适用的规则", "Rules that applied"),
    "outcomes": ("结果应用", "What follows"),
    "basis": ("依据", "Basis"),
    "in_force_from": ("{date} 起施行", "in force from {date}"),
    "approval": ("审批", "Approval"),
    "approved_by": ("{name} 于 {date} 批准", "Approved by {name} on {date}"),
    "not_approved": ("尚未批准", "Not approved yet"),
    "appeal": ("申诉", "Appeal"),
    "appeal_until": (
        "对结果有异议的, 可在 {date}之前 (含当日) 向人力资源部书面申诉。",
        "If you disagree, you may appeal to HR in writing until {date}, that day included.",
    ),
    "appeal_over": ("申诉期已于 {date}届满。", "The time for an appeal ended on {date}."),
    "appeal_days": (
        "对结果有异议的, 可在公布后 {days} 个工作日内向人力资源部书面申诉。",
        "If you disagree, you may appeal to HR in writing within {days} working days of publication.",
    ),
    # errors
    "error_expired_form": ("表单已失效", "This form has expired"),
    "error_expired_form_help": (
        "这个页面打开太久, 或者之后又重新登录过。请返回并刷新, 再提交一次。",
        "The page was open for too long, or you have signed in anew since. Go back, reload it and send the form again.",
    ),
    "error_no_document": ("文件未能生成", "No document"),
    "error_no_document_help": (
        "文件暂时无法生成, 请稍后再试; 若仍不行, 请联系人力资源部。",
        "The document could not be made just now. Please try again later, or ask HR.",
    ),
    "error_400": ("请求无法处理", "That request could not be understood"),
    "error_400_help": ("请返回上一页, 刷新后再试。", "Go back, reload the page and try again."),
    "error_401": ("请先登录", "Please sign in"),
    "error_401_help": ("登录后再做一次。", "Sign in and do it again."),
    "error_403": ("没有权限", "Not allowed"),
    "error_403_help": ("如需办理, 请联系人力资源部。", "If this should be yours to do, ask HR."),
    "error_404": ("没有这个页面", "No such page"),
    "error_404_help": ("地址有误, 或内容不对您开放。", "The address is wrong, or its content is not open to you."),
    "error_405": ("此处不能这样操作", "That cannot be done here"),
    "error_405_help": ("请从首页重新进入。", "Please begin again from the start page."),
    "error_409": ("内容已有变化", "It has changed meanwhile"),
    "error_409_help": ("请刷新后重试。", "Reload and try again."),
    "error_413": ("内容太大", "Too large"),
    "error_413_help": ("请缩减后再提交。", "Shorten it and send it again."),
    "error_422": ("内容有误", "Something needs correcting"),
    "error_422_help": ("请更正后再提交。", "Correct it and send it again."),
    "error_429": ("请稍后再试", "Too many attempts"),
    "error_429_help": ("尝试次数过多, 请稍后再试。", "Please wait a while before you try again."),
    "error_500": ("系统出错", "Something went wrong here"),
    "error_500_help": (
        "这不是您的问题, 已记录。请稍后再试。",
        "This is not your doing and has been noted. Please try again later.",
    ),
    "error_503": ("系统繁忙", "Busy just now"),
    "error_503_help": ("请稍后再试。", "Please try again in a moment."),
}


def phrase(key: str, lang: Lang, **values: object) -> str:
    """The words for `key`, with values filled in. Raises KeyError for a key or value that is not there."""
    return PHRASES[key][lang != "zh"].format(**values)
