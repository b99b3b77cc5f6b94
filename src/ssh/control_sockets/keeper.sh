# Removes the sockets directory of a cvmtail that was killed: $1, the working directory. stdin is a pipe from that
# cvmtail: its end without a word is the kill. Nothing but control sockets (<digits>, or <digits>.<16 characters>
# while ssh binds them) is removed, and nothing at all if there is anything else.
trap '' HUP INT QUIT TERM PIPE
ours() {
  [ -S "$1" ] && [ ! -h "$1" ] || return 1
  number=${1%%.*}
  case $number in '' | *[!0-9]*) return 1 ;; esac
  case ${1#"$number"} in
    '') return 0 ;;
    *[!.0-9A-Za-z]* | .*.*) return 1 ;;
    .????????????????) return 0 ;;
  esac
  return 1
}
clear() {
  for entry in * .[!.]* ..?*; do
    if [ -e "$entry" ] || [ -h "$entry" ]; then ours "$entry" || return 0; fi
  done
  for entry in [0-9]*; do
    if ours "$entry"; then rm -f -- "$entry"; fi
  done
  rmdir -- "$1"
}
# The masters are being killed at that moment and may still bind or unlink, hence the second try.
read -r word || clear "$1" || { sleep 1; clear "$1"; }
