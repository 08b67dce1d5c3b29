#!/usr/bin/env python3
"""tidy.py: the rules of the house that a compiler does not see.

Each rule is a function that yields (file, line, what is wrong). Findings are printed as FAIL
file:line: text; every rule counts as one test in the closing line.

    tidy.py [ROOT]
"""
import os
import re
import sys

ROOT = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), ".."))

# Which folder of src/ may include which: itself and what stands below it (README.md, src/README.md).
BELOW = {"base": [], "type": ["base"]}
for room in ("log", "sql", "func", "format"):
    BELOW[room] = ["base", "type"]
BELOW["store"] = ["base", "type", "log"]
BELOW["expr"] = ["base", "type", "sql", "func"]
BELOW["catalog"] = ["base", "type", "sql", "func", "format", "expr"]
BELOW["plan"] = ["base", "type", "sql", "func", "format", "expr", "catalog"]
BELOW["op"] = BELOW["plan"] + ["plan", "log", "store"]
BELOW["engine"] = BELOW["op"] + ["op"]
BELOW["shell"] = BELOW["engine"] + ["engine"]
BELOW["test"] = BELOW["engine"] + ["engine"]

# An outside library has one door: header, and the files that may include it.
DOORS = {
    r"simdjson\.h": r"src/base/json\.cc",
    r"sqlite3\.h": r"src/base/db\.c",
    r"(librdkafka/)?rdkafka\w*\.h": r"src/log/kafka\w*\.[ch]",
    r"readline/\w+\.h": r"src/shell/\w+\.[ch]",
}

FUNCTION_LINES_MAX = 100
COLUMNS_MAX = 100
SOURCE = (".c", ".h", ".cc", ".y")


def files():
    """Paths of the project's own files, relative to ROOT."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = sorted(f for f in folders if not f.startswith(("build", ".git", ".cache", "__pycache__")))
        for name in sorted(names):
            path = os.path.relpath(os.path.join(folder, name), ROOT)
            if not name.endswith((".pyc", ".db", ".db-wal", ".db-shm", ".lock", ".o")):
                yield path


def lines(path):
    with open(os.path.join(ROOT, path), encoding="utf-8", errors="replace") as f:
        return f.read().split("\n")


FILES = list(files())
CODE = [p for p in FILES if p.endswith(SOURCE)]
SRC = [p for p in CODE if p.startswith("src" + os.sep)]


def arrows():
    """includes run downwards only"""
    for path in SRC:
        parts = path.split(os.sep)
        room = parts[1] if len(parts) > 2 else None  # None: main.c, which may use everything
        for n, line in enumerate(lines(path), 1):
            m = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            if not m or not room:
                continue
            target = m.group(1).split("/")[0]
            if "/" not in m.group(1):
                if not os.path.exists(os.path.join(ROOT, "src", m.group(1))) and m.group(1) == "oxbow.h":
                    continue  # the token codes that lemon writes
                yield path, n, f'"{m.group(1)}": paths of includes start at src/'
            elif room not in BELOW:
                yield path, n, f"the folder {room} has no place in the order"
            elif target != room and target not in BELOW[room]:
                yield path, n, f"{room} may not include {target}"


def doors():
    """each outside library has one door"""
    for path in CODE:
        for n, line in enumerate(lines(path), 1):
            m = re.match(r"\s*#\s*include\s+[<\"]([^>\"]+)[>\"]", line)
            for header, door in DOORS.items() if m else ():
                # Fuzz targets and tests may not go round the doors either.
                if re.fullmatch(header, m.group(1)) and not re.fullmatch(door, path):
                    yield path, n, f"{m.group(1)} is included by {door} only".replace("\\", "")


def openings():
    """a file opens by saying what it is for"""
    for path in CODE:
        first = next((line for line in lines(path) if line.strip()), "")
        if re.match(r"/\* links: ", first):  # tests/fuzz and tests/bench: what the build links
            first = lines(path)[1]
        if not re.match(r"(/\*|//)\s*\S+", first):
            yield path, 1, "the file does not open with a comment that says what it is for"


def functions():
    """no function past its length (tables in it do not count)"""
    for path in CODE:
        if path.endswith((".h", ".y")):
            continue
        start, table, tables = None, None, 0
        for n, line in enumerate(lines(path), 1):
            if re.match(r"\{\s*$", line) or re.match(r"[A-Za-z_].*\)\s*\{\s*$", line):
                start, tables = n, 0
            elif re.match(r"    .*= \{\s*$", line) and start:
                table = n
            elif re.match(r"    \};", line) and table:
                tables += n - table
                table = None
            elif re.match(r"\}", line) and start:
                length = n - start - tables
                if length > FUNCTION_LINES_MAX:
                    yield path, start, f"a function of {length} lines (at most {FUNCTION_LINES_MAX})"
                start = None


def columns():
    """no line past the edge"""
    for path in SRC:
        for n, line in enumerate(lines(path), 1):
            if len(line.expandtabs(4)) > COLUMNS_MAX:
                yield path, n, f"{len(line.expandtabs(4))} columns (at most {COLUMNS_MAX})"


def blanks():
    """no blanks at the end of a line, no tab in the code, a newline at the end of the file"""
    for path in CODE:
        text = lines(path)
        for n, line in enumerate(text, 1):
            if line != line.rstrip():
                yield path, n, "blanks at the end of the line"
            if "\t" in line:
                yield path, n, "a tab"
        if text[-1] != "":
            yield path, len(text), "no newline at the end of the file"


def tour():
    """README's source tour names every folder of src/"""
    readme = "\n".join(lines("README.md")) if "README.md" in FILES else ""
    tour_text = readme.partition("## Source tour")[2].partition("\n## ")[0]
    for room in sorted({p.split(os.sep)[1] for p in SRC if p.count(os.sep) > 1}):
        if f"{room}/" not in tour_text:
            yield "README.md", 1, f"the source tour does not name src/{room}/"
    for name in re.findall(r"`((?:src|grammar|tests|examples|man)/[\w./-]*)`", readme):
        if not os.path.exists(os.path.join(ROOT, name)):
            yield "README.md", 1, f"{name} is not there"


def itself():
    """the project speaks of itself alone: no paths of some machine, no numbers of some tracker"""
    # Character classes, so that this file does not find itself.
    machine = re.compile(r"(?<![\w.])/wor[k]\b|/tmp/[b]_\w|(?<![\w.])/roo[t]/|(?<![\w.])/hom[e]/\w")
    number = re.compile(r"\b(?:issue|ticket|bug|fixes|closes|PR)s? #?\d+\b|(?<![\w&%#'\"\[])#\d+\b", re.I)
    for path in FILES:
        if path.endswith((".png", ".gif", "LICENSE")):
            continue
        for n, line in enumerate(lines(path), 1):
            m = machine.search(line) or (number.search(line) if not path.endswith(".json") else None)
            if m:
                yield path, n, f"'{m.group(0)}' means nothing outside this machine or tracker"


def settings():
    """a setting that SHOW PROPERTIES explains is read by somebody, or its row says it has no effect"""
    table = os.path.join("src", "catalog", "settings.c")
    rows = re.findall(r'\{"([^"]+)", SETTING_\w+,[^{}]*?\b(true|false),\s*(?:"|[A-Z_]+\b)', "\n".join(lines(table)))
    # Rooms below the catalog know such names from librdkafka only.
    readers = [p for p in SRC if p.count(os.sep) > 1 and "catalog" in BELOW.get(p.split(os.sep)[1], [])]
    text = "\n".join("\n".join(lines(p)) for p in readers)
    if not rows:
        yield table, 1, "the rows of the table are not to be found"
    for name, ignored in rows:
        if ignored == "false" and f'"{name}"' not in text:
            yield table, 1, f"nobody reads {name}, and its row does not say so"
        if ignored == "true" and re.search(r'catalog_get\w*\([^";]*"' + re.escape(name) + '"', text):
            yield table, 1, f"{name} is read: its row may not say that it has no effect"


RULES = [arrows, doors, openings, functions, columns, blanks, tour, itself, settings]


def main():
    failed = 0
    for rule in RULES:
        findings = list(rule())
        failed += bool(findings)
        for path, n, text in findings:
            print(f"FAIL {path}:{n}: {text}")
        print(f"{'fail' if findings else 'pass'}  {rule.__doc__}")
    print(f"{len(RULES) - failed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
