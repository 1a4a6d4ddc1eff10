#!/bin/sh
# Ends this machine: at its deadline, when it does not serve within its time after a boot, when nobody asked it anything for
# long, when it is for a `labos run` and nobody speaks for that any more. Needs no laptop, no network, no login and no engine. A
# timer of systemd's is armed first of all at each boot; `check` runs each half minute, moves it where the deadline moved, and
# writes lease.json.
#   lease.sh arm | check | show | end
#   lease.sh heard | free      whom this lab is for is there; it needs nobody to be there any more
#   lease.sh extend SECONDS    on a host of the user's own; on EC2 the tag labos:expires-at says when
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=lease-timer.sh
. "$bin/lease-timer.sh"
# shellcheck source=lease-facts.sh
. "$bin/lease-facts.sh"

# Where lab.env cannot be read.
LAST_RESORT_S=14400

# `ends`, `ends_by` and `hard_end`, the earliest end that needs no look at the engine.
decide() {
    deadline=$(number "$run/deadline") boot_deadline='' ends='' ends_by=''
    began=$(number "$run/boot")
    # That lab is its user's own now, whoever it was for.
    if [ -e "$LABOS_HOME/free" ]; then LABOS_UNHEARD_S=''; fi
    if [ -z "$served" ] && [ -n "$LABOS_BOOT_S" ] && [ -n "$began" ]; then boot_deadline=$((began + LABOS_BOOT_S)); fi
    sooner "$deadline" deadline
    sooner "$boot_deadline" boot
    hard_end=$ends
    if [ -n "$idle_since" ] && [ -n "$LABOS_IDLE_S" ]; then sooner $((idle_since + LABOS_IDLE_S)) idle; fi
}

sooner() {
    if [ -n "$1" ] && { [ -z "$ends" ] || [ "$1" -lt "$ends" ]; }; then ends=$1 ends_by=$2; fi
}

# Whom it is for says that it is there four times a minute. True where nobody has for too long.
is_unheard() {
    [ -n "$LABOS_UNHEARD_S" ] && [ -n "$began" ] || return 1
    heard_at=$(number "$run/heard")
    : "${heard_at:=$began}"
    if [ "$heard_at" -gt "$t" ]; then # the clock went back
        heard_at=$t
        echo "$t" | replace "$run/heard"
    fi
    [ $((heard_at + LABOS_UNHEARD_S)) -le "$t" ]
}

# One at a time: two that count at once lose what one has seen, and what is armed must not be ended by what came before.
alone() {
    mkdir -p "$run"
    # A redirection of `exec` that fails would end the script.
    (: >>"$run/lock") 2>/dev/null || return 0
    exec 9>"$run/lock" && flock -w "$1" 9
}

json() {
    armed=false by=null answers=false
    is_armed && armed=true
    [ -n "$served" ] && answers=true
    [ -n "$ends_by" ] && by="\"$ends_by\""
    interrupt=$(number "$run/interrupt")
    printf '{"t":%s,"armed":%s,"deadline":%s,"boot_deadline":%s,"idle_limit":%s,"idle_since":%s,' \
        "$t" "$armed" "${deadline:-null}" "${boot_deadline:-null}" "${LABOS_IDLE_S:-null}" "${idle_since:-null}"
    printf '"served":%s,"ends":%s,"ends_by":%s,"on_end":"%s","interrupt":%s,"unheard_limit":%s}\n' \
        "$answers" "${ends:-null}" "$by" "$LABOS_ON_END" "${interrupt:-null}" "${LABOS_UNHEARD_S:-null}"
}

# For this boot, and for one without network. A full disk must not stop the rest.
keep_deadline() {
    echo "$1" | replace "$run/deadline"
    if [ "$(number "$LABOS_HOME/deadline")" != "$1" ]; then echo "$1" | replace "$LABOS_HOME/deadline"; fi
}

check() {
    alone 20
    t=$(now)
    if is_rented; then follow_cloud; fi
    look
    decide
    if [ -n "$hard_end" ]; then end_at "$hard_end"; fi
    report=$(json)
    echo "$report" | replace "$LABOS_HOME/lease.json"
    end_reason
    if [ -n "$reason" ]; then
        echo "this lab ends now: $reason" >&2
        ctl start --no-block "$unit-end.service"
    fi
}

# Why it ends now, if it does.
end_reason() {
    reason=''
    if [ -n "$ends" ] && [ "$ends" -le "$t" ]; then reason=$ends_by; elif is_unheard; then reason=unheard; fi
}

arm() {
    write_units
    alone 60
    t=$(now)
    rm -f "$run/served" "$run/idle" "$run/tokens" "$run/armed" "$run/interrupt" "$run/heard"
    # Never without one: another may look meanwhile.
    echo "$t" | replace "$run/boot"
    saved=$(number "$LABOS_HOME/deadline")
    if is_rented; then
        # What the tag said last, but no later than a new lab would end: the tag says soon whether that is right.
        end=$((t + ${LABOS_TTL_S:-$LAST_RESORT_S}))
        if [ -n "$saved" ] && [ "$saved" -gt "$t" ] && [ "$saved" -lt "$end" ]; then end=$saved; fi
        echo "$end" | replace "$run/deadline"
    elif [ -n "$saved" ]; then
        echo "$saved" | replace "$run/deadline"
    elif [ -n "$LABOS_TTL_S" ]; then
        keep_deadline $((t + LABOS_TTL_S))
    else
        rm -f "$run/deadline"
    fi
    served='' idle_since=''
    decide
    ctl daemon-reload
    if [ -n "$hard_end" ]; then end_at "$hard_end"; fi
    ctl restart --no-block "$unit-lease.timer"
}

extend() {
    t=$(now)
    deadline=$(number "$LABOS_HOME/deadline")
    case ${1#-} in '' | *[!0-9]*) refuse 'by how many seconds?' ;; esac
    if is_rented; then refuse 'the tag labos:expires-at says when this machine ends'; fi
    [ -n "$deadline" ] || refuse 'this lab has no deadline'
    [ $((deadline + $1)) -gt "$t" ] || refuse 'that is in the past'
    mkdir -p "$run"
    keep_deadline $((deadline + $1))
    check
}

heard() {
    # What has ended or was removed does not come back.
    [ -e "$run/boot" ] || return 0
    now | replace "$run/heard"
}

free() {
    : | replace "$LABOS_HOME/free" || exit 1
    check
}

refuse() {
    echo "$1" >&2
    exit 2
}

# A host of the user's own goes on; what runs on it for this lab does not.
end() {
    [ "$LABOS_ON_END" = poweroff ] && exec systemctl -i --no-block poweroff
    alone 60
    is_armed_here=$(number "$run/boot")
    # The timer may be some seconds early.
    t=$(($(now) + 10)) served=$(number "$run/served") idle_since=$(number "$run/idle")
    decide
    end_reason
    rm -f "$LABOS_HOME/deadline" "$run/deadline"
    ctl disable "$unit-bootstrap.service" "$unit-arm.service"
    ctl stop "$unit-lease.timer" "$unit-lease.service" "$unit-end.timer" "$unit-bootstrap.service" "$unit-engine.service"
    rm -f "$run/boot"
    # Why it ended was said when it did.
    [ -n "$is_armed_here" ] || return 0
    t=$(now) began='' served='' idle_since='' deadline='' boot_deadline='' hard_end='' ends=$t ends_by=$reason
    json | replace "$LABOS_HOME/lease.json"
}

umask 022
case ${1:-} in
    arm | check | end | heard | free) "$1" ;;
    show) check && echo "$report" ;;
    extend) extend "${2:-}" ;;
    *) refuse "usage: $0 arm | check | show | extend SECONDS | heard | free | end" ;;
esac
