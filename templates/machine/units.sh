#!/bin/sh
# The units of the lab, of the system or of the user: units.sh install. On a host of the user's own they live on after the
# logout; exit 3 where that is not allowed.
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

bootstrap_unit() {
    cat <<UNIT
[Unit]
Description=labos: makes this machine a laboratory
Wants=network-online.target
After=network-online.target dlami-nvme.service
# It starts when somebody asks for it, never by itself: each time counts.
StartLimitIntervalSec=0
[Service]
ExecStart=/bin/sh "$bin/bootstrap.sh"
TimeoutStopSec=10
[Install]
WantedBy=$wanted
UNIT
}

engine_unit() {
    cat <<UNIT
[Unit]
Description=labos: vLLM
StartLimitIntervalSec=600
StartLimitBurst=5
[Service]
EnvironmentFile=$LABOS_HOME/engine.env
WorkingDirectory=$LABOS_HOME
ExecStart="$LABOS_HOME/engine/bin/vllm" serve --config "$LABOS_HOME/vllm.yaml"
# vLLM ends with 0 after the death of its workers.
Restart=always
RestartSec=2
KillMode=mixed
TimeoutStopSec=30
LimitNOFILE=65536
NoNewPrivileges=yes
UNIT
}

# Noted, so that it is taken back with the rest.
linger() {
    me=$(id -un)
    [ "$(loginctl show-user "$me" -p Linger --value 2>/dev/null)" = yes ] && return 0
    : >"$LABOS_HOME/linger"
    loginctl enable-linger "$me" || { echo "user units of $me end at the logout here" >&2 && exit 3; }
}

case ${1:-} in
    install)
        make_folder "$units/$wanted.wants"
        bootstrap_unit | replace "$units/$unit-bootstrap.service"
        engine_unit | replace "$units/$unit-engine.service"
        ctl daemon-reload
        ctl enable "$unit-bootstrap.service"
        [ "$LABOS_SCOPE" = system ] || linger
        ;;
    *) echo "usage: $0 install" >&2 && exit 2 ;;
esac
