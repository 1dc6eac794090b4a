"""Files of a board: hashes, free space, and writing that leaves either the old file or the new one.

An interrupted session may have left a file open, which is closed before anything else: littlefs
does not bear the removal of an open file. A file is written beside its place (`name.new`), its hash
computed on the board from what the flash gives back, and only then renamed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .catalog import BoardError
from .repl import RemoteError, Repl

CHUNK = 2048
HASHING = 60.0  # seconds of silence while the board hashes files
# files hashed in one go: what is kept of them lies scattered over the
# board's heap, and is reported in one piece
_AT_ONCE = 16
NEW = ".new"
# littlefs keeps small files in its metadata and the larger ones in whole blocks
_PER_FILE = 64

_HELPERS = """
try:
 _f.close()
except (NameError,OSError):
 pass
import os
from hashlib import sha256
from binascii import hexlify
_b=bytearray(512)
_v=memoryview(_b)
def _hash(p):
 try:
  f=open(p,'rb')
 except OSError:
  return ''
 h=sha256()
 while 1:
  n=f.readinto(_b)
  if not n:
   break
  h.update(_v[:n])
 f.close()
 return hexlify(h.digest()).decode()
def _read(p):
 f=open(p,'rb')
 b=f.read()
 f.close()
 return b
def _put(a,b):
 try:
  os.rename(a,b)
 except OSError:
  os.remove(b)
  os.rename(a,b)
def _drop(p):
 try:
  os.remove(p)
 except OSError:
  pass
def _mkdir(p):
 try:
  os.mkdir(p)
 except OSError as e:
  if e.errno!=17:
   raise
def _rmdir(p):
 try:
  os.rmdir(p)
 except OSError:
  pass
def _tree(p):
 f=[]
 d=[]
 def w(p):
  try:
   l=list(os.ilistdir(p))
  except OSError:
   return
  for e in l:
   if e[1]&0x8000:
    f.append(p+'/'+e[0])
   else:
    w(p+'/'+e[0])
  d.append(p)
 w(p)
 return f,d
"""


@dataclass(frozen=True)
class Space:
    """Of the file system, in octets."""

    block: int
    free: int


class Files:
    """The file system that the board's working directory lies on."""

    def __init__(self, repl: Repl) -> None:
        self._repl = repl
        self.device = repl.device
        repl.run(_HELPERS)

    def hashes(self, paths: Sequence[str]) -> dict[str, str]:
        """SHA-256 of each file in hexadecimal, empty for one that is not there."""
        found: dict[str, str] = {}
        for start in range(0, len(paths), _AT_ONCE):
            some = list(paths[start : start + _AT_ONCE])
            found |= self._repl.value(f"{{p:_hash(p) for p in {some!r}}}", HASHING)
        return found

    def space(self) -> Space:
        stat = self._repl.value("os.statvfs('')[:4]")
        return Space(stat[0], stat[1] * stat[3])

    def listing(self, folder: str) -> list[str]:
        """Names of the files in a folder; none when there is no such folder."""
        try:
            return self._repl.value(f"[e[0] for e in os.ilistdir({folder!r}) if e[1]&0x8000]")
        except RemoteError:
            return []

    def tree(self, folder: str) -> tuple[list[str], list[str]]:
        """Paths of the files below a folder, and of the folders, each after what it holds;
        both empty when there is no such folder.
        """
        return self._repl.value(f"_tree({folder!r})")

    def make_folder(self, folder: str) -> None:
        """Make a folder unless it is there; the one that holds it is there already."""
        self._repl.run(f"_mkdir({folder!r})")

    def remove_folder(self, folder: str) -> None:
        """Remove a folder; one that still holds something stays."""
        self._repl.run(f"_rmdir({folder!r})")

    def remove(self, path: str) -> None:
        self._repl.run(f"_drop({path!r})")

    def read(self, path: str) -> bytes | None:
        """A small file, None when it is not there."""
        if not self.hashes([path])[path]:
            return None
        return self._repl.value(f"_read({path!r})")

    def write(self, path: str, content: bytes) -> None:
        """Put a file in its place, whole and checked, or leave the old one there."""
        new = path + NEW
        parts = [content[start : start + CHUNK] for start in range(0, len(content), CHUNK)] or [b""]
        try:
            # few round trips: each costs as much as a kilobyte
            opening = f"_f=open({new!r},'wb')\n_w=_f.write\n"
            for part in parts:
                self._repl.run(f"{opening}_w({part!r})")
                opening = ""
            if self._repl.value(f"(_f.close(), _hash({new!r}))[1]", HASHING) != hashlib.sha256(content).hexdigest():
                self.remove(new)
                raise BoardError(f"{self.device}: {path} arrived damaged and was not put in place; try again")
            self._repl.run(f"_put({new!r},{path!r})")
        except RemoteError as error:
            self._repl.run(f"try:\n _f.close()\nexcept (NameError, OSError):\n pass\n_drop({new!r})")
            if "ENOSPC" in error.text or error.text.startswith("OSError: 28"):
                raise BoardError(f"{self.device}: no room on the board for {path}; nothing of it was kept") from None
            raise


def needed(changed: Mapping[str, bytes], block: int) -> int:
    """Octets that the writing of these files may need for a while: all of
    them once more, in whole blocks.
    """
    return sum(-(-(len(content) + _PER_FILE) // block) * block for content in changed.values())
