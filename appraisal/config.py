"""Settings: the only reader of the environment, so that everything else can be told what it needs."""

import os
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Literal

from appraisal.errors import Invalid

PROJECT_ROOT = Path(__file__).resolve().parent.parent

Mode = Literal["development", "test", "production"]

OFFICIAL_HOSTS = ("qyapi.weixin.qq.com", "oapi.dingtalk.com", "open.feishu.cn")
"""Where the group robots of WeCom, DingTalk and Feishu listen."""


@dataclass(frozen=True)
class Settings:
    """How this process runs. `root` holds rules/, weights/ and migrations/; `var` holds what the process writes."""

    mode: Mode = "development"
    root: Path = PROJECT_ROOT
    var: Path = PROJECT_ROOT / "var"
    database_url: str = f"sqlite:///{PROJECT_ROOT / 'var' / 'appraisal.db'}"
    secret_key: str | None = field(default=None, repr=False)
    audit_key: str | None = field(default=None, repr=False)
    old_audit_keys: tuple[str, ...] = field(default=(), repr=False)
    metrics_token: str | None = field(default=None, repr=False)
    metrics_dir: str | None = None
    sealing_key: str | None = field(default=None, repr=False)
    old_sealing_keys: tuple[str, ...] = field(default=(), repr=False)
    oidc_issuer: str | None = None
    oidc_client_id: str | None = None
    oidc_client_secret: str | None = field(default=None, repr=False)
    oidc_claim: str = "preferred_username"
    oidc_match: str = "login"
    backup_dir: Path | None = None
    summary_endpoint: str | None = None
    summary_hosts: tuple[str, ...] = ()
    summary_token: str | None = field(default=None, repr=False)
    site_address: str | None = None
    smtp_host: str | None = None
    smtp_port: int | None = None
    smtp_security: str = "starttls"
    smtp_user: str | None = None
    smtp_password: str | None = field(default=None, repr=False)
    mail_from: str | None = None
    mail_domains: tuple[str, ...] = ()
    webhook_hosts: tuple[str, ...] = OFFICIAL_HOSTS
    ca_file: str | None = None

    def __post_init__(self) -> None:
        if self.mode not in ("development", "test", "production"):
            raise Invalid(
                "bad_setting",
                f"APPRAISAL_MODE 为 {self.mode!r}; 可写 development、test 或 production",
                f"APPRAISAL_MODE is {self.mode!r}; write development, test or production",
            )
        if self.mode == "production" and not (self.secret_key and self.audit_key):
            raise Invalid(
                "bad_setting",
                "生产环境必须设置 SECRET_KEY 和 AUDIT_KEY",
                "production needs SECRET_KEY and AUDIT_KEY in the environment",
            )
        if self.audit_key and self.audit_key == self.secret_key:
            raise Invalid(
                "bad_setting",
                "AUDIT_KEY 不得与 SECRET_KEY 相同",
                "AUDIT_KEY must differ from SECRET_KEY: whoever signs cookies must not be able to sign the audit trail",
            )


def _listed(name: str) -> tuple[str, ...]:
    """A setting that names several hosts or domains, parted by commas."""
    return tuple(one.strip().lower() for one in os.environ.get(name, "").split(",") if one.strip())


def _port(name: str) -> int | None:
    given = os.environ.get(name, "")
    if given and not (given.isascii() and given.isdigit() and 0 < int(given[:6]) < 65536):
        raise Invalid("bad_setting", f"{name} 须为端口号", f"{name} is the number of a port")
    return int(given) if given else None


def environment_of_server(var: Path) -> dict[str, str]:
    """The environment that served processes get: this one, a fresh folder in which they add up their counters, and few arenas
    of memory, because with one for each thread what is freed in one is not used again in another."""
    counters = var / "metrics"
    counters.mkdir(parents=True, exist_ok=True)
    for left in counters.glob("*.db"):
        left.unlink()
    return {"PROMETHEUS_MULTIPROC_DIR": str(counters), "MALLOC_ARENA_MAX": "2"} | dict(os.environ)


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process, read once. Raises Invalid for settings that cannot stand."""
    env = os.environ
    root = Path(env.get("APPRAISAL_ROOT", PROJECT_ROOT)).resolve()
    var = Path(env.get("APPRAISAL_VAR", root / "var")).resolve()
    return Settings(
        mode=env.get("APPRAISAL_MODE", "development"),  # type: ignore[arg-type]
        root=root,
        var=var,
        database_url=env.get("DATABASE_URL") or f"sqlite:///{var / 'appraisal.db'}",
        secret_key=env.get("SECRET_KEY") or None,
        audit_key=env.get("AUDIT_KEY") or None,
        metrics_token=env.get("METRICS_TOKEN") or None,
        metrics_dir=env.get("PROMETHEUS_MULTIPROC_DIR") or None,
        old_audit_keys=tuple(key for key in env.get("OLD_AUDIT_KEYS", "").split(",") if key),
        sealing_key=env.get("SEALING_KEY") or None,
        old_sealing_keys=tuple(key for key in env.get("OLD_SEALING_KEYS", "").split(",") if key),
        oidc_issuer=env.get("OIDC_ISSUER") or None,
        oidc_client_id=env.get("OIDC_CLIENT_ID") or None,
        oidc_client_secret=env.get("OIDC_CLIENT_SECRET") or None,
        oidc_claim=env.get("OIDC_CLAIM") or "preferred_username",
        oidc_match=env.get("OIDC_MATCH") or "login",
        backup_dir=Path(env["BACKUP_DIR"]).resolve() if env.get("BACKUP_DIR") else None,
        summary_endpoint=env.get("SUMMARY_ENDPOINT") or None,
        summary_hosts=_listed("SUMMARY_HOSTS"),
        summary_token=env.get("SUMMARY_TOKEN") or None,
        site_address=env.get("SITE_ADDRESS", "").rstrip("/") or None,
        smtp_host=env.get("SMTP_HOST") or None,
        smtp_port=_port("SMTP_PORT"),
        smtp_security=env.get("SMTP_SECURITY") or "starttls",
        smtp_user=env.get("SMTP_USER") or None,
        smtp_password=env.get("SMTP_PASSWORD") or None,
        mail_from=env.get("MAIL_FROM") or None,
        mail_domains=_listed("MAIL_DOMAINS"),
        webhook_hosts=_listed("WEBHOOK_HOSTS") or OFFICIAL_HOSTS,
        ca_file=env.get("CA_FILE") or None,
    )
