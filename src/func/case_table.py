#!/usr/bin/env python3
"""Write func_case_table.c: Unicode case mappings as ranges (see func_case.c for their use).

    python3 src/func/case_table.py > src/func/func_case_table.c

The data are those of the Python that runs this, whose str.upper and str.lower are the full Unicode
mappings of the root locale. ASCII is left out: func_case.c handles it by itself."""

import unicodedata

POINTS = [c for c in range(0x80, 0x110000) if not 0xD800 <= c < 0xE000]


def ranges(convert):
    """[lo, hi, stride, delta] of the mappings to one code point."""
    out = []
    for c in POINTS:
        to = convert(chr(c))
        if len(to) != 1 or to == chr(c):
            continue
        delta = ord(to) - c
        if out:
            lo, hi, stride, last = out[-1]
            step = c - hi
            if last == delta and ((lo == hi and step <= 2) or step == stride):
                out[-1] = [lo, c, step, delta]
                continue
        out.append([c, c, 1, delta])
    return out


def specials(convert):
    return [(c, convert(chr(c))) for c in POINTS if len(convert(chr(c))) > 1]


def emit_ranges(name, rows):
    print(f"const CaseRange {name}[] = {{")
    for lo, hi, stride, delta in rows:
        print(f"    {{0x{lo:X}, 0x{hi:X}, {stride}, {delta}}},")
    print(f"}};\nconst int {name}_count = {len(rows)};\n")


def emit_specials(name, rows):
    print(f"const CaseSpecial {name}[] = {{")
    for c, to in rows:
        print(f"    {{0x{c:X}, {{{', '.join(f'0x{ord(x):X}' for x in to)}}}}},")
    print(f"}};\nconst int {name}_count = {len(rows)};\n")


print(
    f"""/* func_case_table.c: case mappings of Unicode {unicodedata.unidata_version}, written by case_table.py.
 *
 * Data only: sorted ranges of code points that map by a constant distance, and the code points that
 * become several. Not to be edited by hand. */
#include "func/func_int.h"

/* clang-format off */"""
)
emit_ranges("case_upper", ranges(str.upper))
emit_ranges("case_lower", ranges(str.lower))
emit_specials("case_upper_special", specials(str.upper))
emit_specials("case_lower_special", specials(str.lower))
