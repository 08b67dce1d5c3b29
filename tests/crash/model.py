"""model.py: what the queries of queries.sql have to give, computed plainly from what the log holds.

It shares no code and no idea of execution with oxbow: it reads each partition of the inputs once,
in the order of the log.

Where a result depends on one input partition only (picked, by_key, hot), the records of each
partition of the sink must be exactly these in exactly this order. Where several inputs meet, the
order in which they meet is not determined while the queries run for ever, and is not compared:

  by_grp, cities, levels  each record of a group must be the one before plus the next contribution
                          of one of the upstream partitions, each of which is used in its order, up
                          to its end. Every COUNT thus goes up (or down) by one, once per input row.
  enriched                the stream's rows in their order, each with the table's row as of a place
                          in the table's partition that never goes back
  pairs                   the records of a partition must be a walk through both inputs' partitions,
                          each step taking the next change of one of them
"""
import bisect
import json

WINDOW_MS = 10_000
GRACE_MS = 2_000
RETENTION_MS = WINDOW_MS + GRACE_MS
PARTITIONS = range(4)
READERS = ("PICKED", "BY_KEY", "BY_GRP", "HOT", "ENRICHED")  # of the events


class Event:
    def __init__(self, record):
        self.offset, self.time = record.offset, record.time
        self.key = record.key.decode()
        try:
            value = record.json()
        except ValueError:
            value = None
        self.bad = value is None
        if not self.bad:
            self.id, self.group, self.v = value["id"], value["grp"], value["v"]
            self.note = value["note"]


class Change:
    """Of a declared table; `row` is None for a delete."""

    def __init__(self, record):
        self.time, self.key, self.row = record.time, record.key.decode(), record.json()


def kafka_bigint(number):
    return number.to_bytes(8, "big", signed=True)


class Model:
    def __init__(self, inputs):
        self.events = [[Event(r) for r in part] for part in inputs["events"]]
        self.users = [[Change(r) for r in part] for part in inputs["users"]]
        self.caps = [[Change(r) for r in part] for part in inputs["caps"]]
        self.hot_topic = None  # what the sink of `hot` holds: the input of `levels`

    def good_events(self, p):
        return (e for e in self.events[p] if not e.bad)

    # ---- from one partition --------------------------------------------------------------------

    def picked(self, p):
        return [(e.key, e.time, e.id, e.v * 2, e.note.upper()) for e in self.good_events(p)
                if e.v % 3 != 0]

    def by_key(self, p):
        """(records, last state of each window, the partition's time)"""
        out, state, clock = [], {}, -1
        for e in self.good_events(p):
            clock = max(clock, e.time)
            w = e.time // WINDOW_MS * WINDOW_MS
            if is_late(w, clock):
                continue
            n, s, t = state.get((e.key, w), (0, 0, e.time))
            state[e.key, w] = row = (n + 1, s + e.v, max(t, e.time))
            out.append((e.key, w) + row)
        return out, state, clock

    def hot(self, p):
        """(records, what is in the table at the end); a record without a row is a delete."""
        out, state, table = [], {}, {}
        for e in self.good_events(p):
            n, s, t = state.get(e.key, (0, 0, e.time))
            state[e.key] = (n + 1, s + e.v, max(t, e.time))
            now, before = (s + e.v) % 2 == 0, n > 0 and s % 2 == 0
            if now:
                out.append((e.key, state[e.key][2], n + 1, s + e.v))
                table[e.key] = (n + 1, s + e.v)
            elif before:
                out.append((e.key, state[e.key][2], None, None))
                del table[e.key]
        return out, table

    # ---- contributions behind an exchange: [upstream] -> [(group, dn, ds, time)] ----------------

    def group_rows(self):
        out = []
        for p in PARTITIONS:
            rows, clock = [], -1
            for e in self.good_events(p):
                if e.group is None:
                    continue
                clock = max(clock, e.time)
                w = e.time // WINDOW_MS * WINDOW_MS
                if not is_late(w, clock):
                    rows.append(((e.group, w), 1, e.v, e.time))
            out.append(rows)
        return out

    def city_rows(self):
        out = []
        for p in PARTITIONS:
            rows, table = [], {}
            for c in self.users[p]:
                new = c.row and (c.row["city"], c.row["serial"])
                rows += regroup(table.get(c.key), new, c.time)
                table[c.key] = new
            out.append(rows)
        return out

    def level_rows(self, hot):
        """`hot`: what its topic holds, which is checked by itself."""
        out = []
        for p in PARTITIONS:
            rows, table = [], {}
            for key, time, n, s in hot[p]:
                new = None if n is None else (n, s)
                rows += regroup(table.get(key), new, time)
                table[key] = new
            out.append(rows)
        return out

    # ---- tables at the end ----------------------------------------------------------------------

    def by_key_table(self):
        """A window is kept for its size and grace behind the partition's time."""
        out = []
        for p in PARTITIONS:
            _, state, clock = self.by_key(p)
            out += [(k, w, n, s) for (k, w), (n, s, _) in state.items()
                    if w >= clock - RETENTION_MS]
        return out

    def by_grp_table(self):
        """Behind an exchange the slowest upstream partition says how long."""
        clock = min(max((e.time for e in self.good_events(p) if e.group is not None), default=-1)
                    for p in PARTITIONS)
        return [(g, w, n, s) for (g, w), (n, s) in total(self.group_rows()).items()
                if w >= clock - RETENTION_MS]

    def pairs_table(self):
        both = []
        for side in (self.users, self.caps):
            table = {}
            for part in side:
                for c in part:
                    table[c.key] = c.row and c.row["serial"]
            both.append(table)
        keys = set(both[0]) | set(both[1])
        rows = [(k, both[0].get(k), both[1].get(k)) for k in keys]
        return [r for r in rows if r[1] is not None or r[2] is not None]

    # ---- the ledger -----------------------------------------------------------------------------

    def ledger(self):
        """(sink, topic, partition, offset, reason)"""
        out = []
        for p in PARTITIONS:
            key_clock = group_clock = -1
            for e in self.events[p]:
                place = ("events", p, e.offset)
                if e.bad:
                    out += [(sink, *place, "undecodable value") for sink in READERS]
                    continue
                w = e.time // WINDOW_MS * WINDOW_MS
                key_clock = max(key_clock, e.time)
                if is_late(w, key_clock):
                    out.append(("BY_KEY", *place, "late"))
                if e.group is None:
                    out.append(("BY_GRP", *place, "null key"))
                    continue
                group_clock = max(group_clock, e.time)
                if is_late(w, group_clock):
                    out.append(("BY_GRP", *place, "late"))
        return out


def is_late(window, clock):
    return window + WINDOW_MS + GRACE_MS <= clock


def regroup(old, new, time):
    """A table's row (group, amount) changes: out of the old group, into the new one."""
    if old and new and old[0] == new[0]:
        return [(new[0], 0, new[1] - old[1], time)]
    rows = [(old[0], -1, -old[1], time)] if old else []
    return rows + ([(new[0], 1, new[1], time)] if new else [])


def total(upstreams):
    table = {}
    for rows in upstreams:
        for group, dn, ds, _ in rows:
            n, s = table.get(group, (0, 0))
            table[group] = (n + dn, s + ds)
    return table


# ---- checks of what the order of inputs leaves open ----------------------------------------------


def check_groups(report, what, upstreams, records):
    """`records`: [(group, partition, n, s, time)] in the order of each partition."""
    queues, parts, outputs = {}, {}, {}
    for u, rows in enumerate(upstreams):
        for group, dn, ds, time in rows:
            queues.setdefault(group, [[] for _ in PARTITIONS])[u].append((dn, ds, time))
    for group, partition, n, s, time in records:
        outputs.setdefault(group, []).append((n, s, time))
        if parts.setdefault(group, partition) != partition:
            report.say("wrong", "%s: %s is in the partitions %d and %d" % (
                what, group, parts[group], partition))
    for group in queues.keys() | outputs.keys():
        check_group(report, "%s, %s" % (what, group), queues.get(group, [[] for _ in PARTITIONS]),
                    outputs.get(group, []))


def check_group(report, what, queues, outputs):
    """Each output is the one before plus the next of some queue. `places`: how far each queue may be
    used up; several possibilities only where contributions are equal."""
    places = {(0,) * len(queues)}
    n0 = s0 = t0 = 0
    for i, (n, s, t) in enumerate(outputs):
        report.checked += 1
        dn, ds = n - n0, s - s0

        def fits(item):
            return item[:2] == (dn, ds) and t == (item[2] if i == 0 else max(t0, item[2]))

        after = {advance(at, u) for at in places for u, q in enumerate(queues)
                 if at[u] < len(q) and fits(q[at[u]])}
        if not after:
            after = {explain(report, "%s: record %d (%d, %d) at %d" % (what, i, n, s, t), queues,
                             max(places), fits)}
        places = after
        n0, s0, t0 = n, s, t
    at = max(places, key=sum)
    left = sum(len(q) - k for q, k in zip(queues, at))
    if left:
        report.say("lost", "%s: the last %d of %d contributions" % (
            what, left, sum(map(len, queues))), left)


def advance(at, u, n=1):
    return at[:u] + (at[u] + n,) + at[u + 1:]


def explain(report, what, queues, at, fits):
    """Nothing fits: was it used before, is it further on, or is it nothing at all?"""
    for u, q in enumerate(queues):
        if any(fits(item) for item in q[:at[u]]):
            report.say("doubled", what)
            return at
    for u, q in enumerate(queues):
        for k in range(at[u], len(q)):
            if fits(q[k]):
                report.say("lost", "%s comes %d too early" % (what, k - at[u]), k - at[u])
                return advance(at, u, k - at[u] + 1)
    report.say("wrong", what)
    return at


class History:
    """The rows of a table's partition, key by key, as of a place in it."""

    def __init__(self, changes):
        self.changes = changes
        self.places, self.rows = {}, {}
        for i, c in enumerate(changes):
            self.places.setdefault(c.key, []).append(i)
            self.rows.setdefault(c.key, []).append(c)

    def at(self, place, key):
        """The last change in front of the place, if it left a row."""
        k = bisect.bisect_left(self.places.get(key, ()), place)
        c = self.rows[key][k - 1] if k else None
        return c if c and c.row else None

    def seek(self, place, key, fits):
        """The first place from here on where `fits` holds for the key's row; None: there is none."""
        if fits(self.at(place, key)):
            return place
        for i in self.places.get(key, ())[bisect.bisect_left(self.places.get(key, ()), place):]:
            if fits(self.at(i + 1, key)):
                return i + 1
        return None


def check_enriched(report, p, events, changes, records):
    """`records`: [(key, time, id, city, serial)] of the partition."""
    what = "ENRICHED/%d" % p
    report.sequence(what, [(e.key, e.time, e.id) for e in events], [r[:3] for r in records])
    table, place = History(changes), 0
    for key, _, id_, city, serial in records:
        def fits(c):
            return (city, serial) == ((c.row["city"], c.row["serial"]) if c else (None, None))
        found = table.seek(place, key, fits)
        if found is None:
            report.say("wrong", "%s: event %d has met %s, %s, which %s's row was not after place %d"
                       % (what, id_, city, serial, key, place))
        else:
            place = found


def check_pairs(report, p, users, caps, records):
    """`records`: [(key, time, users' serial, caps' serial)], both None for a delete."""
    sides = (History(users), History(caps))
    ends = (len(users), len(caps))

    def step(at, u):
        """What the next change of side u gives: a record, or None."""
        c = sides[u].changes[at[u]]
        other = sides[1 - u].at(at[1 - u], c.key)
        if not c.row and not other and not sides[u].at(at[u], c.key):
            return None
        mine = c.row and c.row["serial"]
        theirs = other and other.row["serial"]
        time = max(c.time, other.time) if other else c.time
        return (c.key, time) + ((mine, theirs) if u == 0 else (theirs, mine))

    def silent(places):
        """And where one gets from there by changes that give nothing."""
        todo = list(places)
        for at in todo:
            for u in (0, 1):
                if at[u] < ends[u] and step(at, u) is None and advance(at, u) not in places:
                    places.add(advance(at, u))
                    todo.append(advance(at, u))
        return places

    def walk(places, r):
        return {advance(at, u) for at in places for u in (0, 1)
                if at[u] < ends[u] and step(at, u) == r}

    places, seen = silent({(0, 0)}), set()
    for i, r in enumerate(records):
        report.checked += 1
        after = walk(places, r)
        if not after and r in seen:
            report.say("doubled", "PAIRS/%d: record %d: %s" % (p, i, r))
            after = places
        elif not after:
            at = max(places, key=sum)
            ahead = {(a, b) for a in range(at[0], min(at[0] + 20, ends[0]) + 1)
                     for b in range(at[1], min(at[1] + 20, ends[1]) + 1)}
            after = walk(ahead, r)
            after = {min(after, key=sum)} if after else places
            kind = "lost" if after is not places else "wrong"
            report.say(kind, "PAIRS/%d: record %d: %s" % (p, i, r))
        seen.add(r)
        places = silent(after)
    left = min(sum(ends) - sum(at) for at in places)
    if left:
        report.say("lost", "PAIRS/%d: the last %d changes" % (p, left), left)


# ---- all of it -----------------------------------------------------------------------------------


def decode(name, r):
    """A record of a sink as the tuple that the model has for it."""
    v = json.loads(r.value) if r.value is not None else None
    if name in ("BY_KEY", "BY_GRP"):
        return r.windowed_key() + (v["N"], v["S"], r.time)
    if name == "LEVELS":
        return (int.from_bytes(r.key, "big", signed=True), v["M"], v["S"], r.time)
    key = r.key.decode()
    if name == "CITIES":
        return (key, v["N"], v["S"], r.time)
    columns = {"PICKED": ("ID", "W", "NOTE"), "HOT": ("N", "S"), "PAIRS": ("US", "CS"),
               "ENRICHED": ("ID", "CITY", "SERIAL")}[name]
    return (key, r.time) + tuple(v[c] if v else None for c in columns)


SINKS = ("PICKED", "BY_KEY", "BY_GRP", "HOT", "CITIES", "ENRICHED", "PAIRS", "LEVELS")


def check_topics(report, model, topics, coalesced=False):
    out = {name: [[decode(name, r) for r in part] for part in topics[name]] for name in SINKS}
    model.hot_topic = out["HOT"]
    check_streams(report, model, out)
    if coalesced:
        check_latest(report, model, out)
    else:
        check_changes(report, model, out)


def check_streams(report, model, out):
    for p in PARTITIONS:
        report.sequence("PICKED/%d" % p, model.picked(p), out["PICKED"][p])
        check_enriched(report, p, list(model.good_events(p)), model.users[p], out["ENRICHED"][p])


def check_changes(report, model, out):
    """Every change of every table."""
    for p in PARTITIONS:
        report.sequence("BY_KEY/%d" % p, model.by_key(p)[0], out["BY_KEY"][p])
        report.sequence("HOT/%d" % p, model.hot(p)[0], out["HOT"][p])
        check_pairs(report, p, model.users[p], model.caps[p], out["PAIRS"][p])
    windows = [((g, w), p, n, s, t) for p in PARTITIONS for g, w, n, s, t in out["BY_GRP"][p]]
    check_groups(report, "BY_GRP", model.group_rows(), windows)
    for name, rows in (("CITIES", model.city_rows()), ("LEVELS", model.level_rows(out["HOT"]))):
        records = [(g, p, n, s, t) for p in PARTITIONS for g, n, s, t in out[name][p]]
        check_groups(report, name, rows, records)


def check_latest(report, model, out):
    """The latest change per key and commit: some of the changes, in their order, and in the end the
    table. Behind an exchange only the end is determined."""
    for p in PARTITIONS:
        for name, want in (("BY_KEY", model.by_key(p)[0]), ("HOT", model.hot(p)[0])):
            rest = iter(want)
            for r in out[name][p]:
                report.checked += 1
                if r not in rest:  # takes from `rest` up to the record
                    report.say("wrong", "%s/%d: %s is not there, or not in its place" % (name, p, r))
                    break
    by_key = [(k, w, n, s) for p in PARTITIONS for (k, w), (n, s, _) in model.by_key(p)[1].items()]
    ends = tables(model)
    ends["BY_KEY"] = by_key
    ends["BY_GRP"] = [(g, w, n, s) for (g, w), (n, s) in total(model.group_rows()).items()]
    for name, want in ends.items():
        have = {}
        for part in out[name]:
            for r in part:
                key, row = row_of(name, r)
                have[key] = row
        report.bag("the table in %s" % name, want, [k + r for k, r in have.items() if r])


def row_of(name, r):
    """A decoded record as (key, row), the row None if it is a delete."""
    if name in ("BY_KEY", "BY_GRP"):
        return r[:2], r[2:4]
    if name in ("CITIES", "LEVELS"):
        return r[:1], r[1:3]
    return r[:1], (None if r[2] is None and r[3] is None else r[2:4])


TABLES = {  # columns in the order of the model's tuples
    "BY_KEY": ("K", "WINDOWSTART", "N", "S"),
    "BY_GRP": ("GRP", "WINDOWSTART", "N", "S"),
    "HOT": ("K", "N", "S"),
    "CITIES": ("CITY", "N", "S"),
    "PAIRS": ("K", "US", "CS"),
    "LEVELS": ("N", "M", "S"),
}


def tables(model):
    hot = [model.hot(p) for p in PARTITIONS]
    levels = total(model.level_rows(model.hot_topic))
    return {
        "BY_KEY": model.by_key_table(),
        "BY_GRP": model.by_grp_table(),
        "HOT": [(k, n, s) for h in hot for k, (n, s) in h[1].items()],
        "CITIES": [(c, n, s) for c, (n, s) in total(model.city_rows()).items()],
        "PAIRS": model.pairs_table(),
        "LEVELS": [(n, m, s) for n, (m, s) in levels.items()],
    }


def check_tables(report, model, selected):
    want = tables(model)
    for name, columns in TABLES.items():
        rows = [tuple(row[c] for c in columns) for row in selected[name]]
        report.bag("SELECT FROM %s" % name, want[name], rows)


def check_inputs(report, sessions, inputs):
    """What the writers were given is on the log once and in order; a killed one's last may miss."""
    for topic, list_ in sessions.items():
        place, parts = {}, [0] * len(inputs[topic])
        for p, part in enumerate(inputs[topic]):
            for i, r in enumerate(part):
                if (r.key, r.value, r.time) in place:
                    report.say("doubled", "input of %s: %s" % (topic, r.value))
                place[r.key, r.value, r.time] = (p, i)
        report.checked += len(place)
        for lines, whole in list_:
            missing = 0
            for line in lines:
                o = json.loads(line)
                value = None if o["value"] is None else o["value"].encode()
                at = place.get((o["key"].encode(), value, o["timestamp"]))
                if not at:
                    missing += 1
                elif missing or at[1] != parts[at[0]]:
                    report.say("wrong", "input of %s: %s is not at its place" % (topic, line))
                if at:
                    parts[at[0]] = at[1] + 1
            if missing and whole:
                report.say("lost", "input of %s" % topic, missing)
