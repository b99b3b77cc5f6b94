# The first process of the world's own pid namespace: when it ends, every process in it ends.
# $1: the world's folder, which holds etc/, this world's own accounts and names.
set -e
dir=$1
read -r pid _ </proc/self/stat # the pid as the machine sees it: /proc is still the machine's
mount -t tmpfs tmpfs /run
mkdir -m 755 /run/sshd /run/etc
# The whole directory, not a mount per file: a mount over a file ends when the file is replaced from outside, as
# useradd and package managers do with /etc/passwd. Then ssh would read the real user's config.
mount --bind /etc /run/etc
mkdir -m 755 "$dir/etc/ssh"
# What the world has its own of is there already, which is no error here.
ln -s /run/etc/* "$dir/etc/" 2>/dev/null || true
mount --bind "$dir/etc" /etc
ip -batch "$dir/etc/network"
printf '%s\n' "$pid"
read -r _ || exit 0
