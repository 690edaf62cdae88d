"""Where backups lie: a folder of objects and manifests, or an archive, which is such a folder in a tar file.

Everything is written under another name, flushed to the disk and then renamed, the manifest last; only the owner may read it.
"""

import fcntl
import gzip
import hashlib
import io
import os
import re
import secrets
import tarfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO

from appraisal.backup import manifest as manifests
from appraisal.backup.manifest import Damaged, Manifest
from appraisal.errors import Conflict, Invalid

NAME = re.compile(r"(\d{8}T\d{6})\.\d{3}Z-(incremental|full|archive)")
LEVEL = 6


class Folder:
    """A folder of backups. `trusting`: an object that is there is taken to be sound; otherwise it is read, and one that is
    damaged is written again."""

    def __init__(self, root: Path, *, trusting: bool = True) -> None:
        self.root = root
        self.trusting = trusting
        self.written: dict[str, int] = {}
        """Objects that were not there, with the bytes they take."""
        self.healed: list[str] = []
        self._seen: set[str] = set()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keeps others from writing into the folder meanwhile. Raises Conflict `backup_under_way`."""
        for folder in (self.root, *(self.root / name for name in ("objects", "backups", "archives"))):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(self.root / "lock", "ab") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                zh, en = (
                    f"另一备份正在写入 {self.root}",
                    f"another backup is being written into {self.root}, or one read from it",
                )
                raise Conflict("backup_under_way", zh, en) from None
            for left in self.root.glob("unfinished-*"):
                left.unlink()
            yield

    @contextmanager
    def undisturbed(self) -> Iterator[None]:
        """Keeps others from clearing away what is being read."""
        with ExitStack() as held:
            with suppress(FileNotFoundError):  # an archive that was unpacked has none, and nobody who writes
                lock = held.enter_context(open(self.root / "lock", "rb"))
                fcntl.flock(lock, fcntl.LOCK_SH)
            yield

    def has(self, name: str) -> bool:
        return name in self._seen or (self.trusting and self._place(name).exists())

    def put(self, name: str, content: bytes) -> None:
        place = self._place(name)
        if name in self._seen:
            return
        if place.exists() and not self.trusting:
            with suppress(Damaged):
                self.get(name, "")
                self._seen.add(name)
                return
            self.healed.append(name)
        place.parent.mkdir(mode=0o700, exist_ok=True)
        packed = gzip.compress(content, LEVEL, mtime=0)
        self._write(place, packed)
        self._seen.add(name)
        self.written[name] = len(packed)

    def get(self, name: str, table: str) -> bytes:
        try:
            packed = self._place(name).read_bytes()
        except FileNotFoundError:
            raise _missing(name, table) from None
        return _unpacked(name, table, packed)

    def publish(self, manifest: Manifest) -> Path:
        """Makes the backup one: from here on it counts."""
        for folder in {self._place(name).parent for name in self.written} | {self.root / "objects"}:
            _flush(folder)
        place = self.root / "backups" / f"{manifest.name}.json"
        self._write(place, manifest.as_bytes())
        _flush(place.parent)
        return place

    def manifests(self) -> Sequence[Path]:
        """The files of the backups here, the oldest first."""
        return sorted((self.root / "backups").glob("*.json"))

    def archives(self) -> Sequence[Path]:
        return sorted((self.root / "archives").glob("*.tar"))

    def free_name(self, at: datetime, kind: str) -> str:
        """The name of a backup that is made now. By their names they stand in the order in which they were made."""
        taken = {path.name.partition("-")[0] for path in (*self.manifests(), *self.archives())}
        while (stamp := f"{at:%Y%m%dT%H%M%S}.{at.microsecond // 1000:03}Z") in taken:
            at += timedelta(milliseconds=1)
        return f"{stamp}-{kind}"

    def clear(self, outlived: Sequence[Path]) -> int:
        """Removes these backups, then the objects that no backup names any more. Raises Damaged, before anything is removed,
        where a manifest cannot be read: what it names is not known then."""
        kept = {one for path in self.manifests() if path not in outlived for one, _ in _read(path).objects()}
        for path in outlived:
            path.unlink()
        _flush(self.root / "backups")
        lost = [path for path in (self.root / "objects").glob("*/*.gz") if path.stem not in kept]
        for path in lost:
            path.unlink()
        return len(lost)

    def _place(self, name: str) -> Path:
        return self.root / _inside(name)

    def _write(self, place: Path, content: bytes) -> None:
        with _whole(self.root, place) as file:
            file.write(content)


class ArchiveWriter:
    """An archive that is being written: each object once, the manifest at the end."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self.written: dict[str, int] = {}

    def has(self, name: str) -> bool:
        return name in self.written

    def put(self, name: str, content: bytes) -> None:
        if name not in self.written:
            packed = gzip.compress(content, LEVEL, mtime=0)
            self.written[name] = len(packed)
            self._add(_inside(name), packed)

    def publish(self, manifest: Manifest) -> None:
        self._add(f"backups/{manifest.name}.json", manifest.as_bytes())

    def _add(self, name: str, content: bytes) -> None:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = len(content), 0o600
        self._tar.addfile(entry, io.BytesIO(content))


class Archive:
    """An archive to be read."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._entries = {entry.name: entry for entry in tar}

    def get(self, name: str, table: str) -> bytes:
        entry = self._entries.get(_inside(name))
        if entry is None:
            raise _missing(name, table)
        return _unpacked(name, table, self._content(entry))

    def manifest(self) -> Manifest | None:
        entry = next((entry for name, entry in self._entries.items() if name.startswith("backups/")), None)
        return manifests.read(self._content(entry), entry.name) if entry else None

    def _content(self, entry: tarfile.TarInfo) -> bytes:
        file = self._tar.extractfile(entry)
        return file.read() if file else b""


@contextmanager
def archiving(root: Path, name: str) -> Iterator[ArchiveWriter]:
    """A new archive in a folder of backups: there as a whole at the end of the block, or not at all."""
    place = root / "archives" / f"{name}.tar"
    with _whole(root, place) as file, tarfile.open(fileobj=file, mode="w") as tar:
        yield ArchiveWriter(tar)
    _flush(place.parent)


@contextmanager
def opened(path: Path) -> Iterator[tuple[Folder | Archive, Manifest]]:
    """A backup to be read: an archive, the manifest of a backup, or a folder, of which the newest backup is meant.

    Raises Invalid `no_backup`, `newer_backup`, Damaged.
    """
    if path.is_dir():
        folder = Folder(path)
        with folder.undisturbed():
            if not (there := folder.manifests()):
                zh, en = f"{path} 中没有备份", f"there is no backup in {path}; an archive is named by its file"
                raise Invalid("no_backup", zh, en)
            yield folder, _read(there[-1])
    elif not path.is_file():
        raise Invalid("no_backup", f"没有 {path}", f"there is no {path}: name a folder of backups, a manifest or an archive")
    elif path.suffix == ".json":
        folder = Folder(path.resolve().parent.parent)
        with folder.undisturbed():
            yield folder, _read(path)
    else:
        try:
            with tarfile.open(path, "r:") as tar:
                archive = Archive(tar)
                manifest = archive.manifest()
                if manifest is None:
                    raise Damaged(f"归档 {path} 没有清单, 可能不完整", f"the archive {path} has no manifest, it may be cut off")
                yield archive, manifest
        except tarfile.TarError:
            raise Damaged(f"{path} 不是完整的归档", f"{path} is no whole archive") from None


def found(root: Path) -> Iterator[tuple[Path, Manifest | Invalid]]:
    """Every backup and archive of a folder, the oldest first, with what is wrong where one cannot be read."""
    folder = Folder(root)
    for path in sorted((*folder.manifests(), *folder.archives()), key=lambda path: path.name):
        try:
            with opened(path) as (_, manifest):
                yield path, manifest
        except Invalid as error:
            yield path, error


def _read(path: Path) -> Manifest:
    try:
        return manifests.read(path.read_bytes(), path.name)
    except FileNotFoundError:
        raise Damaged(f"清单 {path} 缺失", f"the manifest {path} is missing") from None


def _inside(name: str) -> str:
    return f"objects/{name[:2]}/{name}.gz"


def _unpacked(name: str, table: str, packed: bytes) -> bytes:
    try:
        content = gzip.decompress(packed)
    except (OSError, EOFError, zlib.error):
        content = b""
    if hashlib.sha256(content).hexdigest() != name:
        zh = f"对象 {_inside(name)} (表 {table}) 的内容被改动或不完整"
        raise Damaged(zh, f"the object {_inside(name)} of the table {table} has been changed or is cut off")
    return content


def _missing(name: str, table: str) -> Damaged:
    return Damaged(f"对象 {_inside(name)} (表 {table}) 缺失", f"the object {_inside(name)} of the table {table} is missing")


@contextmanager
def _whole(root: Path, place: Path) -> Iterator[IO[bytes]]:
    """A file that appears in its place when all of it is on the disk."""
    unfinished = root / f"unfinished-{secrets.token_hex(8)}"
    try:
        with os.fdopen(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(place)
    finally:
        unfinished.unlink(missing_ok=True)


def _flush(folder: Path) -> None:
    """Has the names in a folder on the disk."""
    opened_folder = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened_folder)
    finally:
        os.close(opened_folder)
