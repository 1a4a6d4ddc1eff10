# Sourced by lease.sh: the units that end the machine. Not `shutdown +N`: so early in a boot it finds no logind, and then
# powers off at once.
# shellcheck shell=sh disable=SC2154
PERIOD_S=30
# Nothing of the boot has to be well for these.
ALONE='DefaultDependencies=no'

write_units() {
    mkdir -p "$passing" "$run"
    if [ "$LABOS_ON_END" = poweroff ]; then
        printf '[Unit]\n%s\n# Where a plain power-off fails.\nFailureAction=poweroff-force\n' "$ALONE"
        printf '[Service]\nType=oneshot\nExecStart=systemctl -i --no-block poweroff\n'
    else
        printf '[Unit]\n%s\n[Service]\nType=oneshot\nExecStart=/bin/sh "%s" end\n' "$ALONE" "$bin/lease.sh"
    fi | replace "$passing/$unit-end.service"
    printf '[Unit]\n%s\n[Service]\nType=oneshot\nTimeoutStartSec=90\nExecStart=/bin/sh "%s" check\n' \
        "$ALONE" "$bin/lease.sh" | replace "$passing/$unit-lease.service"
    printf '[Unit]\n%s\n[Timer]\nOnActiveSec=1\nOnUnitActiveSec=%s\nAccuracySec=1\n' "$ALONE" "$PERIOD_S" |
        replace "$passing/$unit-lease.timer"
    # At later boots: cloud-init does not arm where it finds no metadata.
    first=$wanted
    [ "$LABOS_SCOPE" = system ] && first=sysinit.target
    make_folder "$units/$first.wants"
    printf '[Unit]\n%s\nAfter=local-fs.target\n[Service]\nType=oneshot\nExecStart=/bin/sh "%s" arm\n[Install]\nWantedBy=%s\n' \
        "$ALONE" "$bin/lease.sh" "$first" | replace "$units/$unit-arm.service"
    ln -sf "$units/$unit-arm.service" "$units/$first.wants/$unit-arm.service"
}

# What a timer of systemd's counts.
uptime_s() {
    up=$(cut -d. -f1 /proc/uptime 2>/dev/null)
    echo "${up:-0}"
}

# Has the one timer fire at a time; left alone where it does that already, to within seconds.
end_at() {
    left=$(($1 - t))
    [ "$left" -lt 1 ] && left=1
    fires=$(($(uptime_s) + left))
    armed_for=$(number "$run/armed")
    drift=$((fires - ${armed_for:-0}))
    [ "${drift#-}" -le 5 ] && ctl is-active --quiet "$unit-end.timer" && return 0
    printf '[Unit]\n%s\n[Timer]\nOnActiveSec=%s\nAccuracySec=1\n' "$ALONE" "$left" | replace "$passing/$unit-end.timer" &&
        ctl daemon-reload &&
        ctl restart --no-block "$unit-end.timer" &&
        echo "$fires" | replace "$run/armed"
}

# Asked of systemd itself, which may need a moment for a timer that was started just now.
is_armed() {
    [ -n "$began" ] || return 1
    for _ in 1 2 3 4 5 6 7 8 9; do
        ctl is-active --quiet "$unit-lease.timer" &&
            { [ -z "$hard_end" ] || ctl is-active --quiet "$unit-end.timer"; } && return 0
        sleep 0.2
    done
    return 1
}
