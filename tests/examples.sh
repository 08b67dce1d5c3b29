#!/usr/bin/env bash
# examples.sh: the examples do what they show. OXBOW names the program; build/oxbow is the default.
#
#   examples.sh            on files
#   examples.sh --kafka    on the broker at OXBOW_TEST_BROKER: the same rows; 77 when there is none
#
# The Pac-Man scoreboard is checked against sums that awk takes of the same events, against rows
# that are kept beside this script, and against itself: alone or in two processes, the same result.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
export OXBOW=${OXBOW:-$root/build/oxbow}
folder=$(mktemp -d "${TMPDIR:-/tmp}/oxbow-examples.XXXXXX")
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1

passed=0 failed=0 skipped=0
check() { # WHAT STATUS
    if [ "$2" -eq 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL $1"
    fi
}

# ---- on a broker: the same rows ---------------------------------------------------------------

if [ "${1-}" = --kafka ]; then
    [ -n "${OXBOW_TEST_BROKER-}" ] || { echo "skipped: OXBOW_TEST_BROKER is not set" && exit 77; }
    for how in --fast --live; do
        timeout 120 "$root/examples/run" -b "$OXBOW_TEST_BROKER" $how --games 1 -o json >rows || exit 1
        diff -u "$here/examples.expected" rows || exit 1
    done
    exit 0
fi

# ---- the dice ---------------------------------------------------------------------------------

for awk in mawk gawk original-awk "busybox awk"; do
    command -v "${awk%% *}" >/dev/null || continue
    $awk -v seed=4 -v games=2 -f "$root/examples/pacman/play.awk" >"events-${awk%% *}"
    [ "$(cksum <"events-${awk%% *}")" = "$(cksum <"$(ls events-* | head -n 1)")" ]
    check "the same seed gives the same games with $awk" $?
done
awk -v seed=5 -v games=2 -f "$root/examples/pacman/play.awk" >other
! cmp -s other "$(ls events-* | head -n 1)"
check "another seed gives other games" $?

# ---- the scoreboard ---------------------------------------------------------------------------

"$root/examples/run" --fast --seed 4 --games 1 -o json >one 2>one.err
check "examples/run ends with 0 ($(tail -n 1 one.err))" $?
diff -u "$here/examples.expected" one
check "seed 4, one game: the rows are those of examples.expected" $?

"$root/examples/run" --live --seed 4 --games 1 -o json >live 2>/dev/null
check "examples/run --live ends with 0" $?
diff -u one live
check "played by another process at the same time: the same rows" $?

# Sums over the events: score, ghosts eaten and deaths of each player, in the order of names.
sums() { # EVENTS
    awk '{
        match($0, /"key":"[A-Za-z]*"/); player = substr($0, RSTART + 7, RLENGTH - 8)
        match($0, /points\\":[0-9]*/); points[player] += substr($0, RSTART + 9, RLENGTH - 9)
        ghosts[player] += /event\\":\\"ghost/; deaths[player] += /event\\":\\"death/
    } END {
        for (player in points)
            printf "{\"PLAYER\":\"%s\",\"SCORE\":%d,\"GHOSTS\":%d,\"DEATHS\":%d}\n", player,
                points[player], ghosts[player], deaths[player]
    }' "$1" | sort
}
awk -v seed=11 -v games=9 -f "$root/examples/pacman/play.awk" >events
"$root/examples/run" --fast --seed 11 --games 9 -o json >nine 2>/dev/null
check "examples/run --games 9 ends with 0" $?
diff -u <(sums events) <(grep '^{"PLAYER":"[A-Za-z]*","SCORE":' nine | grep -v GAME | sort)
check "seed 11, nine games: the scoreboard is the sum of the events" $?
[ "$(grep -c 'event\\":\\"over' events)" = "$(grep -c '"GAME":' nine)" ]
check "every game that is over is told once" $?

# ---- README -----------------------------------------------------------------------------------

# What README shows of river.sql is the file and what it prints.
"$OXBOW" -o table "$root/examples/river.sql" >river 2>/dev/null
check "river.sql ends with 0" $?
shown() { # FILE: is it in README, as a block?
    awk 'NR == FNR { want = want $0 "\n"; next } { text = text $0 "\n" }
        END { exit index(text, "\n" want) == 0 }' "$1" "$root/README.md"
}
shown "$root/examples/river.sql"
check "README shows examples/river.sql as it is" $?
shown river
check "README shows what it prints" $?

# ---- limits -------------------------------------------------------------------------------------

# Rows of one query come out of several tasks; its LIMIT is over all of them.
timeout 10 "$OXBOW" -q -d :memory: -o json -e "CREATE STREAM boats (id INT KEY, name STRING)
    WITH (KAFKA_TOPIC='boats', VALUE_FORMAT='JSON', PARTITIONS=4);
    INSERT INTO boats VALUES (1, 'ketch'); INSERT INTO boats VALUES (2, 'yawl');
    INSERT INTO boats VALUES (3, 'sloop'); SELECT * FROM boats EMIT CHANGES LIMIT 2;" >limited
[ $? -eq 0 ] && [ "$(wc -l <limited)" -eq 2 ]
check "LIMIT 2 over four partitions gives two rows and ends" $?

timeout 10 "$OXBOW" -q -d :memory: -o json -e "CREATE STREAM boats (id INT KEY, name STRING)
    WITH (KAFKA_TOPIC='boats', VALUE_FORMAT='JSON', PARTITIONS=1);
    INSERT INTO boats VALUES (1, 'ketch'); SELECT * FROM boats EMIT CHANGES;" >bounded
[ $? -eq 0 ] && [ "$(wc -l <bounded)" -eq 1 ]
check "a push query of -e ends at the present" $?
"$OXBOW" -q -d :memory: -o json -e "DEFINE sea = 'north'; SHOW VARIABLES;" | grep -qi 'sea.*north'
check "DEFINE is seen by SHOW VARIABLES" $?

# ---- refusals -----------------------------------------------------------------------------------

"$root/examples/run" --games none >/dev/null 2>&1
[ $? -eq 2 ]
check "wrong usage ends with 2" $?
"$root/examples/run" -b 127.0.0.1:1 >/dev/null 2>broker.err
[ $? -eq 3 ] && grep -q 'cannot reach Kafka at 127.0.0.1:1' broker.err
check "a broker that is not there: the program's own error, and 3" $?

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
