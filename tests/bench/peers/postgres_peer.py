# SPDX-License-Identifier: Apache-2.0
"""The rules of an alert as sets in PostgreSQL: postgres.sql.

peers.py runs it; peer.py says how a peer is called. It starts its own server in a temporary folder,
on a socket there and on no address, and stops it. PostgreSQL does not run as root; then the server
and its folder belong to the user postgres, which the package of Debian creates.
"""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from typing import Any

import peer

# Nothing here has to survive a crash.
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "2GB",
    "work_mem": "512MB",
    "maintenance_work_mem": "512MB",
    "max_wal_size": "8GB",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "autovacuum": "off",
    "client_min_messages": "warning",
}
PROGRAMS = (
    "/usr/lib/postgresql/15/bin",
    "/usr/lib/postgresql/16/bin",
    "/usr/lib/postgresql/17/bin",
)


def program(name):
    found = shutil.which(name, path=os.pathsep.join((*PROGRAMS, os.environ.get("PATH", ""))))
    return found or sys.exit(f"no {name}")


class Server:
    """A database cluster, removed at the end of the context."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="lowtide-postgres-")
        self.process = self.owner = None
        if os.geteuid() == 0:
            self.owner = pwd.getpwnam("postgres")
            os.chown(self.folder, self.owner.pw_uid, self.owner.pw_gid)
        data, self.log = os.path.join(self.folder, "data"), os.path.join(self.folder, "log")
        self.run(
            program("initdb"),
            "--pgdata",
            data,
            "--username",
            "lowtide",
            "--auth",
            "trust",
            "--encoding",
            "UTF8",
            "--locale",
            "C",
            "--no-sync",
        )
        settings = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [program("postgres"), "-D", data, "-k", self.folder, *settings],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                **self.identity(),
            )
        for _ in range(300):
            ready = subprocess.run(
                [program("pg_isready"), "-h", self.folder, "-U", "lowtide"],
                stdout=subprocess.DEVNULL,
                check=False,
            )
            if ready.returncode == 0:
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        with open(self.log, encoding="utf-8", errors="replace") as log:
            sys.exit(f"PostgreSQL did not start:\n{log.read()}")

    def identity(self):
        identity: dict[str, Any] = {"cwd": self.folder}
        if self.owner:
            identity.update(user=self.owner.pw_uid, group=self.owner.pw_gid, extra_groups=[])
        return identity

    def run(self, *command):
        done = subprocess.run(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            **self.identity(),
        )
        if done.returncode != 0:
            sys.exit(done.stdout.decode(errors="replace"))

    def close(self):
        if self.process:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(timeout=60)
        shutil.rmtree(self.folder, ignore_errors=True)


class Client:
    """A psql process that runs one script after the other."""

    def __init__(self, server):
        self.psql = subprocess.Popen(
            [
                program("psql"),
                "-h",
                server.folder,
                "-U",
                "lowtide",
                "-d",
                "postgres",
                "-X",
                "-q",
                "-A",
                "-t",
                "-v",
                "ON_ERROR_STOP=1",
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.psql.stdin and self.psql.stdout
        self.to, self.answers = self.psql.stdin, self.psql.stdout

    def run(self, script):
        """Runs a script and returns its lines of output."""
        self.to.write(script + "\n\\echo done\n")
        self.to.flush()
        lines: list[str] = []
        for line in self.answers:
            if line == "done\n":
                return lines
            lines.append(line.rstrip("\n"))
        return sys.exit("psql ended early")

    def close(self):
        self.to.close()
        self.psql.wait()


def processor_time(process):
    """The seconds that the process of the server for this client has used."""
    with open(f"/proc/{process}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def play(client, sql, folder, answers):
    client.run(sql["begin"])
    process = client.run("SELECT pg_backend_pid();")[0]
    clock = peer.Clock(lambda: processor_time(process))
    for number in range(1, peer.ROUNDS + 1):
        with clock:
            client.run(sql["decide"].format(round=number))
        client.run(sql["rest"])
    if answers:
        client.run(sql["tick"].format(round=peer.ROUNDS + 1, at=peer.tick_at(folder)))
        client.run(sql["answer"].format(answers=answers))
    return clock.taken


def main():
    folder, count = os.path.abspath(sys.argv[1]), int(sys.argv[2])
    sql = peer.statements("postgres.sql")
    # SIGTERM must also stop the server.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    server = Server()
    try:
        client = Client(server)
        version = client.run("SHOW server_version;")[0]
        client.run(sql["load"].format(folder=folder, count=count))
        for number in range(1, peer.ROUNDS + 1):
            client.run(sql["load_changes"].format(folder=folder, count=count, round=number))
        peer.serve(
            f"PostgreSQL {version}",
            lambda answers: play(client, sql, folder, answers and os.path.abspath(answers)),
        )
        client.close()
    finally:
        server.close()


if __name__ == "__main__":
    main()
