#!/usr/bin/env bash
# broker.sh: a real Apache Kafka for the tests: one KRaft node on free loopback ports.
#
#   broker.sh start          prints  OXBOW_TEST_BROKER=127.0.0.1:PORT
#                                    OXBOW_TEST_BROKER_PIDFILE=FILE
#   broker.sh stop FILE      ends the broker of that pid file and removes its directory
#
# The jars come from Maven Central once (pom.xml) and stay in the user's cache; later starts need no
# network. Everything else lives in a temporary directory named by the pid file. Fixed ports are
# never used, so several brokers can run side by side. A start that fails ends within 30 seconds with
# the end of the broker's log on stderr.
set -euo pipefail

readonly here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly version=4.1.0
readonly cache=${XDG_CACHE_HOME:-$HOME/.cache}/oxbow/kafka-$version

# Copy the jars into the cache: whole or not at all, whoever else is doing the same.
fetch_jars() {
    [ -e "$cache/complete" ] && return
    mkdir -p "$(dirname "$cache")"
    exec 9>"$cache.lock"
    flock 9
    if [ ! -e "$cache/complete" ]; then
        rm -rf "$cache"
        mvn -q -B -Dstyle.color=never -f "$here/pom.xml" dependency:copy-dependencies -DincludeScope=runtime \
            -DoutputDirectory="$cache" >&2 ||
            { echo "broker.sh: cannot fetch Kafka $version from Maven Central" >&2; exit 1; }
        touch "$cache/complete"
    fi
    exec 9>&-
}

free_ports() {
    python3 - <<'EOF'
import socket
held = [socket.socket() for _ in range(2)]
for s in held:
    s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in held))
EOF
}

# Become java CLASS ARGS... with the broker's jars. The heap is small: tests hold little data.
kafka_java() {
    exec java -Xmx512m -Xms64m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \
        -Dorg.slf4j.simpleLogger.defaultLogLevel=warn \
        -Dorg.slf4j.simpleLogger.log.kafka.server=info \
        -cp "$cache/*" "$@"
}

write_config() { # DIR PORT CONTROLLER_PORT
    cat >"$1/server.properties" <<EOF
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:$2,CONTROLLER://127.0.0.1:$3
advertised.listeners=PLAINTEXT://127.0.0.1:$2
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.quorum.voters=1@127.0.0.1:$3
log.dirs=$1/data
num.partitions=1
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
log.retention.ms=-1
log.cleaner.enable=true
EOF
}

# Wait for the broker's own word that it is up. Succeeds, or fails when it died or took too long.
wait_until_up() { # DIR PID
    local deadline=$((SECONDS + 20))
    until grep -q "Kafka Server started" "$1/log"; do
        kill -0 "$2" 2>/dev/null && [ $SECONDS -lt $deadline ] || return 1
        sleep 0.1
    done
}

start() {
    fetch_jars
    local dir port controller
    dir=$(mktemp -d "${TMPDIR:-/tmp}/oxbow-broker.XXXXXX")
    read -r port controller < <(free_ports)
    write_config "$dir" "$port" "$controller"
    (kafka_java kafka.tools.StorageTool format -t 4L6g3nShT-eMCtK--X86sw \
        -c "$dir/server.properties") >"$dir/log" 2>&1 ||
        { tail -n 20 "$dir/log" >&2; rm -rf "$dir"; exit 1; }
    kafka_java kafka.Kafka "$dir/server.properties" >>"$dir/log" 2>&1 </dev/null &
    local pid=$!
    echo "$pid" >"$dir/pid"
    if ! wait_until_up "$dir" "$pid"; then
        echo "broker.sh: Kafka did not start; the end of its log:" >&2
        tail -n 20 "$dir/log" >&2
        kill -KILL "$pid" 2>/dev/null || true
        rm -rf "$dir"
        exit 1
    fi
    disown
    echo "OXBOW_TEST_BROKER=127.0.0.1:$port"
    echo "OXBOW_TEST_BROKER_PIDFILE=$dir/pid"
}

stop() { # PIDFILE
    local dir pid
    dir=$(dirname "$1")
    pid=$(cat "$1")
    # The pid is ours only while it runs from this directory.
    if grep -qs -F "$dir/server.properties" "/proc/$pid/cmdline"; then
        kill -TERM "$pid"
        for _ in $(seq 50); do
            kill -0 "$pid" 2>/dev/null || break
            sleep 0.1
        done
        kill -KILL "$pid" 2>/dev/null || true
    fi
    rm -rf "$dir"
}

case "${1-}" in
start) start ;;
stop) stop "${2:?the pid file that start printed}" ;;
*)
    echo "usage: broker.sh start | stop PIDFILE" >&2
    exit 2
    ;;
esac
