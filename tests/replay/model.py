"""model.py: what a windowed aggregation behind a repartition must come to, said once more.

It shares nothing with the program: records are plain tuples, windows are a dictionary. A record is
late by the time of its own partition, the highest that this partition has sent on, the record
itself included; so each partition can be gone through alone, and the order between them, the number
of workers and the moment of reading cannot matter.
"""

REASON_LATE, REASON_NULL, REASON_UNREADABLE = "late", "null key", "undecodable value"


def expect(partitions, size_ms, grace_ms):
    """partitions: for each, in the order of offsets, (time, gauge, flow), where gauge None is a
    NULL and flow None a record that cannot be read.

    Returns ({(gauge, window start): (count, sum, least, most)}, {(partition, offset): reason}).
    """
    table, refused = {}, {}
    for partition, records in enumerate(partitions):
        carried = None
        for offset, (time, gauge, flow) in enumerate(records):
            if flow is None:
                refused[partition, offset] = REASON_UNREADABLE
                continue
            if gauge is None:  # not sent on, so it moves no clock
                refused[partition, offset] = REASON_NULL
                continue
            carried = time if carried is None else max(carried, time)
            start = time // size_ms * size_ms
            if start + size_ms <= carried - grace_ms:
                refused[partition, offset] = REASON_LATE
                continue
            n, total, least, most = table.get((gauge, start), (0, 0, flow, flow))
            table[gauge, start] = (n + 1, total + flow, min(least, flow), max(most, flow))
    return table, refused
