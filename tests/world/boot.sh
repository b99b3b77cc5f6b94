# Becomes the init of one CVM, inside its own network, mount, UTS and pid namespaces.
# $1: the CVM's folder, $2: its host name, $3: the end of its cable on the world's bridge.
# Descriptor 9 is the world's network namespace.
set -e
dir=$1
read -r pid _ </proc/self/stat # the pid as the machine sees it: /proc is still the machine's
ip -batch "$dir/network"
nsenter --net=/proc/self/fd/9 ip link set "$3" master cvms up
exec 9<&-
mount -t proc proc /proc
printf '%s' "$2" >/proc/sys/kernel/hostname
mount --bind "$dir/passwd" /etc/passwd
mount --bind "$dir/home" /home
mount --bind "$dir/home/log" /var/log
mount --bind "$dir/local" /usr/local
printf '%s\n' "$pid" >"$dir/init"
"$(command -v sshd || echo /usr/sbin/sshd)" -f "$dir/sshd_config" -E "$dir/sshd.log"
trap '' CHLD # ignored signals stay ignored: orphans of this CVM are reaped by the kernel
exec sleep infinity
