/**
 * The two small programs that run in the guest before the caller's. Both are busybox shell: they must work before there
 * is a root disk, and cost nothing.
 */

/** Marks a line of the control channel that is the agent's own and not a program's output. */
export const controlMark = '\u001e';

/** /init of the initramfs: inserts the drivers in order, finds the disks by their serial, and enters the root disk. */
export const initScript = `#!/bin/busybox sh
b=/bin/busybox
$b mount -t proc proc /proc; $b mount -t sysfs sysfs /sys; $b mount -t devtmpfs dev /dev
while read -r file params; do $b insmod /modules/$file.ko $params || $b echo "klpkit-vm: driver $file failed"; done </modules/order
disk() { for d in /sys/block/vd*; do [ "$($b cat $d/serial 2>/dev/null)" = "$1" ] && $b echo /dev/\${d##*/}; done; }
i=0; while [ -z "$(disk root)" ] && [ $i -lt 100 ]; do $b sleep 0.1; i=$((i+1)); done
if ! $b mount -t ext4 -o ro "$(disk root)" /new; then $b echo "klpkit-vm: no root disk"; $b poweroff -f; fi
$b mount -t ext4 "$(disk state)" /new/state || $b echo "klpkit-vm: no state disk"
for d in proc sys dev; do $b mount --move /$d /new/$d; done
$b mount -t tmpfs run /new/run
$b cp /agent /hosts /network /new/run/
exec $b switch_root /new /bin/busybox sh /run/agent
`;

/**
 * PID 1 on the root disk. Reads \`run ID BASE64\` and \`off\` from the control port, runs the decoded shell program with its
 * output on that port, and answers \`ready\` and \`exit ID CODE\`, each behind {@link controlMark}.
 */
export const agentScript = `export PATH=/bin:/sbin:/usr/bin:/usr/sbin HOME=/root NO_COLOR=1 NODE_COMPILE_CACHE=/run/node
mount -t tmpfs tmp /tmp
mount -t debugfs debugfs /sys/kernel/debug 2>/dev/null
mount -t securityfs securityfs /sys/kernel/security 2>/dev/null
mount -t pstore pstore /sys/fs/pstore 2>/dev/null
mount --bind /run/hosts /etc/hosts 2>/dev/null
ip link set lo up
sh /run/network
port() { for d in /sys/class/virtio-ports/*; do [ "$(cat $d/name 2>/dev/null)" = klpkit.control ] && echo /dev/\${d##*/}; done; }
i=0; while [ -z "$(port)" ] && [ $i -lt 100 ]; do sleep 0.1; i=$((i+1)); done
exec 3<>"$(port)"
printf '\\036ready\\n' >&3
while read -r word id program <&3; do case $word in
  run) echo "$program" | base64 -d >/run/program
    sh /run/program </dev/null >&3 2>&3 3>&-
    printf '\\036exit %s %s\\n' "$id" $? >&3;;
  off) umount /state; sync; poweroff -f;;
esac; done
`;

/** QEMU's user-mode network has fixed addresses, so no DHCP is needed. */
export const networkScript = `i=0; while ! [ -e /sys/class/net/eth0 ] && [ $i -lt 50 ]; do sleep 0.1; i=$((i+1)); done
ip addr add 10.0.2.15/24 dev eth0 && ip link set eth0 up && ip route add default via 10.0.2.2
`;
