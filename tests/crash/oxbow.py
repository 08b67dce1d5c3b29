"""oxbow.py: the program under test, as a user sees it: processes, their ends, and what they print."""
import base64
import copy
import json
import os
import signal
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))
BINARY = os.environ.get("OXBOW", os.path.join(HERE, "..", "..", "build", "oxbow"))
QUERIES = os.path.join(HERE, "queries.sql")


class Failed(Exception):
    """The program did what it never may, whatever is done to its processes."""


class Place:
    """Where the topics are: in FILE, or (bootstrap, app) in a cluster, FILE holding state only.
    `prefix` is in front of the topics' names; `coalesced`: of a table, only the latest change per key
    and commit is written."""

    def __init__(self, file, bootstrap=None, app=None, prefix="", coalesced=False):
        self.file, self.bootstrap, self.app = file, bootstrap, app
        self.prefix, self.coalesced = prefix, coalesced
        self.config = None

    def configure(self, folder, **more):
        """The configuration file of all processes; `_` in a name stands for a dot."""
        self.config = os.path.join(folder, "config")
        more["cache_max_bytes_buffering"] = 10_000_000 if self.coalesced else 0
        with open(self.config, "w") as f:
            f.writelines("%s = %s\n" % (k.replace("_", "."), v) for k, v in more.items())
        os.chmod(self.config, 0o600)

    def args(self, state=True):
        """`state`: as a process of the application, with its file; else a mere reader or writer."""
        args = ["-c", self.config]
        if not self.bootstrap:
            return args + ["-d", self.file]
        args += ["-b", self.bootstrap]
        return args + (["--app-id", self.app, "-d", self.file] if state else ["-d", ":memory:"])

    def script(self):
        """The queries, as a script."""
        return ["-D", "run=" + self.prefix, "-f", QUERIES]

    def other(self, file):
        """Another process of the same application."""
        to = copy.copy(self)
        to.file = file
        return to


def start(place, *args, crash_at=None, log=None, **kw):
    env = dict(os.environ)
    env.pop("OXBOW_CRASH_AT", None)
    if crash_at:
        env["OXBOW_CRASH_AT"] = crash_at
    out = log if log is not None else subprocess.DEVNULL
    return subprocess.Popen([BINARY, *place.args(), *args], env=env, stdin=subprocess.DEVNULL,
                            stdout=out, stderr=subprocess.STDOUT if log is not None else out, **kw)


def run(place, *args, state=True, timeout=120):
    """A run that ends by itself; its output."""
    p = subprocess.run([BINARY, *place.args(state), *args], stdin=subprocess.DEVNULL,
                       capture_output=True, timeout=timeout)
    if p.returncode != 0:
        raise Failed("oxbow %s: status %d: %s" % (" ".join(args), p.returncode,
                                                   p.stderr.decode(errors="replace")[-800:]))
    return p.stdout.decode()


def kill(p):
    """kill -9; True if it was still alive."""
    alive = p.poll() is None
    if alive:
        p.send_signal(signal.SIGKILL)
    p.wait()
    return alive


def terminate(p, seconds=30):
    p.send_signal(signal.SIGTERM)
    try:
        status = p.wait(seconds)
    except subprocess.TimeoutExpired:
        kill(p)
        raise Failed("SIGTERM was not answered within %d s" % seconds) from None
    if status != 0:
        raise Failed("status %d after SIGTERM" % status)


class Record:
    """One record of a topic."""
    __slots__ = ("partition", "offset", "time", "key", "value")

    def __init__(self, o):
        self.partition, self.offset, self.time = o["partition"], o["offset"], o["timestamp"]
        self.key, self.value = part(o, "key"), part(o, "value")

    def json(self):
        """The value as an object; None for a tombstone."""
        return None if self.value is None else json.loads(self.value)

    def windowed_key(self):
        """(key, start of the window): eight bytes, big end first, follow the key."""
        return self.key[:-8].decode(), int.from_bytes(self.key[-8:], "big")


def part(o, name):
    if name + "_base64" in o:
        return base64.b64decode(o[name + "_base64"])
    return None if o[name] is None else o[name].encode()


def topic(place, name, partitions=4):
    """The records of each partition. Offsets must go up; without a cluster's markers, by one."""
    parts = [[] for _ in range(partitions)]
    for line in run(place, "print", place.prefix + name, "-o", "json", state=False).splitlines():
        r = Record(json.loads(line))
        before = parts[r.partition][-1].offset if parts[r.partition] else -1
        if r.offset <= before or (not place.bootstrap and r.offset != before + 1):
            raise Failed("%s, partition %d: offset %d follows %d" % (name, r.partition, r.offset,
                                                                     before))
        parts[r.partition].append(r)
    return parts


def select(place, table):
    """All rows of a table, as objects."""
    out = run(place, "-o", "json", "-e", "SELECT * FROM %s;" % table)
    return [json.loads(line) for line in out.splitlines()]


def wait_until(true, seconds, what):
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise Failed("%s has not happened within %d s" % (what, seconds))
        time.sleep(0.05)
