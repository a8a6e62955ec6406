#!/bin/sh
# A registrar and proxy on loopback for the tests of this folder, in the foreground until Ctrl-C: kamailio.sh [PORT]
# Whoever registers does so with the password in PEER_PASSWORD ("secret" if there is none).
set -eu
port=${1:-5060}
export PEER_PASSWORD="${PEER_PASSWORD:-secret}"
if ! command -v kamailio >/dev/null; then
    echo "kamailio is missing (Debian: apt-get install kamailio)" >&2
    exit 1
fi
here=$(cd "$(dirname "$0")" && pwd)
modules=$(ls -d /usr/lib/*/kamailio/modules /usr/lib*/kamailio/modules 2>/dev/null | head -n 1)
work=$(mktemp -d)
echo "kamailio on 127.0.0.1:$port, UDP and TCP" >&2
kamailio -DD -E -m 32 -f "$here/kamailio.cfg" -L "$modules" -w "$work" -Y "$work" \
    -l "udp:127.0.0.1:$port" -l "tcp:127.0.0.1:$port" &
kamailio=$!
trap 'rm -rf "$work"' EXIT
# a shell that waits for a program in the foreground would hear of a signal only after it
trap 'kill "$kamailio"; wait "$kamailio" || true; exit 130' INT TERM
wait "$kamailio"
