#!/bin/busybox sh
# The guest's first program: modules, the host's files under a RAM overlay, then stage 2 in that tree.
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev

say() { echo "<3>lab: $*" >/dev/kmsg; }
die() {
  say "$*"
  poweroff -f
}
load() {
  while read -r module; do
    insmod "/modules/$module" || say "$module does not load"
  done <"$1"
}

load /modules/boot
# USB is not needed for the file tree: both at once.
load /modules/usb &

# version 9p2000.L has Linux file modes; large messages, because every message is a trip out of the guest.
plan9() { mount -t 9p -o "trans=virtio,version=9p2000.L,msize=1048576,$3" "$1" "$2"; }
plan9 host /host ro,cache=loose || die "no way to the host's files"
mount -t tmpfs -o mode=0755,size=90% tmpfs /layer
mkdir /layer/upper /layer/work
mount -t overlay -o lowerdir=/host,upperdir=/layer/upper,workdir=/layer/work overlay /root || die "no overlay"
wait

for name in dev proc sys; do mount --move "/$name" "/root/$name"; done
mount -t tmpfs -o mode=0755 tmpfs /root/run
mkdir -p /root/run/lock /root/run/udev /root/run/lab
cp -a /bin/busybox /stage2 /settings /command /root/run/lab/
exec switch_root /root /run/lab/stage2
