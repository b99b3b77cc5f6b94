# Tells about logs, in POSIX sh and coreutils: calls of f follow, one per log.
#
# Standard output is records: 0x1e, the client's nonce $N, a space, one letter, arguments, NUL.
# Set by the client before this text: N nonce.
LC_ALL=C
export LC_ALL

say() { printf '\036%s %s\000' "$N" "$*" || exit 1; }

# f NUMBER PATH: tell about the file at PATH, or the folder. F number state [size seconds.nanoseconds]
f() {
  if [ -f "$2" ]; then
    if [ -r "$2" ]; then state=ok; else state=denied; fi
    say F "$1 $state $(stat -L -c '%s %.9Y' -- "$2" 2>/dev/null)"
  elif [ -d "$2" ]; then
    if [ -r "$2" ] && [ -x "$2" ]; then say F "$1 folder"; else say F "$1 denied"; fi
  elif [ -e "$2" ]; then say F "$1 special"
  else
    d=$2
    until [ -e "${d:-/}" ]; do d=${d%/*}; done
    if [ -d "${d:-/}" ] && ! [ -x "${d:-/}" ]; then say F "$1 denied"; else say F "$1 missing"; fi
  fi
}

