#!/bin/bash
# Times a hook from the fork of its shell to its end, in microseconds, a line each:
#   hook.sh HOOK DIR COUNT     DIR/N.xml is what libvirt gives the hook of domain hookN on stdin
# First COUNT lines "new", each a domain that was never seen; then "again", the same ones; then "curl", the floor: curl
# started and ended; then "release", what libvirt notifies of afterwards.
set -eu
hook=$1 dir=$2 count=$3

timed() {
    local what=$1 input=$2 begun=${EPOCHREALTIME/[.,]/}
    shift 2
    "$@" <"$input" >/dev/null || {
        echo "hook.sh: exit status $? of: $*" >&2
        exit 1
    }
    echo "$what $((${EPOCHREALTIME/[.,]/} - begun))"
}

for ((i = 0; i < count; i++)); do timed new "$dir/$i.xml" "$hook" "hook$i" prepare begin -; done
for ((i = 0; i < count; i++)); do timed again "$dir/$i.xml" "$hook" "hook$i" prepare begin -; done
for ((i = 0; i < count; i++)); do timed curl /dev/null curl -q --version; done
for ((i = 0; i < count; i++)); do timed release "$dir/$i.xml" "$hook" "hook$i" release end -; done
