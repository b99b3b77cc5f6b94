# Tells about logs, in POSIX sh and coreutils: calls of f follow, one per log.
#
# Standard output is records: 0x1e, the client's nonce $N, a space, one letter, arguments, NUL.
# Set by the client before this text: N nonce.
LC_ALL=C
export LC_ALL

say() { printf '\036%s %s\000' "$N" "$*" || exit 1; }

# f NUMBER PATH: tell about the file at PATH, or the folder. F number state [size seconds.nanoseconds]
f() {
  why "$2"
  case $why in
    denied)
      [ ! -f "$2" ] || [ ! -r "$2" ] || why=ok
      say F "$1 $why $(stat -L -c '%s %.9Y' -- "$2" 2>/dev/null)"
      ;;
    folder)
      if [ -r "$2" ] && [ -x "$2" ]; then say F "$1 folder"; else say F "$1 denied"; fi
      ;;
    *) say F "$1 $why" ;;
  esac
}
