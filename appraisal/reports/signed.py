"""A signature as a document shows it: on the screen, on paper with the hash of its scan, or what stands in its place."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlmodel import Session

from appraisal import files
from appraisal.core.policy.model import Text
from appraisal.reports.document import Signature

ON_SCREEN = frozenset({"own", "signed"})


def signature_of(
    session: Session,
    role: Text,
    name: str | None,
    how: str,
    *,
    at: datetime,
    content_hash: str,
    on: date | None = None,
    said: str | None = None,
    file_id: int | None = None,
    witnesses: Sequence[str] = (),
    disagrees: bool = False,
) -> Signature:
    """`how` is what the slices store: own or signed, paper or on_paper, refused, excepted, lapsed. `said` are words with it."""
    scan = files.by_id(session, file_id).sha256 if file_id is not None else None
    parts = [_WAYS[how]] if how not in ON_SCREEN else []
    if scan is not None:
        parts.append(Text(f"扫描件 {scan[:16]}…", f"scan {scan[:16]}…"))
    if witnesses:
        parts.append(Text(f"见证人: {'、'.join(witnesses)}", f"witnesses: {', '.join(witnesses)}"))
    if disagrees:
        parts.append(Text("有异议", "disagrees"))
    if said:
        parts.append(Text(f"“{said}”", f"“{said}”"))
    if parts and how in ON_SCREEN:
        parts.insert(0, Text("已电子签署", "signed electronically"))
    remark = Text("; ".join(one.zh for one in parts), "; ".join(one.en for one in parts)) if parts else None
    return Signature(role, name, at, content_hash, remark, on)


_WAYS = {
    "paper": Text("纸质签署", "signed on paper"),
    "on_paper": Text("纸质签署", "signed on paper"),
    "refused": Text("拒绝签署", "refused to sign"),
    "excepted": Text("未签署, 人力资源部准予例外", "not signed; HR made an exception"),
    "lapsed": Text("逾期未签署", "not signed in time"),
}
