#!/bin/bash
# Another /sys and /dev for a program, as long as it runs: both lie in a mount namespace that ends with it. Needs root.
#
#   namespace.sh SYS DEV COMMAND [ARG...]
#
# SYS is a folder that holds the kernel's picture of USB devices and ttys, and DEV an empty one. In COMMAND's /dev are
# pseudo terminals and the usual few, and room for more. Nobody else sees a change.
set -euo pipefail

if [[ ${1-} != --inside ]]; then
  exec unshare --mount --propagation private -- bash "$0" --inside "$@"
fi
sys=$2 dev=$3
shift 3

mount -t tmpfs tmpfs "$dev"
mkdir "$dev/pts" "$dev/shm"
for name in null zero full random urandom tty; do
  : >"$dev/$name"
  mount --bind "/dev/$name" "$dev/$name"
done
mount --rbind /dev/pts "$dev/pts"
ln -s pts/ptmx "$dev/ptmx"
ln -s /proc/self/fd "$dev/fd"
ln -s fd/0 "$dev/stdin"
ln -s fd/1 "$dev/stdout"
ln -s fd/2 "$dev/stderr"
mount --rbind "$sys" /sys
mount --rbind "$dev" /dev

# No sysfs is behind /sys, and systemd's device library would say so.
SYSTEMD_DEVICE_VERIFY_SYSFS=0 exec "$@"
