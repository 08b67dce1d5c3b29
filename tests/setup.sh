#!/usr/bin/env bash
# setup.sh: what oxbow needs from the system, installed when it is missing.
#
#   setup.sh build     to compile the program             (examples/run)
#   setup.sh tests     that, and to run the tests         (tests/run)
#   setup.sh broker    to run a real Kafka beside them    (tests/kafka/broker.sh)
#
# Each need is a package of Debian and a probe that tells whether it is there: a command, or a
# library by the name pkg-config knows it by. When nothing is missing nothing is asked of the
# network. Installing takes root or sudo.
#
#   status  0 everything is there   2 wrong usage   3 something is missing and cannot be had here
set -euo pipefail

readonly build_needs="gcc:gcc g++:g++ cmake:cmake ninja-build:ninja pkg-config:pkg-config
    lemon:lemon libsqlite3-dev:lib=sqlite3 librdkafka-dev:lib=rdkafka
    libreadline-dev:lib=readline libsimdjson-dev:lib=simdjson"
readonly test_needs="libcmocka-dev:lib=cmocka python3:python3 tmux:tmux groff-base:groff"
readonly broker_needs="default-jre-headless:java maven:mvn"

case "${1-}" in
build) needs=$build_needs ;;
tests) needs="$build_needs $test_needs" ;;
broker) needs=$broker_needs ;;
*)
    echo "usage: setup.sh build | tests | broker" >&2
    exit 2
    ;;
esac

is_there() { # PROBE
    case "$1" in
    lib=*) pkg-config --exists "${1#lib=}" 2>/dev/null ;;
    *) command -v "$1" >/dev/null ;;
    esac
}

find_missing() {
    missing=""
    local need
    for need in $needs; do
        is_there "${need#*:}" || missing="$missing ${need%%:*}"
    done
}

give_up() { # WHY
    echo "setup.sh: missing:$missing; $1" >&2
    exit 3
}

find_missing
[ -n "$missing" ] || exit 0
command -v apt-get >/dev/null || give_up "no apt-get here to install them with"
if [ "$(id -u)" = 0 ]; then
    as_root=""
elif command -v sudo >/dev/null; then
    as_root=sudo
else
    give_up "installing them takes root or sudo"
fi

echo "installing:$missing" >&2
log=$(mktemp "${TMPDIR:-/tmp}/oxbow-setup.XXXXXX")
apt() {
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Acquire::Retries=1 \
        -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20 "$@" >>"$log" 2>&1
}
# Lists that are there already may be good enough; new ones are asked for when they are not.
# shellcheck disable=SC2086
apt install --no-install-recommends $missing || { apt update && apt install --no-install-recommends $missing; } ||
    give_up "they could not be installed (no network? see $log)"
find_missing
[ -z "$missing" ] || give_up "they are still missing after installing (see $log)"
rm -f "$log"
