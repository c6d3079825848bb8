#!/bin/bash
# Starts an agent and times it, then looks at its memory; prints one line of NAME=VALUE pairs:
#   start.sh LAUNCHER LOG SCRAPES
# first200  microseconds from exec to the first HTTP 200 of /api/v1/status, asked for each 5 ms
# ready     the same to the log's word that it is ready
# idle, scraped, peak   RSS in KiB: 5 s after that, after SCRAPES scrapes, the most there was
set -eu
launcher=$1 log=$2 scrapes=$3

now() {
    echo "${EPOCHREALTIME/[.,]/}"
}

# Without a process: starting some each few ms would slow down what is measured. A FIFO that nobody writes is a clock.
mkfifo "$log.clock"
exec 8<>"$log.clock"
rm "$log.clock"
pause() {
    read -r -t 0.005 -u 8 || :
}

answers() {
    local line
    { exec 9<>/dev/tcp/127.0.0.1/9470; } 2>/dev/null || return 1
    printf 'GET /api/v1/status HTTP/1.0\r\n\r\n' >&9
    read -r -t 5 line <&9 || line=
    exec 9>&-
    [[ $line == *' 200 '* ]]
}

rss() {
    awk '/^Vm'"$1"':/ { print $2 }' "/proc/$pid/status"
}

begun=$(now)
"$launcher" >"$log" 2>&1 </dev/null 8>&- &
pid=$!
until answers; do
    kill -0 "$pid"
    pause
done
first=$(($(now) - begun))
until [[ $(<"$log") == *' ready: libvirt '* ]]; do
    kill -0 "$pid"
    pause
done
ready=$(($(now) - begun))
sleep 5
idle=$(rss RSS)
for ((i = 0; i < scrapes; i++)); do
    curl -q -sf -o /dev/null http://127.0.0.1:9470/q/metrics
done
echo "first200=$first ready=$ready idle=$idle scraped=$(rss RSS) peak=$(rss HWM)"
kill -TERM "$pid"
wait "$pid" || :
