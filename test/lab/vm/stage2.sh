#!/run/lab/busybox sh
# In the host's tree: what programs expect of a system, then the command; its output and status go to the host.
lab=/run/lab
b=$lab/busybox
. $lab/settings # SHARE, UDEV, SHELL_WANTED

say() { echo "<3>lab: $*" >/dev/kmsg; }

$b mkdir -p /dev/pts /dev/shm
$b mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /dev/pts
$b mount -t tmpfs tmpfs /dev/shm
$b ln -sf /proc/self/fd /dev/fd
$b ifconfig lo up
if [ -n "$SHARE" ]; then
  $b mkdir -p "$SHARE"
  $b mount -t 9p -o trans=virtio,version=9p2000.L,msize=1048576,cache=mmap share "$SHARE" || say "no share"
fi

for port in /sys/class/virtio-ports/*; do
  [ -f "$port/name" ] && $b ln -s "/dev/${port##*/}" "$lab/port-$($b cat "$port/name")"
done

if [ -n "$UDEV" ]; then
  /lib/systemd/systemd-udevd --daemon --resolve-names=never 2>/dev/kmsg
  # qmi-firmware-update reads the record of every USB device on its way, also of the root hubs that came before.
  udevadm trigger --action=add --subsystem-match=usb --subsystem-match=tty --subsystem-match=usbmisc
  udevadm settle --timeout=30
fi

if [ -n "$SHELL_WANTED" ]; then
  say 'a shell; leave it and the guest ends'
  $b setsid $b cttyhack /bin/bash $lab/command
  $b poweroff -f
fi

# A port of the host can be opened but once; behind pipes, programs may open /dev/stderr anew.
$b mkfifo $lab/out $lab/err
$b cat $lab/out >$lab/port-out &
out=$!
$b cat $lab/err >$lab/port-err &
err=$!
/bin/bash $lab/command </dev/null >$lab/out 2>$lab/err
status=$?
# What the command left behind may hold the pipes open.
{
  $b sleep 2
  kill $out $err
} 2>/dev/null &
wait $out $err 2>/dev/null
echo $status >$lab/port-status
$b poweroff -f
