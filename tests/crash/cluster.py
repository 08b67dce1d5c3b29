"""cluster.py: two processes of one application share four partitions of a real cluster. They are
killed, placed or at random, stopped for longer than the group waits for them, and started again.

The topics are read with read_committed, as every reader of oxbow's does. What was open when a
process died is aborted by its successor or by the transaction's time-out.
"""
import os
import random
import signal
import sqlite3
import time

import embedded
import feed
import model
import oxbow
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
        self.placed = self.random = self.stopped = self.ended = 0

    def __str__(self):
        return "%d kills at a point of a commit, %d at any moment, %d times stopped for more than " \
               "the session, %d orderly ends" % (self.placed, self.random, self.stopped, self.ended)


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


def cycle(members, rng, deeds):
    for m in members:
        m.check()
        if not m.alive():
            m.start()
    victims = rng.choice((members[:1], members[1:], members))
    deed = rng.choices((die_placed, die, sleep_long, end), (12, 8, 3, 1))[0]
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


def come_to_the_end(place, members, source):
    """Both run on until the answers are right, or have not become better for long."""
    best, since = None, time.monotonic()
    while True:
        for mb in members:
            mb.check()
        report, m = compare(place, source.sessions())
        state = (report.lost + report.doubled + report.wrong, report.checked)
        if report.clean() or time.monotonic() - since > END_SECONDS:
            return report, m
        if state != best:
            best, since = state, time.monotonic()
        time.sleep(1)


def run(folder, bootstrap, cycles, seed, coalesced=False):
    name = "crash-%d-%d" % (seed, time.time())
    place = oxbow.Place(os.path.join(folder, "A.db"), bootstrap, name, name + ".", coalesced)
    place.configure(folder, session_timeout_ms=SESSION_MS, heartbeat_interval_ms=500)
    oxbow.run(place, *place.script())
    source = feed.Feed(place, seed, LINES_A_SECOND, kill=False)
    source.put_all({"events": 200, "users": 40, "caps": 40})
    rng, deeds = random.Random(seed + 2), Deeds()
    with open(os.path.join(folder, "said"), "ab") as log:
        members = [Member(place, log), Member(place.other(os.path.join(folder, "B.db")), log)]
        try:
            for m in members:
                m.start()
            source.start()
            for _ in range(cycles):
                cycle(members, rng, deeds)
            source.stop()
            for m in members:
                if not m.alive():
                    m.start()
                m.crash_at = None
            report, answers = come_to_the_end(place, members, source)
            for m in members:
                oxbow.terminate(m.process)
            check_ledgers(report, answers, members)
            for m in members:  # alone, each has to have all of it
                selected = {t: oxbow.select(m.place, t) for t in model.TABLES}
                model.check_tables(report, answers, selected)
        finally:
            for m in members:
                if m.process and m.alive():
                    oxbow.kill(m.process)
            source.stop()
    print("      %s\n      %s" % (deeds, report), flush=True)
    return embedded.failure(report, folder)
