"""What use cases of people check of the text they are handed, and of names that may be given only once."""

from appraisal.errors import Conflict, Invalid
from appraisal.labels import label


def require_fits(**values: tuple[str, int]) -> None:
    """Refuses text that is empty, too long for its column, or carries control characters."""
    for name, (text, longest) in values.items():
        if not text.strip() or len(text) > longest or not text.isprintable():
            asked = label("field", name)
            zh, en = f"{asked.zh}须为 1 至 {longest} 个可见字符", f"{asked.en} needs 1 to {longest} printable characters"
            raise Invalid("bad_text", zh, en)


def require_new(found: object | None, zh: str, en: str) -> None:
    """Refuses what exists already."""
    if found is not None:
        raise Conflict("already_exists", f"{zh} 已存在", f"{en} exists already")
