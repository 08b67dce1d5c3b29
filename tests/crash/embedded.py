"""embedded.py: one process on one file: killed, started again, compared with the model at the end."""
import os
import random
import shutil
import sqlite3
import time

import feed
import model
import oxbow
from report import Report

# `after-commit` is before the driver hears of it.
BETWEEN = ("after-freeze", "before-commit", "in-commit")
POINTS = BETWEEN * 3 + ("before-freeze", "after-commit")
LINES_A_SECOND = 600
PLACED_SECONDS = 2  # a point that is not reached by then is not reached


def create(folder, seed, coalesced=False):
    """A new file with the queries, and a record in every partition: one without any would count as
    empty, and then hold no window open."""
    place = oxbow.Place(os.path.join(folder, "crash.db"), coalesced=coalesced)
    place.configure(folder)
    oxbow.run(place, *place.script())
    source = feed.Feed(place, seed, LINES_A_SECOND)
    source.put_all({"events": 200, "users": 40, "caps": 40})
    return place, source


def caught_up(place):
    """Has every query read its sources to their ends? Looked up in the file, in one snapshot."""
    db = sqlite3.connect("file:%s?mode=ro" % place.file, uri=True, timeout=30)
    try:
        db.execute("BEGIN")
        ends = {(t, p): n for t, p, n in db.execute(
            "SELECT t.name, p.partition, p.next FROM log_partitions p JOIN log_topics t"
            " ON t.id = p.topic")}
        at = {(o, t, p): n for o, t, p, n in db.execute("SELECT * FROM log_positions")}
        for id_, sources in queries(db).items():
            for (topic, p), end in ends.items():
                if topic in sources and at.get((id_, topic, p), 0) < end:
                    return False
        return True
    finally:
        db.close()


def queries(db):
    """Query id -> topics that it reads."""
    topics = {"EVENTS": "events", "USERS": "users", "CAPS": "caps", "HOT": "HOT"}
    return {id_: [topics[s.strip("`")] for s in sources.split(", ")]
            for id_, sources in db.execute("SELECT id, sources FROM oxbow_query")}


class Kills:
    def __init__(self):
        self.placed = self.random = self.ended = 0
        self.between = 0

    def __str__(self):
        return "%d kills at a point of a commit (%d between freeze and commit), %d at any moment, " \
               "%d orderly ends" % (self.placed, self.between, self.random, self.ended)


def cycle(place, rng, kills, log):
    """Start the queries, and end them somehow."""
    if rng.random() < 0.8:
        point = rng.choice(POINTS)
        p = oxbow.start(place, "--headless", crash_at="%s:%d" % (point, rng.randint(1, 4)), log=log)
        end = time.monotonic() + PLACED_SECONDS
        while p.poll() is None and time.monotonic() < end:
            time.sleep(0.005)
        if not oxbow.kill(p):
            kills.placed += 1
            kills.between += point in BETWEEN
            check_ending(p)
            return
    elif rng.random() < 0.05:
        p = started(place, log)
        time.sleep(rng.random() * 0.3)
        oxbow.terminate(p)
        kills.ended += 1
        return
    else:
        p = oxbow.start(place, "--headless", log=log)
        time.sleep(rng.choice((0.03, 0.1, 0.4, 1.0)) * rng.random())
        if not oxbow.kill(p):
            check_ending(p)
    kills.random += 1


def started(place, log):
    """A process that has said that it runs the queries: from then on SIGTERM is an orderly end."""
    before = os.fstat(log.fileno()).st_size
    p = oxbow.start(place, "--headless", log=log)

    def ready():
        with open(log.name, "rb") as f:
            f.seek(before)
            return p.poll() is not None or b"SIGTERM ends it" in f.read()

    oxbow.wait_until(ready, 30, "the start")
    if p.poll() is not None:
        check_ending(p)
    return p


def check_ending(p):
    if p.returncode != -9:
        raise oxbow.Failed("oxbow --headless has ended by itself, status %d" % p.returncode)


def finish(place, log):
    """Let the queries come to the end of what there is."""
    p = started(place, log)
    try:
        oxbow.wait_until(lambda: p.poll() is not None or caught_up(place), 60, "the end")
        if p.poll() is not None:
            check_ending(p)
        oxbow.terminate(p)
    finally:
        oxbow.kill(p)


def ledger_rows(db, prefix=""):
    """As the model has them: by the query's sink."""
    return [(q.split("_", 1)[1].rsplit("_", 1)[0], t[len(prefix):], p, o, r)
            for q, t, p, o, r in db.execute(
                'SELECT query, topic, partition, "offset", reason FROM ledger')]


def compare(place, sessions):
    report = Report()
    inputs = {t: oxbow.topic(place, t) for t in feed.Feed.TOPICS}
    model.check_inputs(report, sessions, inputs)
    m = model.Model(inputs)
    model.check_topics(report, m, {t: oxbow.topic(place, t) for t in model.SINKS}, place.coalesced)
    model.check_tables(report, m, {t: oxbow.select(place, t) for t in model.TABLES})
    db = sqlite3.connect("file:%s?mode=ro" % place.file, uri=True)
    rows = ledger_rows(db)
    bad = db.execute("PRAGMA quick_check").fetchall()
    db.close()
    report.bag("ledger", m.ledger(), rows)
    if bad != [("ok",)]:
        report.say("wrong", "quick_check: %s" % bad[:3])
    return report


def failure(report, folder):
    """None if the report is clean; else its text, with what the processes said."""
    if report.clean():
        return None
    with open(os.path.join(folder, "said")) as f:
        said = [l for l in f if not l.startswith("running ")][-10:]
    return "\n".join(report.texts + [str(report)] + [l.rstrip() for l in said])


def run(folder, cycles, seed, coalesced=False):
    place, source = create(folder, seed, coalesced)
    rng, kills = random.Random(seed + 2), Kills()
    with open(os.path.join(folder, "said"), "ab") as log:
        source.start()
        try:
            for _ in range(cycles):
                cycle(place, rng, kills, log)
        finally:
            source.stop()
        finish(place, log)
    report = compare(place, source.sessions())
    print("      %s\n      %s" % (kills, report), flush=True)
    return failure(report, folder)


def short(folder, seed):
    """A small file, made by several commits: what plant.py damages."""
    place, source = create(folder, seed)
    rng = random.Random(seed)
    with open(os.path.join(folder, "said"), "ab") as log:
        for _ in range(4):
            source.put_all({"events": 100, "users": 20, "caps": 20})
            cycle(place, rng, Kills(), log)
            finish(place, log)
    return place, source


def copy(place, folder):
    to = os.path.join(folder, "crash.db")
    for tail in ("", "-wal", "-shm"):
        if os.path.exists(place.file + tail):
            shutil.copy(place.file + tail, to + tail)
    return place.other(to)
