# SPDX-License-Identifier: Apache-2.0
"""Takes back what a program changed and never synced, as a power failure does, from what the interposed library wrote down."""

import os
import pathlib
import shutil


class Undo:
    """The changes in their order, without those that a sync has made durable since."""

    def __init__(self, log):
        self.changes, self.names = [], []
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
                # A synced folder keeps its names; the file behind a name may still have lost its bytes.
                self.names = [name for name in self.names if os.path.dirname(self.path_of(name)) != rest]
            else:
                self.names.append((kind, *rest.split("\t")))

    @staticmethod
    def path_of(name):
        return name[2] if name[0] == "R" else name[1]

    def apply(self, place, lose_names):
        """Undoes all that is not durable. `lose_names` false: names survive, as on a file system that is quicker with them than with data."""
        if lose_names:
            for name in reversed(self.names):
                self.take_back(name)
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
    def take_back(name):
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
