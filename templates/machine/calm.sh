#!/bin/sh
# On a rented machine: no package is changed under the engine's feet, and the GPU driver stays as it is.
PATH=${PATH:-}:/usr/sbin:/usr/bin:/sbin:/bin
command -v apt-mark >/dev/null || exit 0
systemctl mask --now --no-block apt-daily.timer apt-daily-upgrade.timer apt-daily.service apt-daily-upgrade.service \
    unattended-upgrades.service
dpkg-query -W -f '${Package}\n' | grep -E '^(lib)?nvidia|^cuda-drivers|^linux-modules-nvidia' | xargs -r apt-mark hold
