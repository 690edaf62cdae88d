"""axe-core, which checks pages for what keeps people out: fetched from npm when the tests run, and no part of this project."""

import base64
import hashlib
import io
import tarfile
from pathlib import Path
from urllib.request import urlopen

VERSION = "4.14.1"
SHA512 = "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="
ADDRESS = f"https://registry.npmjs.org/axe-core/-/axe-core-{VERSION}.tgz"
INSIDE = "package/axe.min.js"
PATIENCE = 30
"""Seconds to wait for the registry."""


def script(folder: Path) -> str:
    """The text of axe-core, fetched once into this folder. Raises OSError where it cannot be had, ValueError for another one."""
    kept = folder / f"axe-core-{VERSION}.js"
    if not kept.exists():
        with urlopen(ADDRESS, timeout=PATIENCE) as answer:
            packed = answer.read()
        if base64.b64encode(hashlib.sha512(packed).digest()).decode() != SHA512:
            raise ValueError(f"{ADDRESS} is not the axe-core that was looked at")
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            inside = archive.extractfile(INSIDE)
            assert inside is not None
            text = inside.read()
        folder.mkdir(parents=True, exist_ok=True)
        whole = kept.with_suffix(f".{id(text)}")  # several processes of tests may fetch it at once
        whole.write_bytes(text)
        whole.replace(kept)
    return kept.read_text(encoding="utf-8")
