"""Sealed bytes: what stands in the database but is not to be read there, such as 360° answers before a round closes.

The key lies outside the database: SEALING_KEY, otherwise SECRET_KEY, otherwise (development) a file of `var` made once. After
a change of key the former one goes into OLD_SEALING_KEYS, and what was sealed under it can still be opened. Each seal has its
own nonce, so the same content never looks the same twice, and is bound to what it is `about`, so it cannot be moved elsewhere.
"""

import secrets
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from appraisal.config import settings
from appraisal.errors import Conflict

_NONCE = 12


def seal(about: str, content: bytes) -> bytes:
    """The content under the key of today."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + _ciphers()[0].encrypt(nonce, content, about.encode())


def unseal(about: str, sealed: bytes) -> bytes:
    """The content again. Raises Conflict `sealed` when no key that is set opens it."""
    nonce, rest = sealed[:_NONCE], sealed[_NONCE:]
    for cipher in _ciphers():
        with suppress(InvalidTag):
            return cipher.decrypt(nonce, rest, about.encode())
    zh = "封存的内容无法打开: 密钥已更换, 请系统管理员把原密钥加入 OLD_SEALING_KEYS"
    en = "what was sealed cannot be opened: the key has changed. The administrator adds the former one to OLD_SEALING_KEYS"
    raise Conflict("sealed", zh, en)


def kept_key(path: Path) -> str:
    """A key made once and kept in a file, so that a restart finds the same one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    offer = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    if not path.exists():
        offer.touch(mode=0o600)
        offer.write_text(secrets.token_hex(32))
        # Of two processes starting at once, the first to link its offer has the say.
        with suppress(FileExistsError):
            path.hardlink_to(offer)
        offer.unlink()
    return path.read_text()


def _ciphers() -> list[AESGCM]:
    chosen = settings()
    now = chosen.sealing_key or chosen.secret_key or kept_key(chosen.var / "sealing_key")
    return [AESGCM(_derived(key)) for key in (now, *chosen.old_sealing_keys)]


def _derived(key: str) -> bytes:
    """A key of its own, so that what is sealed says nothing about the key that signs cookies."""
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"appraisal sealing").derive(key.encode())
