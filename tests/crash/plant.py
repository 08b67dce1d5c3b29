"""plant.py: does the harness bite? Each plant damages a file from outside, between two processes, in
a way that a mistake in the commit could have done it; a report that stays clean is the failure.

Every plant begins with the same small file. The program may also notice the damage by itself and
refuse to go on; that counts as reported, and is shown.
"""
import json
import os
import sqlite3
import tempfile

import embedded
import feed
import oxbow


def store(db, sink, slot=0, kind=None):
    """The number of a store of the query with this sink."""
    (plan,) = db.execute("SELECT plan FROM oxbow_query WHERE sink = ?", (sink,)).fetchone()
    for node in json.loads(plan)["nodes"]:
        if "store%d" % slot in node and kind in (None, node["node"]):
            return node["store%d" % slot]
    raise KeyError(sink)


def move(db, sink, topic, by):
    """The query's position in some partition of a topic, back (or on) by some records."""
    n = db.execute(
        "UPDATE log_positions SET next = next + ? WHERE owner LIKE ? AND topic = ?"
        " AND partition = (SELECT max(partition) FROM log_positions WHERE owner LIKE ?"
        " AND topic = ? AND next > abs(?))",
        (by, "%%_%s_%%" % sink, topic, "%%_%s_%%" % sink, topic, by)).rowcount
    assert n == 1, "no position to move"


def drop_rows(db, sink, slot=0, kind=None):
    """A row of a store; where it has windows, its youngest window."""
    s = store(db, sink, slot, kind)
    columns = [r[1] for r in db.execute("PRAGMA table_info(s%d)" % s)]
    which = "w = (SELECT max(w) FROM s%d)" if "w" in columns else "k = (SELECT max(k) FROM s%d)"
    assert db.execute(("DELETE FROM s%d WHERE " + which) % (s, s)).rowcount


def drop_block(db, sink):
    """The last block of a sink's topic that is not at the end of its partition."""
    db.execute("DELETE FROM log_blocks WHERE arrival = (SELECT max(b.arrival) FROM log_blocks b"
               " JOIN log_topics t ON t.id = b.topic WHERE t.name = ? AND b.base + b.count <"
               " (SELECT p.next FROM log_partitions p WHERE p.topic = b.topic"
               "  AND p.partition = b.partition))", (sink,))
    assert db.execute("SELECT changes()").fetchone()[0] == 1


def cut_output(db, sink):
    """The last block of a sink's topic, so that nobody can see that it was there."""
    arrival, topic, partition, base = db.execute(
        "SELECT b.arrival, b.topic, b.partition, b.base FROM log_blocks b JOIN log_topics t"
        " ON t.id = b.topic WHERE t.name = ? ORDER BY b.arrival DESC LIMIT 1", (sink,)).fetchone()
    db.execute("DELETE FROM log_blocks WHERE arrival = ?", (arrival,))
    db.execute("UPDATE log_partitions SET next = ? WHERE topic = ? AND partition = ?",
               (base, topic, partition))


def forget_clock(db, sink):
    """The operator's clocks: what is late is then taken."""
    assert db.execute("DELETE FROM state_records WHERE s = ?", (store(db, sink),)).rowcount


PLANTS = [
    ("nothing is damaged, and nothing is reported", None),
    ("a position 12 records back: picked",
     lambda db: move(db, "PICKED", "events", -12)),
    ("a position 12 records on: picked",
     lambda db: move(db, "PICKED", "events", 12)),
    ("a position three records on: by_grp",
     lambda db: move(db, "BY_GRP", "events", 3)),
    ("a position one record back: by_key",
     lambda db: move(db, "BY_KEY", "events", -1)),
    ("a position 20 records back: by_grp",
     lambda db: move(db, "BY_GRP", "events", -20)),
    ("a position one record back: the stream of enriched",
     lambda db: move(db, "ENRICHED", "events", -1)),
    ("a position one record back: the left table of pairs",
     lambda db: move(db, "PAIRS", "users", -1)),
    ("a position five records back: the table under cities",
     lambda db: move(db, "CITIES", "users", -5)),
    ("a position one record back: hot, read by levels",
     lambda db: move(db, "LEVELS", "HOT", -1)),
    ("a row of state is gone: a group of hot", lambda db: drop_rows(db, "HOT")),
    ("rows of state are gone: an open window of by_key", lambda db: drop_rows(db, "BY_KEY")),
    ("rows of state are gone: an open window of by_grp", lambda db: drop_rows(db, "BY_GRP")),
    ("a row of state is gone: the table under enriched",
     lambda db: drop_rows(db, "ENRICHED")),
    ("a row of state is gone: the right side of pairs", lambda db: drop_rows(db, "PAIRS", 1)),
    ("a row of state is gone: the table under cities",
     lambda db: drop_rows(db, "CITIES", 0, "Materialize")),
    ("a count is one too high: hot",
     lambda db: db.execute("UPDATE s%d SET c1 = c1 + 1" % store(db, "HOT"))),
    ("the clocks of by_key are forgotten", lambda db: forget_clock(db, "BY_KEY")),
    ("the clocks of by_grp are forgotten", lambda db: forget_clock(db, "BY_GRP")),
    ("a block of output is gone: picked", lambda db: drop_block(db, "PICKED")),
    ("a block of output is gone: by_grp", lambda db: drop_block(db, "BY_GRP")),
    ("the end of an output is gone: enriched", lambda db: cut_output(db, "ENRICHED")),
    ("the end of an output is gone: cities", lambda db: cut_output(db, "CITIES")),
    ("a row of the ledger is gone",
     lambda db: db.execute("DELETE FROM ledger WHERE rowid = (SELECT max(rowid) FROM ledger)")),
    ("a row of the ledger is there twice",
     lambda db: db.execute("INSERT INTO ledger SELECT * FROM ledger LIMIT 1")),
]


def damage(place, fn):
    db = sqlite3.connect(place.file)
    try:
        fn(db)
        db.commit()
    finally:
        db.close()


def go_on(folder, place, maker):
    """Late rows first, for the clocks; then more of everything."""
    writers = {t: feed.Writer(place, t) for t in feed.Feed.TOPICS}
    late = [feed.line(k, json.dumps({"id": 10**6 + i, "grp": feed.GROUPS[i % 7], "v": 10**10 + i,
                                     "note": "late"}), maker.clock - 60_000)
            for i, k in enumerate(feed.KEYS)]
    for topic, lines in (("events", late + maker.lines("events", 400)),
                         ("users", maker.lines("users", 150)), ("caps", maker.lines("caps", 150))):
        writers[topic].write(lines)
        writers[topic].end()
    with open(os.path.join(folder, "said"), "ab") as log:
        embedded.finish(place, log)
    return {t: w.sessions for t, w in writers.items()}


class Base:
    """The file that every plant begins with, made once."""

    def __init__(self, seed):
        self.seed, self.place = seed, None

    def take(self, folder):
        if not self.place:
            self.home = tempfile.TemporaryDirectory(prefix="oxbow-crash-base-")
            self.place, source = embedded.short(self.home.name, self.seed)
            self.sessions = source.sessions()
        return embedded.copy(self.place, folder)


def run(folder, base, fn):
    place = base.take(folder)
    maker = feed.Maker(base.seed + 1000)
    maker.id, maker.serial, maker.clock = 10**5, 10**5, feed.START_MS + 20 * 1000
    if fn:
        damage(place, fn)
    try:
        sessions = go_on(folder, place, maker)
        report = embedded.compare(place, {t: base.sessions[t] + s for t, s in sessions.items()})
    except oxbow.Failed as e:
        print("      oxbow: %s" % str(e).splitlines()[0][:160])
        return "nothing was damaged" if not fn else None
    print("      %s" % report)
    if not fn:
        return embedded.failure(report, folder)
    return "the damage was not reported" if report.clean() else None


def runs(seed):
    base = Base(seed)
    return [("planted: " + what, lambda folder, fn=fn: run(folder, base, fn)) for what, fn in PLANTS]
