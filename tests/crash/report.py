"""report.py: how what is differs from what should be: lost, doubled, wrong."""
from collections import Counter


class Report:
    SHOWN = 40

    def __init__(self):
        self.lost = self.doubled = self.wrong = 0
        self.checked = 0
        self.texts = []
        self.places = Counter()

    def say(self, kind, text, count=1):
        setattr(self, kind, getattr(self, kind) + count)
        self.places[text.replace(",", ":").replace("/", ":").split(":")[0]] += count
        if len(self.texts) < self.SHOWN:
            self.texts.append("%s: %s" % (kind, text))

    def clean(self):
        return self.lost == self.doubled == self.wrong == 0

    def bag(self, what, expected, actual):
        """The same things, each as often, in any order."""
        want, have = Counter(expected), Counter(actual)
        self.checked += len(actual)
        for item, n in (want - have).items():
            self.say("lost", "%s: %s" % (what, item), n)
        for item, n in (have - want).items():
            kind = "doubled" if item in want else "wrong"
            self.say(kind, "%s: %s (there %d times, expected %d)" % (what, item, have[item],
                                                                    want[item]), n)

    def sequence(self, what, expected, actual):
        """The same things in the same order."""
        if expected == actual:
            self.checked += len(actual)
            return
        before = (self.lost, self.doubled, self.wrong)
        self.bag(what, expected, actual)
        if before == (self.lost, self.doubled, self.wrong):
            at = next(i for i, (a, b) in enumerate(zip(expected, actual)) if a != b)
            self.say("wrong", "%s: place %d has %s, expected %s: the order differs" % (
                what, at, actual[at], expected[at]))

    def __str__(self):
        text = "%d checked: %d lost, %d doubled, %d wrong" % (self.checked, self.lost,
                                                             self.doubled, self.wrong)
        where = ", ".join("%s: %d" % p for p in self.places.most_common())
        return text + (" (%s)" % where if where else "")
