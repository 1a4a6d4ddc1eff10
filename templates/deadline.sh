#!/bin/sh
# Ends this machine at its deadline: power-off, which on EC2 means gone. Needs no laptop, no network and no login: a timer of
# systemd's is armed at boot, before anything else; a later deadline is read from the machine's own tag each minute.
#   deadline.sh arm MINUTES   arms the end in that many minutes, and has `check` run each minute
#   deadline.sh check         follows the tag labos:expires-at
# Not `shutdown +N`: so early in a boot it finds no logind, and then powers off at once.
set -u
PATH=${PATH:-}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
units=${LABOS_UNITS:-/run/systemd/system}
metadata=http://169.254.169.254/latest

# The tag's time in seconds since the epoch; fails where the metadata service cannot say.
deadline() {
    token=$(curl -fsS -m 3 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$metadata/api/token") || return 1
    text=$(curl -fsS -m 3 -H "X-aws-ec2-metadata-token: $token" "$metadata/meta-data/tags/instance/labos:expires-at") ||
        return 1
    date -u -d "$text" +%s
}

# The one timer that ends the machine, in so many seconds from now; in place of what it was armed for before.
end_in() {
    printf '[Unit]\nDefaultDependencies=no\n[Timer]\nOnActiveSec=%s\nAccuracySec=1\n' "$1" >"$units/labos-end.timer" &&
        systemctl daemon-reload &&
        systemctl restart --no-block labos-end.timer
}

check() {
    end=$(deadline) || return 0
    [ "$end" = "$(cat "$units/labos-end.armed" 2>/dev/null)" ] && return 0
    seconds=$((end - $(date +%s)))
    [ "$seconds" -lt 1 ] && seconds=1
    end_in "$seconds" && echo "$end" >"$units/labos-end.armed"
}

arm() {
    mkdir -p "$units"
    rm -f "$units/labos-end.armed"
    # Nothing of the boot has to be well for these: no dependency, and force where a plain power-off fails.
    printf '[Unit]\nDefaultDependencies=no\nFailureAction=poweroff-force\n[Service]\nType=oneshot\nExecStart=%s\n' \
        'systemctl --no-block poweroff' >"$units/labos-end.service"
    end_in $(($1 * 60))
    printf '[Service]\nType=oneshot\nExecStart=/bin/sh %s check\n' "$0" >"$units/labos-deadline.service"
    printf '[Timer]\nOnActiveSec=1\nOnUnitActiveSec=60\nAccuracySec=5\n' >"$units/labos-deadline.timer"
    systemctl daemon-reload
    systemctl start --no-block labos-deadline.timer
}

case ${1:-} in
    arm) arm "${2:?minutes}" ;;
    check) check ;;
    *) echo "usage: $0 arm MINUTES | check" >&2 && exit 2 ;;
esac
