"""axe-core, which checks pages for what keeps people out: fetched with npm when the tests run, and no part of this project."""

import base64
import hashlib
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

VERSION = "4.14.1"
SHA512 = "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="
INSIDE = "package/axe.min.js"
PATIENCE = 60
"""Seconds that npm may take."""


class Unavailable(Exception):
    """axe-core cannot be had here, and why."""


def script(folder: Path) -> str:
    """The text of axe-core, fetched into this folder once. Raises Unavailable, and ValueError where another one is brought."""
    kept = folder / f"axe-core-{VERSION}.js"
    if not kept.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as own:
            (Path(own) / "axe.js").write_bytes(_fetched(Path(own)))
            (Path(own) / "axe.js").replace(kept)  # several processes of tests may fetch it at once
    return kept.read_text(encoding="utf-8")


def _fetched(folder: Path) -> bytes:
    npm = shutil.which("npm")
    if npm is None:
        raise Unavailable("npm is not installed")
    command = [npm, "pack", f"axe-core@{VERSION}", "--loglevel=error"]
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=PATIENCE)
    except subprocess.CalledProcessError as refused:
        raise Unavailable(f"npm: {refused.stderr.strip()[-200:]}") from refused
    except subprocess.TimeoutExpired as late:
        raise Unavailable("npm does not answer") from late
    (packed,) = folder.glob("*.tgz")
    if base64.b64encode(hashlib.sha512(packed.read_bytes()).digest()).decode() != SHA512:
        raise ValueError("npm has brought an axe-core that nobody has looked at")
    with tarfile.open(packed) as archive:
        inside = archive.extractfile(INSIDE)
        assert inside is not None
        return inside.read()
