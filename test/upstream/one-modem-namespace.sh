#!/bin/bash
# One modem in download mode, for a program that looks for it in /sys and /dev: runs COMMAND where nothing else exists.
#
#   one-modem-namespace.sh PTS VENDOR PRODUCT COMMAND [ARG...]
#
# PTS is the tty that the modem is behind, e.g. /dev/pts/5; COMMAND finds it as /dev/ttyUSB90, bound to qcserial on the
# only interface of USB device VENDOR:PRODUCT (four hex digits each). Needs root. /sys and /dev change for COMMAND alone:
# they lie in a mount namespace that ends with it.
set -euo pipefail

if [[ ${1-} != --inside ]]; then
  stage=$(mktemp -d)
  trap 'rmdir "$stage"' EXIT
  unshare --mount --propagation private -- bash "$0" --inside "$stage" "$@"
  exit
fi
stage=$2 pts=$3 vendor=$4 product=$5
shift 5

# Held open all the time: between two opens by COMMAND the other end would otherwise see a hang-up.
exec 9<>"$pts"

tty=ttyUSB90
mount -t tmpfs tmpfs "$stage"
mkdir "$stage/dev" "$stage/sys"

for name in null zero random urandom tty; do
  : >"$stage/dev/$name"
  mount --bind "/dev/$name" "$stage/dev/$name"
done
: >"$stage/dev/$tty"
mount --bind "$pts" "$stage/dev/$tty"

# The kernel's picture of it: device, interface, usb-serial port, tty; each level names its subsystem by a link.
sys=$stage/sys
device=devices/usb1/1-1
interface=$device/1-1:1.0
port=$interface/$tty
node=$port/tty/$tty
mkdir -p "$sys/$node" "$sys/class/tty" "$sys/class/usbmisc" "$sys/bus/usb/devices" \
  "$sys/bus/usb/drivers/qcserial" "$sys/bus/usb-serial"

attribute() { printf '%s\n' "$2" >"$sys/$1"; }
link() { ln -s --relative "$sys/$2" "$sys/$1"; }

attribute $device/idVendor "$vendor"
attribute $device/idProduct "$product"
attribute $device/bNumInterfaces ' 1'
attribute $device/busnum 1
attribute $device/devnum 2
printf 'DEVTYPE=usb_device\nDRIVER=usb\nPRODUCT=%x/%x/6\nBUSNUM=001\nDEVNUM=002\n' \
  "0x$vendor" "0x$product" >"$sys/$device/uevent"
link $device/subsystem bus/usb
link bus/usb/devices/1-1 $device

attribute $interface/bInterfaceClass ff
printf 'DEVTYPE=usb_interface\nDRIVER=qcserial\n' >"$sys/$interface/uevent"
link $interface/subsystem bus/usb
link $interface/driver bus/usb/drivers/qcserial

printf 'DRIVER=qcserial\n' >"$sys/$port/uevent"
link $port/subsystem bus/usb-serial

attribute $node/dev 188:90
printf 'MAJOR=188\nMINOR=90\nDEVNAME=%s\n' $tty >"$sys/$node/uevent"
link $node/subsystem class/tty
link $node/device $port
link class/tty/$tty $node

mount --rbind "$sys" /sys
mount --rbind "$stage/dev" /dev

# No sysfs is behind /sys, and systemd's device library would say so.
SYSTEMD_DEVICE_VERIFY_SYSFS=0 "$@"
