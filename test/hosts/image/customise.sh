#!/bin/sh
# Makes the image of a rented machine out of a bare Debian: customise.sh ROOT, beside the files it puts there.
set -eu
root=$1
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

# What each machine has to make by itself.
rm -rf "$root"/etc/ssh/ssh_host_* "$root/etc/machine-id" "$root/etc/hostname" "$root/var/lib/dbus/machine-id"
rm -rf "$root"/var/lib/cloud/* "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/*.bin
rm -rf "$root"/usr/share/doc/* "$root"/usr/share/man/* "$root"/usr/share/info/*

install -m 0644 "$here/cloud.cfg" "$root/etc/cloud/cloud.cfg.d/99-labos-test.cfg"
install -m 0755 "$here/nvidia-smi.sh" "$root/usr/bin/nvidia-smi"
mkdir -p "$root/etc/labos-test" "$root/opt/dlami/nvme" "$root/etc/ssh/sshd_config.d"
# Otherwise cloud-init restarts sshd to switch it off, and connections are refused for a moment.
echo 'PasswordAuthentication no' >"$root/etc/ssh/sshd_config.d/10-labos-test.conf"

# The engine's CPU build needs to be told what a GPU would say, and brings its compiled files with it.
install -m 0644 "$here/engine.env" "$root/etc/labos-test/engine.env"
for scope in system user; do
    mkdir -p "$root/etc/systemd/$scope/labos-.service.d"
    printf '[Service]\nEnvironmentFile=/etc/labos-test/engine.env\n' >"$root/etc/systemd/$scope/labos-.service.d/test.conf"
done

units=$root/etc/systemd/system
for unit in systemd-networkd systemd-resolved systemd-timesyncd systemd-firstboot getty@tty1 console-getty \
    systemd-networkd-wait-online e2scrub_reap; do
    ln -sf /dev/null "$units/$unit.service"
done
ln -sf /dev/null "$units/getty.target"
ln -sf /dev/null "$units/fstrim.timer"

# There to be stopped, as on the images of AWS; they reach nothing.
for unit in apt-daily apt-daily-upgrade; do
    mkdir -p "$units/$unit.service.d"
    printf '[Service]\nExecStartPre=\nExecStart=\nExecStart=/bin/true\n' >"$units/$unit.service.d/labos-test.conf"
done
printf '[Unit]\nDescription=Unattended Upgrades Shutdown\n[Service]\nExecStart=/bin/sleep infinity\n%s\n' \
    '[Install]
WantedBy=multi-user.target' >"$units/unattended-upgrades.service"
chroot "$root" systemctl --quiet enable ssh.service unattended-upgrades.service apt-daily.timer apt-daily-upgrade.timer
