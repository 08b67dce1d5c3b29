"""feed.py: what goes in: records made from a seed, written in small pieces through `oxbow produce`.

The writers run beside the process that is killed, and now and then one of them is killed too: what
it was given last may then be missing, but only from the end, and nothing may come twice or out of
order. What the log holds is what the model works with.
"""
import json
import random
import subprocess
import threading
import time

import oxbow

KEYS = ["key-%02d" % i for i in range(40)]
GROUPS = ["red", "green", "blue", "white", "black", "grey", "gold"]
CITIES = ["Ulm", "Oslo", "Rome", "Bern", "Lima", "Kiel"]
START_MS = 1_700_000_000_000


class Maker:
    """Lines for `oxbow produce --json`, by topic. Every line is unlike every other."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.clock = START_MS
        self.id = 0
        self.serial = 0
        self.there = {"users": set(), "caps": set()}

    def event(self):
        r = self.random
        self.id += 1
        self.clock += r.randrange(40)
        lag = r.random()
        t = self.clock + r.randrange(-900, 900)
        if lag < 0.10:
            t -= r.randrange(1000, 4000)   # out of order; mostly within the grace
        elif lag < 0.15:
            t -= r.randrange(5000, 30000)  # late for its window, mostly
        value = {"id": self.id, "grp": r.choice(GROUPS), "v": r.randrange(-999, 10**9),
                 "note": "note %d" % self.id}
        if r.random() < 0.01:
            value["grp"] = None
        text = json.dumps(value)
        if r.random() < 0.005:
            text = "{\"id\":%d" % self.id  # does not decode
        return line(r.choice(KEYS), text, t)

    def change(self, topic):
        """An insert, an update or a delete; time is what tells two deletes apart."""
        r = self.random
        self.serial += 1
        key = r.choice(KEYS)
        there = self.there[topic]
        if key in there and r.random() < 0.2:
            there.discard(key)
            return line(key, None, START_MS + self.serial)
        there.add(key)
        value = {"serial": self.serial * 1000003 + r.randrange(1000000)}
        if topic == "users":
            value["city"] = r.choice(CITIES)
        return line(key, json.dumps(value), START_MS + self.serial)

    def lines(self, topic, count):
        make = self.event if topic == "events" else lambda: self.change(topic)
        return [make() for _ in range(count)]


def line(key, value, t):
    return json.dumps({"key": key, "value": value, "timestamp": t})


class Writer:
    """One topic's `oxbow produce`, started again when it was killed."""

    def __init__(self, place, topic):
        self.place, self.topic = place, topic
        self.sessions = []  # (lines, ended well)
        self.given = []
        self.process = None

    def write(self, lines):
        if not self.process:
            self.process = subprocess.Popen(
                [oxbow.BINARY, *self.place.args(False), "-q", "produce", self.place.prefix + self.topic,
                 "--json"],
                stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.given += lines
        try:
            self.process.stdin.write("".join(l + "\n" for l in lines).encode())
            self.process.stdin.flush()
        except BrokenPipeError:
            raise oxbow.Failed("oxbow produce %s has ended: %s" % (
                self.topic, self.process.stderr.read().decode(errors="replace"))) from None

    def end(self, kill=False):
        """Let it end, which it must do well; or kill it."""
        p, self.process = self.process, None
        if not p:
            return
        if kill:
            p.kill()
        try:
            p.stdin.close()
        except BrokenPipeError:
            pass
        text = p.stderr.read().decode(errors="replace")
        status = p.wait()
        if status != 0 and not kill:
            raise oxbow.Failed("oxbow produce %s: status %d: %s" % (self.topic, status, text))
        self.sessions.append((self.given, not kill))
        self.given = []


class Feed:
    """All writers, fed by a thread until stop()."""

    TOPICS = ("events", "users", "caps")

    def __init__(self, place, seed, lines_a_second, kill=True):
        self.maker = Maker(seed)
        self.random = random.Random(seed + 1)
        self.writers = {t: Writer(place, t) for t in self.TOPICS}
        self.kill = kill  # writers, now and then: only where what one flush writes is all or nothing
        self.pause = 1.0 / lines_a_second
        self.stopping = threading.Event()
        self.thread = None
        self.error = None

    def put(self, topic, count):
        self.writers[topic].write(self.maker.lines(topic, count))

    def put_all(self, counts):
        """At once, and on the log when this returns."""
        for topic, count in counts.items():
            self.put(topic, count)
            self.writers[topic].end()

    def start(self):
        self.thread = threading.Thread(target=self._main)
        self.thread.start()

    def _main(self):
        try:
            while not self.stopping.is_set():
                topic = self.random.choices(self.TOPICS, (8, 1, 1))[0]
                count = self.random.choice((1, 1, 2, 3, 5, 8, 30))
                self.put(topic, count)
                if self.kill and self.random.random() < 0.01:
                    self.writers[topic].end(kill=True)
                time.sleep(self.random.random() * 2 * count * self.pause)
        except Exception as e:  # shown by stop()
            self.error = e

    def stop(self):
        if self.thread:
            self.stopping.set()
            self.thread.join()
            self.thread = None
            self.stopping.clear()
        if self.error:
            raise self.error
        for w in self.writers.values():
            w.end()

    def sessions(self):
        return {t: w.sessions for t, w in self.writers.items()}
