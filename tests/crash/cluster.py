"""cluster.py: two processes of one application share four partitions of a real cluster. They are
killed, placed or at random, stopped for longer than the group waits for them, and started again.

The topics are read with read_committed, as every reader of oxbow's does. What was open when a
process died is aborted by its successor or by the transaction's time-out.
"""
import os
import random
import shutil
import signal
import sqlite3
import time

import embedded
import feed
import model
import oxbow
import plant
from report import Report

POINTS = ("after-freeze", "before-commit", "after-commit", "before-state", "after-state",
          "before-freeze")
SESSION_MS = 6000  # the least that a broker takes by default
LINES_A_SECOND = 300
END_SECONDS = 90


class Member:
    """A process of the application, and how it is at the moment."""

    def __init__(self, place, log):
        self.place, self.log, self.process = place, log, None
        self.crash_at = self.killed = None

    def start(self, crash_at=None):
        self.crash_at, self.killed = crash_at, False
        self.process = oxbow.start(self.place, *self.place.script(), "--headless", "-q",
                                   crash_at=crash_at, log=self.log)

    def alive(self):
        return self.process.poll() is None

    def check(self):
        """It may have killed itself where it was told to, and may not have ended else."""
        if self.alive() or self.killed:
            return
        if not (self.crash_at and self.process.returncode == -signal.SIGKILL):
            raise oxbow.Failed("a process has ended by itself, status %d" % self.process.returncode)

    def kill(self):
        """True if it was still alive."""
        self.check()
        self.killed = True
        return oxbow.kill(self.process)


class Deeds:
    def __init__(self):
        self.placed = self.random = self.stopped = self.lost = self.ended = 0

    def __str__(self):
        return "%d kills at a point of a commit, %d at any moment, %d times stopped for more than " \
               "the session, %d times without its file or with an old one, %d orderly ends" % (
                   self.placed, self.random, self.stopped, self.lost, self.ended)


def die_placed(member, rng, deeds):
    """It was started to die at a point; if it has not come there, it dies here."""
    end = time.monotonic() + 15
    while member.alive() and time.monotonic() < end:
        time.sleep(0.02)
    if member.kill():
        deeds.random += 1
    else:
        deeds.placed += 1


def die(member, rng, deeds):
    time.sleep(rng.choice((0.2, 1, 4)) * rng.random())
    member.kill()
    deeds.random += 1


def sleep_long(member, rng, deeds):
    """Others take over; then it wakes up in the middle of what it was doing."""
    member.process.send_signal(signal.SIGSTOP)
    time.sleep(SESSION_MS / 1000 + 1 + 3 * rng.random())
    member.process.send_signal(signal.SIGCONT)
    time.sleep(2 * rng.random())
    member.check()
    deeds.stopped += 1


def end(member, rng, deeds):
    time.sleep(rng.random())
    oxbow.terminate(member.process)
    member.killed = True
    deeds.ended += 1


def lose_file(member, rng, deeds):
    """The state is gone, or as it was some time ago: the changelog has what is missing. A process
    without its file is a new one to the cluster; what the old one left open times out."""
    member.kill()
    file, old = member.place.file, member.place.file + ".old"
    tails = ("", "-wal", "-shm")
    keep = rng.random() < 0.5 and os.path.exists(old)
    for tail in tails:
        if keep and os.path.exists(old + tail):
            shutil.copy(old + tail, file + tail)
        elif os.path.exists(file + tail):
            os.remove(file + tail)
    deeds.lost += 1


def save_file(member):
    """A copy of the file as a kill leaves it, for lose_file."""
    for tail in ("", "-wal", "-shm"):
        if os.path.exists(member.place.file + tail):
            shutil.copy(member.place.file + tail, member.place.file + ".old" + tail)
        elif os.path.exists(member.place.file + ".old" + tail):
            os.remove(member.place.file + ".old" + tail)


def cycle(members, rng, deeds):
    for m in members:
        m.check()
        if not m.alive():
            if rng.random() < 0.2:
                save_file(m)
            m.start()
    victims = rng.choice((members[:1], members[1:], members))
    deed = rng.choices((die_placed, die, sleep_long, lose_file, end), (12, 7, 3, 2, 1))[0]
    if deed is die_placed:
        for m in victims:
            m.kill()
            m.start("%s:%d" % (rng.choice(POINTS), rng.randint(1, 12)))
    for m in victims:
        deed(m, rng, deeds)
    time.sleep(rng.choice((0, 0.5, 3)) * rng.random())


def compare(place, sessions):
    """(report, model)"""
    report = Report()
    inputs = {t: oxbow.topic(place, t) for t in feed.Feed.TOPICS}
    model.check_inputs(report, sessions, inputs)
    m = model.Model(inputs)
    model.check_topics(report, m, {t: oxbow.topic(place, t) for t in model.SINKS}, place.coalesced)
    return report, m


def check_ledgers(report, m, members):
    """Each refused record stands in the file of the process that committed behind it, once. The state
    is written behind the log's commit, and what a process had not yet written of its ledger when it
    was killed nobody has: such rows are counted and shown, but do not fail the run."""
    want = m.ledger()
    have = [row for mb in members for row in ledger(mb.place.file, mb.place.prefix)]
    there = set(have)
    report.bag("ledger", [row for row in want if row in there], have)
    missing = sum(row not in there for row in want)
    print("      %d of %d rows of the ledger went with a killed process" % (missing, len(want)))


def ledger(file, prefix):
    db = sqlite3.connect("file:%s?mode=ro" % file, uri=True, timeout=30)
    try:
        return embedded.ledger_rows(db, prefix)
    finally:
        db.close()


class Application:
    """Its topics, its two processes, and what is fed to them. Use it with `with`."""

    def __init__(self, folder, bootstrap, seed, coalesced=False):
        self.name = "crash-%d-%d" % (seed, time.time() * 1000)
        self.place = oxbow.Place(os.path.join(folder, "A.db"), bootstrap, self.name,
                                 self.name + ".", coalesced)
        self.place.configure(folder, session_timeout_ms=SESSION_MS, heartbeat_interval_ms=500)
        oxbow.run(self.place, *self.place.script())
        self.source = feed.Feed(self.place, seed, LINES_A_SECOND, kill=False)
        self.source.put_all({"events": 200, "users": 40, "caps": 40})
        self.log = open(os.path.join(folder, "said"), "ab")
        other = self.place.other(os.path.join(folder, "B.db"))
        self.members = [Member(self.place, self.log), Member(other, self.log)]
        for m in self.members:
            m.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for m in self.members:
            if m.alive():
                oxbow.kill(m.process)
        self.source.stop()
        self.log.close()

    def come_to_the_end(self, members=None, seconds=END_SECONDS):
        """They run on until the answers are right, or have not become better for long.
        (report, model)"""
        members = members or self.members
        for m in members:
            if not m.alive():
                m.start()
            m.crash_at = None
        best, since = None, time.monotonic()
        while True:
            for m in members:
                m.check()
            report, answers = compare(self.place, self.source.sessions())
            state = (report.lost + report.doubled + report.wrong, report.checked)
            if report.clean() or time.monotonic() - since > seconds:
                break
            if state != best:
                best, since = state, time.monotonic()
            time.sleep(1)
        for m in members:
            oxbow.terminate(m.process)
            m.killed = True
        return report, answers


def run(folder, bootstrap, cycles, seed, coalesced=False):
    rng, deeds = random.Random(seed + 2), Deeds()
    with Application(folder, bootstrap, seed, coalesced) as app:
        app.source.start()
        for _ in range(cycles):
            cycle(app.members, rng, deeds)
        app.source.stop()
        report, answers = app.come_to_the_end()
        check_ledgers(report, answers, app.members)
        for m in app.members:  # alone, each has to have all of it
            selected = {t: oxbow.select(m.place, t) for t in model.TABLES}
            model.check_tables(report, answers, selected)
    print("      %s\n      %s" % (deeds, report), flush=True)
    return embedded.failure(report, folder)


# ---- plants --------------------------------------------------------------------------------------


def double_output(app):
    """A record of a sink once more, as a transaction that was sent twice would leave it."""
    last = oxbow.run(app.place, "print", app.place.prefix + "PICKED", "-o", "json",
                     state=False).splitlines()[-1]
    writer = feed.Writer(app.place, "PICKED")
    writer.write([last])
    writer.end()


def raise_state(app):
    """Counts of groups, in the file of the one process that goes on."""
    db = sqlite3.connect(app.place.file)
    assert db.execute("UPDATE s%d SET c1 = c1 + 1" % plant.store(db, "HOT")).rowcount
    db.commit()
    db.close()


def believe_checkpoint(app):
    """An old file that says of itself that it has all of the changelog."""
    db = sqlite3.connect(app.place.file)
    ends = db.execute("SELECT * FROM state_positions").fetchall()
    db.close()
    for tail in ("", "-wal", "-shm"):
        if os.path.exists(app.place.file + tail):
            os.remove(app.place.file + tail)
    shutil.copy(app.place.file + ".old", app.place.file)
    db = sqlite3.connect(app.place.file)
    db.execute("DELETE FROM state_positions")
    db.executemany("INSERT INTO state_positions VALUES(?,?,?)", ends)
    db.commit()
    db.close()


PLANTS = [("nothing is damaged, and nothing is reported", None),
          ("a record of output is there twice", double_output),
          ("rows of state are one too high", raise_state),
          ("a checkpoint says that an old file is up to date", believe_checkpoint)]


def run_plant(folder, bootstrap, seed, fn):
    """One process has everything, ends, is damaged, and goes on with more."""
    with Application(folder, bootstrap, seed) as app:
        one = app.members[:1]
        app.members[1].kill()
        app.source.put_all({"events": 300, "users": 60, "caps": 60})
        report, _ = app.come_to_the_end(one)
        if not report.clean():
            return "before any damage:\n" + embedded.failure(report, folder)
        shutil.copy(app.place.file, app.place.file + ".old")
        app.source.put_all({"events": 300, "users": 60, "caps": 60})
        report, _ = app.come_to_the_end(one)
        if fn:
            fn(app)
        app.source.put_all({"events": 300, "users": 60, "caps": 60})
        report, _ = app.come_to_the_end(one, 8 if fn else END_SECONDS)
    print("      %s" % report)
    if not fn:
        return embedded.failure(report, folder)
    return None if report.doubled or report.wrong else "the damage was not reported"


def plants(bootstrap, seed):
    return [("planted on Kafka: " + what,
             lambda folder, fn=fn: run_plant(folder, bootstrap, seed, fn)) for what, fn in PLANTS]
