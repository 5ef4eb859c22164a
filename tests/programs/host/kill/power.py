# SPDX-License-Identifier: Apache-2.0
"""Undoes the changes that a program has not synced, as a power failure does.

power_loss.py calls it. It reads the records of the killpoint library.
"""

import os
import pathlib
import shutil


class Undo:
    """The changes in their order, without those that a later sync has made durable."""

    def __init__(self, log):
        self.changes: list[tuple[int, int, int, bytes]] = []
        self.names: list[tuple[str, ...]] = []
        data = pathlib.Path(log).read_bytes() if os.path.exists(log) else b""
        at = 0
        while at < len(data):
            end = data.index(b"\n", at)
            kind, _, rest = data[at:end].decode("utf-8", "surrogateescape").partition(" ")
            at = end + 1
            if kind == "W":
                inode, offset, size, length = (int(word) for word in rest.split(" "))
                self.changes.append((inode, offset, size, data[at : at + length]))
                at += length
            elif kind == "S":
                self.changes = [change for change in self.changes if change[0] != int(rest)]
            elif kind == "D":
                # The names in a synced folder are durable; the bytes of the files may not be.
                self.names = [
                    name for name in self.names if os.path.dirname(self.path_of(name)) != rest
                ]
            else:
                self.names.append((kind, *rest.split("\t")))

    @staticmethod
    def path_of(name):
        return name[2] if name[0] == "R" else name[1]

    def apply(self, place, lose_names):
        """Undoes everything that is not durable.

        Without `lose_names`, names survive, as on a file system that writes them before the data.
        """
        if lose_names:
            for name in reversed(self.names):
                self.undo_name(name)
        inodes = {}
        for folder in (place.data, place.undo):
            for path in pathlib.Path(folder).rglob("*"):
                if path.is_file():
                    inodes[path.stat().st_ino] = path
        for inode, offset, size, old in reversed(self.changes):
            if inode not in inodes:
                continue
            with open(inodes[inode], "r+b") as file:
                file.seek(offset)
                file.write(old)
                file.truncate(size)
        for path in pathlib.Path(place.data).glob("*-shm"):
            path.unlink()
        return len(self.changes) + (len(self.names) if lose_names else 0)

    @staticmethod
    def undo_name(name):
        kind, path = name[0], name[1]
        if kind == "C" and os.path.isdir(path):
            shutil.rmtree(path)
        elif kind == "C" and os.path.exists(path):
            os.unlink(path)
        if kind == "U":
            os.replace(name[2], path)
        if kind == "R":
            target, kept = name[2], name[3]
            if os.path.exists(target):
                os.replace(target, path)
            if kept != "-":
                os.replace(kept, target)
