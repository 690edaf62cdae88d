"""Settings: the only reader of the environment, so that everything else can be told what it needs."""

import os
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Literal

from appraisal.errors import Invalid

PROJECT_ROOT = Path(__file__).resolve().parent.parent

Mode = Literal["development", "test", "production"]


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
        summary_hosts=tuple(host.strip().lower() for host in env.get("SUMMARY_HOSTS", "").split(",") if host.strip()),
        summary_token=env.get("SUMMARY_TOKEN") or None,
    )
