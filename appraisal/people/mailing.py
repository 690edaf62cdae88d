"""Where somebody's mail goes, in which language, and how much of it: chosen by themselves, an address also brought by a list.

Nobody's mail is led elsewhere in silence: a change is told to the address that was there before.
"""

from sqlmodel import Session

from appraisal import audit, db, mail, notify
from appraisal.actor import Actor
from appraisal.config import settings
from appraisal.core.errors import Message
from appraisal.deliveries import MAIL, Delivery
from appraisal.errors import Fault, Invalid, NotAllowed
from appraisal.labels import codes
from appraisal.people import auth
from appraisal.people.models import Employee

LANGUAGES = ("zh", "en")


def recipient(session: Session, actor: Actor) -> Employee:
    """The person whose mail the actor decides on: their own. Raises NotAllowed for an account of no person, and for clerks."""
    if actor.employee_id is None:
        zh, en = "此账号不属于任何员工, 没有邮件通知", "this account belongs to no employee, so it is sent no mail"
        raise NotAllowed("not_allowed", zh, en)
    if actor.on_behalf_of is not None:
        zh, en = "代录员不能更改他人的通知设置", "who enters for others does not decide where their mail goes"
        raise NotAllowed("not_allowed", zh, en)
    return session.get_one(Employee, actor.employee_id)


def choose(
    session: Session, actor: Actor, *, email: str | None, how: str, language: str, version: int | None = None
) -> Employee:
    """What the actor wants to be sent, where and in which language. Raises Invalid for an address that cannot be used."""
    employee = recipient(session, actor)
    db.expect_version(employee, version)
    assert how in codes("mail_how") and language in LANGUAGES
    email = email.strip() if email else None
    require_address(email)
    before = _shown(employee)
    old, employee.email = employee.email, email or None
    employee.mail_how, employee.mail_language = how, language
    session.flush()
    if _shown(employee) != before:
        audit.record(session, actor, "employee.mail", "employee", employee.id, before=before, after=_shown(employee))
    tell_old_address(session, employee, old)
    return employee


def correct_address(session: Session, actor: Actor, employee: Employee, email: str | None) -> None:
    """Notes where somebody's mail goes, by HR; the address before is told. Raises Invalid for one that cannot be used."""
    auth.require_hr_of(session, actor, employee)
    require_address(email)
    if email == employee.email:
        return
    before = _shown(employee)
    old, employee.email = employee.email, email
    session.flush()
    audit.record(session, actor, "employee.mail", "employee", employee.id, before=before, after=_shown(employee))
    tell_old_address(session, employee, old)


def require_address(email: str | None) -> None:
    """Raises Invalid for an address that cannot be used."""
    if fault := fault_of(email):
        raise Invalid("bad_fields", fault.zh, fault.en, [fault])


def tell_old_address(session: Session, employee: Employee, old: str | None) -> None:
    """Tells the person that their mail goes elsewhere: on the page, and at the address it went to before."""
    if old is None or old == employee.email:
        return
    shown = masked(employee.email) if employee.email else Message("(无, 不再发邮件)", "(no address)")
    told = notify.post(session, employee.id or 0, "mail_address_changed", about=("employee", employee.id or 0), address=shown)
    session.flush()
    session.add(Delivery(way=MAIL, notification_id=told.id, address=old))
    session.flush()


def fault_of(email: str | None) -> Fault | None:
    """Why an address cannot be used, if it cannot."""
    if not email:
        return None
    if not mail.is_address(email):
        zh, en = "不是邮箱地址, 应形如 name@company.com", "this is no mail address; it looks like name@company.com"
        return Fault("email", zh, en)
    domains = settings().mail_domains
    if domains and email.rpartition("@")[2].lower() not in domains:
        allowed = ", ".join(domains)
        zh, en = f"须为公司邮箱: {allowed}", f"only the company's mail may be used: {allowed}"
        return Fault("email", zh, en)
    return None


def masked(email: str) -> str:
    """An address as its owner knows it again and nobody else learns it: z…@company.com."""
    return f"{email[:1]}…@{email.rpartition('@')[2]}"


def _shown(employee: Employee) -> dict[str, str | None]:
    return {"email": employee.email, "how": employee.mail_how, "language": employee.mail_language}
