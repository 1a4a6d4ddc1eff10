#!/bin/sh
# Ends this machine at its deadline: power-off, which on EC2 means gone. Needs no laptop, no network and no login: the
# power-off is ordered at boot, before anything else; a later deadline is read from the machine's own tag each minute.
#   deadline.sh arm MINUTES   orders the power-off in that many minutes, and has `check` run each minute
#   deadline.sh check         follows the tag labos:expires-at
set -u
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
units=${LABOS_UNITS:-/run/systemd/system}
armed=${LABOS_ARMED:-/run/labos-deadline}
metadata=http://169.254.169.254/latest

# The tag's time in seconds since the epoch; fails where the metadata service cannot say.
deadline() {
    token=$(curl -fsS -m 3 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$metadata/api/token") || return 1
    text=$(curl -fsS -m 3 -H "X-aws-ec2-metadata-token: $token" "$metadata/meta-data/tags/instance/labos:expires-at") ||
        return 1
    date -u -d "$text" +%s
}

# A new order takes the place of the one before.
order() {
    shutdown -P "+$1" >/dev/null 2>&1 || shutdown -P "+$1"
}

check() {
    end=$(deadline) || return 0
    [ "$end" = "$(cat "$armed" 2>/dev/null)" ] && [ "$(date +%s)" -lt "$end" ] && return 0
    minutes=$(((end - $(date +%s) + 59) / 60))
    [ "$minutes" -lt 0 ] && minutes=0
    order "$minutes" && echo "$end" >"$armed"
}

arm() {
    order "$1"
    mkdir -p "$units"
    printf '[Service]\nType=oneshot\nExecStart=/bin/sh %s check\n' "$0" >"$units/labos-deadline.service"
    printf '[Timer]\nOnBootSec=1\nOnUnitActiveSec=60\nAccuracySec=5\n' >"$units/labos-deadline.timer"
    systemctl daemon-reload
    systemctl start --no-block labos-deadline.timer
}

case ${1:-} in
    arm) arm "${2:?minutes}" ;;
    check) check ;;
    *) echo "usage: $0 arm MINUTES | check" >&2 && exit 2 ;;
esac
