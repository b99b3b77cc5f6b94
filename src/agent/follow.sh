# The part of cvmtail that runs on a CVM: a small file server for one log, in POSIX sh, coreutils and /proc.
#
# Standard input is this text, then one call of a function below per line, until the client goes.
# Standard output is the bytes of the log, and between them records: 0x1e, the client's nonce $N, a
# space, one letter, arguments, NUL. Every record is one small write, so it stands whole between bytes
# of the log, wherever they come from. What to read next is decided by the client; nothing is here.
#
# Set by the client before this text: N nonce, F path of the log, Q redundant path segments that sign
# the messages of tail (its message begins with the path it was called by).
LC_ALL=C
export LC_ALL
M= W= G=
trap 'exit 1' HUP INT PIPE TERM
trap 'trap "" TERM; kill -TERM 0' EXIT

say() { printf '\036%s %s\000' "$N" "$*" || exit 1; }

# The file on descriptor 4; the place where descriptor $1 stands.
four=/proc/$$/fd/4
place() { while read -r key value; do [ "$key" = pos: ] && p=$value; done </proc/$$/fdinfo/"$1"; }
about() { exec stat -L -c '%d:%i %s %.9Y' -- "$@"; } # only ever within $(...)

# True if the file at $1 can be opened. Starts no process, and touches nothing that might block.
opens() { [ -f "$1" ] && [ -r "$1" ] && true 2>/dev/null <"$1"; }

# o PATH: open the file at PATH on descriptor 4. H about path | X reason
o() {
  for attempt in 1 2; do # it may appear just now
    if opens "$1" && command exec 4<"$1"; then
      W= r=$1
      if [ -L "$1" ]; then r=$(readlink -f -- "$1" && echo .) r=${r%?.}; fi
      h=$(about $four)
      say H "$h" "$r"
      return
    fi
    why "$1"
    [ "$why" = denied ] || break
  done
  W=0 h=
  say X "$why"
}

# n PATH ID PREFIX: o PATH, and if it is the file ID: l PREFIX, c 0
n() {
  o "$1"
  case $h in "$2 "*) l "$3"; c 0 ;; esac
}

closed() { opens "$1" || printf '!'; }

# The permission to read the file on descriptor 4 may be gone: then what reads it from another place says X denied.
anew() { opens $four || { say X denied; false; }; }

# b COUNT: find where the last COUNT lines (or the lines from +COUNT on) begin. B offset
b() {
  anew && command exec 5<$four || return 0
  n=$(tail -n "$1" <&5 | wc -c)
  place 5
  exec 5<&-
  say B $((p - n))
}

# d OFFSET COUNT: show COUNT bytes of the file on descriptor 4 from OFFSET on. D base64
d() { ! anew || say D "$(tail -c +$(($1 + 1)) <$four 2>/dev/null | head -c "$2" | base64)"; }

# c OFFSET: copy the file on descriptor 4 from there to its end. bytes, E offset | bytes, Q reason | X denied
c() {
  ! opens $four || command exec 4<$four
  place 4
  # A descriptor that cannot be had anew can still go forward.
  if [ "$p" -gt "$1" ]; then say X denied; return; fi
  [ "$p" = "$1" ] || dd bs=1 skip=$(($1 - p)) count=0 <&4 2>/dev/null
  { if cat <&4; then place 4; say E "$p"; else say Q read; fi; } &
}

# f OFFSET PATH: follow the file on descriptor 4, which has that path, from there. bytes, V | bytes, K
f() {
  opens "$2" || { k; return; }
  "$T" -c +$(($1 + 1)) -f -s 1 --pid=$$ -- "$2" 2>&1 3<&- 4<&- &
  M=$! i=0
  until [ "/proc/$M/fd/3" -ef $four ]; do # the path may have got another file just now
    i=$((i + 1))
    if [ $i -gt 60 ] || ! [ "$2" -ef $four ]; then k; return; fi
    case $i in ?) sleep 0.002 ;; *) sleep 0.04 ;; esac
  done
  say V
}

# k: end the tail. K
k() {
  [ -z "$M" ] || { kill -KILL "$M"; wait "$M"; } 2>/dev/null
  M=
  say K
}

# w: tell when the log can be opened. A, later
w() { W=0; }

# s OFFSET COUNT: checksum the COUNT bytes before OFFSET of the file on descriptor 4. S sum count size | X denied
s() {
  anew || return 0
  sum=$(tail -c +$(($1 - $2 + 1)) <$four 2>/dev/null | head -c "$2" | cksum)
  say S "$sum" "$(stat -L -c %s $four)"
}

# l PREFIX: list the file on descriptor 4, the log's own path and all paths that begin with PREFIX.
# C about links (descriptor 4), P about (the log's path) or N why there is no file, L about path (each), and a dot.
# An exclamation mark stands before what cannot be opened.
l() {
  prefix=$1 tries=0 found=
  [ ! -e $four ] || say C "$(closed $four; exec stat -L -c '%d:%i %s %.9Y %h' $four)"
  if [ -f "$F" ] && found=$(closed "$F"; about "$F" 2>/dev/null); then say P "$found"
  else why "$F"; say N "$why"; fi
  found=
  set -- "$prefix"*
  while [ -e "$1" ] && ! found=$(about "$@" 2>/dev/null); do # one of them went away just now
    found= tries=$((tries + 1))
    [ $tries -lt 5 ] || break
    set -- "$prefix"*
  done
  [ -z "$found" ] || printf '%s\n' "$found" | while read -r line; do
    mark=!
    ! opens "$1" || mark=
    [ ! -f "$1" ] || say L "$mark$line" "$1"
    shift
  done
  say .
}

# z PATH OFFSET COUNT: as s, of the packed file at PATH. S sum count
z() { say S "$(unpack "$1" | tail -c +$(($2 - $3 + 1)) | head -c "$3" | cksum)"; }

# u PATH OFFSET: as c, of the packed file at PATH. bytes, E
u() { { unpack "$1" | tail -c +$(($2 + 1)); say E; } & }

unpack() {
  case $1 in
    *.gz) gzip -dc ;;
    *.xz) xz -dc ;;
    *.bz2) bzip2 -dc ;;
    *.zst) zstd -dc ;;
  esac <"$1" 2>/dev/null
}

# a: the client is alive.
a() { [ -z "$G" ] || kill -USR1 "$G" 2>/dev/null; }

# t: the client is alive, and asks whether something changed that tail does not tell.
# K: the tail is gone; A: the log, which could not be opened, can be; R: the path has another file or none. While the
# log cannot be opened, R comes each tenth time, as there may be other files of it.
t() {
  a
  if [ -n "$W" ]; then
    W=$((W + 1))
    if opens "$F"; then W=; say A; return; fi
  fi
  if [ -n "$M" ] && ! [ "/proc/$M/fd/3" -ef $four ]; then k
  elif [ -n "$W" ]; then case $W in *0) say R ;; esac
  elif [ -n "$M" ] && ! [ "$F" -ef $four ]; then say R; fi
}

# g SECONDS: watch over this connection: end it when the client was not heard for that long, twice that
# at most. A cable that is cut tells sshd nothing for hours; without this, all of it would stay that long.
g() {
  [ -z "$G" ] || return 0
  trap '' USR1
  (
    trap heard=1 USR1
    trap - EXIT HUP INT PIPE TERM
    while heard=; sleep "$1"; [ -n "$heard" ]; do :; done
    kill -TERM "$PPID" $$
  ) >/dev/null 2>&1 &
  G=$!
}

# Where tail is, found without a process.
set -f
IFS=:
for T in $PATH /usr/bin /bin; do
  case $T in /*) T=$T/tail ;; *) T= ;; esac
  [ ! -f "$T" ] || [ ! -x "$T" ] || break
  T=
done
unset IFS
set +f
say I "$T"
T=${T%/*}/$Q${T##*/}
