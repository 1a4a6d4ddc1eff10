# Sourced by the other scripts: where things are, what time it is, how systemd is asked. Works so early in a boot that nothing
# else does, and without lab.env. LABOS_ROOT puts all of it below another folder: for tests.
# shellcheck shell=sh disable=SC2034
set -u
PATH=${PATH:-}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
root=${LABOS_ROOT:-}
bin=$(cd "$(dirname "$0")" && pwd)
home=${bin%/bin}
# shellcheck disable=SC1091
if sh -n "$home/lab.env" 2>/dev/null; then . "$home/lab.env"; fi
LABOS_HOME=$home
for name in SCOPE ON_END PROVIDER ENGINE_VERSION REPO REVISION WANTS_TOKEN GPUS PACKAGE_INDEX HUB; do
    eval ": \"\${LABOS_$name:=}\""
done
for name in TTL_S BOOT_S IDLE_S UNHEARD_S DRIVER_MIN WEIGHTS_BYTES STALL_S; do
    eval "case \${LABOS_$name:=} in *[!0-9]*) LABOS_$name= ;; esac"
done
if [ -z "$LABOS_SCOPE" ]; then
    LABOS_SCOPE=user
    [ "$LABOS_HOME" = "$root/var/lib/labos" ] && LABOS_SCOPE=system
fi

# `unit`: what the names of this lab's units begin with; `units`: where those lie that outlive a boot, `passing`: the others;
# `run`: what is true of this boot.
if [ "$LABOS_SCOPE" = system ]; then
    unit=labos
    units=$root/etc/systemd/system
    passing=$root/run/systemd/system
    run=$root/run/labos
    wanted=multi-user.target
    : "${LABOS_ON_END:=poweroff}"
else
    unit=labos-${LABOS_HOME##*/}
    XDG_RUNTIME_DIR=${XDG_RUNTIME_DIR:-/run/user/$(id -u)}
    export XDG_RUNTIME_DIR
    units=${XDG_CONFIG_HOME:-$HOME/.config}/systemd/user
    passing=$XDG_RUNTIME_DIR/systemd/user
    run=$XDG_RUNTIME_DIR/$unit
    wanted=default.target
    : "${LABOS_ON_END:=stop}"
fi

ctl() {
    if [ "$LABOS_SCOPE" = system ]; then systemctl "$@"; else systemctl --user "$@"; fi
}

# The number in a file or nothing; nothing for any other content.
number() {
    value=$(cat "$1" 2>/dev/null) || return 0
    case $value in '' | *[!0-9]*) ;; *) printf '%s\n' "$value" ;; esac
}

# The one place that reads time, in seconds since the epoch. Tests put seconds into `clock-offset`.
now() {
    offset=$(number "$LABOS_HOME/clock-offset")
    echo $(($(date +%s) + ${offset:-0}))
}

# What EC2's metadata service says of a path; fails where it cannot say.
metadata() {
    service=http://169.254.169.254/latest
    token=$(curl -fsS -m 3 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$service/api/token") || return 1
    curl -fsS -m 3 -H "X-aws-ec2-metadata-token: $token" "$service/meta-data/$1"
}

# Where the engine listens on loopback.
engine_port() {
    port=$(sed -n 's/^port: *\([0-9][0-9]*\) *$/\1/p' "$LABOS_HOME/vllm.yaml" 2>/dev/null | head -n 1)
    echo "${port:-8000}"
}

# Noted, so that those which we made are taken back with the rest.
make_folder() {
    [ -d "$1" ] && return 0
    make_folder "${1%/*}"
    mkdir "$1" && echo "$1" >>"$LABOS_HOME/folders"
}

# Whole or not at all, from standard input.
replace() {
    cat >"$1.$$" && mv -f "$1.$$" "$1"
}
