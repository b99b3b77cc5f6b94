# The part of cvmtail that runs on a CVM: a small file server for one log, in POSIX sh, coreutils and /proc.
#
# Standard input is this text, then one call of a function below per line, until the client goes.
# Standard output is the bytes of the log, and between them records: 0x1e, the client's nonce $N, a
# space, one letter, arguments, NUL. Every record is one small write, so it stands whole between bytes
# of the log, wherever they come from. What to read next is decided by the client; nothing is here.
#
# What cannot be done is said too: no tool fails without a record. X reason: the file cannot be opened (missing,
# denied, ...). Y flaw: what was open was not read to its end (tool: there is none that decompresses it, damaged,
# failed). Q what: the CVM could not do it.
#
# Set by the client before this text: the functions of why.sh and entries.sh, N nonce, F path of the log, Q redundant
# path segments that sign the messages of tail (its message begins with the path it was called by).
LC_ALL=C
export LC_ALL
M= W= G=
trap 'exit 1' HUP INT PIPE TERM
trap 'trap "" TERM; kill -TERM 0' EXIT

say() { printf '\036%s %s\000' "$N" "$*" || exit 1; }

# The file on descriptor 4; the place where descriptor $1 stands.
four=/proc/$$/fd/4
place() {
  p=
  while read -r key value; do [ "$key" = pos: ] && p=$value; done </proc/$$/fdinfo/"$1"
  [ -n "$p" ]
}
about() { exec stat -L -c '%d:%i %s %.9Y' -- "$@"; } # only ever within $(...)

# True if the file at $1 can be opened. Starts no process, and touches nothing that might block.
opens() { [ -f "$1" ] && [ -r "$1" ] && true 2>/dev/null <"$1"; }

# o PATH: open the file at PATH on descriptor 4. H about path | X reason
o() {
  for attempt in 1 2; do # it may appear just now
    if opens "$1" && command exec 4<"$1"; then
      W= r=$1
      if [ -L "$1" ]; then r=$(readlink -f -- "$1" && echo .) r=${r%?.}; fi
      if h=$(about $four); then say H "$h" "$r"; else say Q "stat failed"; fi
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
  anew || return 0
  n=
  command exec 5<$four && n=$({ { tail -n "$1" && printf . >&3; } <&5 | wc -c; } 3>&1) && place 5 || n=
  exec 5<&-
  case $n in
    .*) say B $((p - ${n#.})) ;;
    *) say Q "tail | wc failed" ;;
  esac
}

# part OFFSET COUNT: COUNT bytes of the file on descriptor 4 from OFFSET on, and on descriptor 3 a dot once they are.
part() { { dd bs=1 skip="$1" count=0 2>/dev/null && head -c "$2" && printf . >&3; } <$four; }

# d OFFSET COUNT: show COUNT bytes of the file on descriptor 4 from OFFSET on. D base64 (with a dot somewhere)
d() {
  anew || return 0
  bytes=$({ part "$1" "$2" | base64; } 3>&1) || bytes=
  case $bytes in
    *.*) say D "$bytes" ;;
    *) say Q "head | base64 failed" ;;
  esac
}

# c OFFSET: copy the file on descriptor 4 from there to its end. bytes, E offset | bytes, Q reason | X denied
c() {
  ! opens $four || command exec 4<$four
  if ! place 4; then say Q "nobody knows where it is read"; return; fi
  # A descriptor that cannot be had anew can still go forward.
  if [ "$p" -gt "$1" ]; then say X denied; return; fi
  if [ "$p" -lt "$1" ] && ! dd bs=1 skip=$(($1 - p)) count=0 <&4 2>/dev/null; then
    say Q "its byte $1 cannot be reached"
    return
  fi
  {
    trap 'say Q "cat failed"' EXIT # also where the shell can start no process and goes
    if cat <&4 && place 4; then trap - EXIT; say E "$p"; fi
  } &
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

# s OFFSET COUNT: checksum the COUNT bytes before OFFSET of the file on descriptor 4. S sum count size | X denied |
# Y failed
s() {
  anew || return 0
  sum=$({ part $(($1 - $2)) "$2" | cksum; } 3>&1) && size=$(stat -L -c %s $four) || sum=
  case $sum in
    .*) say S "${sum#.}" "$size" ;;
    *) say Y failed ;;
  esac
}

# l PREFIX: list the file on descriptor 4, the log's own path and all paths that begin with PREFIX.
# C about links (descriptor 4), P about (the log's path) or N why there is no file, L about path (each), U entry path
# (each that cannot be examined), U folder path (it cannot be listed), Z (what was listed is void, it begins anew),
# and a dot. An exclamation mark stands before what cannot be opened.
form='%d:%i %s %.9Y'
seen() {
  mark=!
  ! opens "$2" || mark=
  say L "$mark$1" "$2"
}
unseen() { say U entry "$1"; }
l() {
  prefix=$1 tries=0
  if [ -e $four ]; then
    if found=$(closed $four; exec stat -L -c "$form %h" $four); then say C "$found"; else say Q "stat failed"; fi
  fi
  if [ -f "$F" ] && found=$(closed "$F"; about "$F" 2>/dev/null); then say P "$found"
  elif [ -f "$F" ] && opens "$F"; then say Q "stat failed"
  else why "$F"; say N "$why"; fi
  case $1 in */*) d=${1%/*} d=${d:-/} ;; *) d=. ;; esac
  if [ -r "$d" ] && [ -x "$d" ]; then
    while
      set -- "$prefix"*
      [ $# -gt 1 ] || [ -e "$1" ] || [ -L "$1" ] || shift
      ! entries "$@" && [ $tries -lt 5 ]
    do
      tries=$((tries + 1))
      say Z
    done
    [ -z "$gone" ] || unseen "$gone"
    # The open file has a name there: where nothing is found, the directory was not read.
    [ $# -gt 0 ] || case $r in "$prefix"*) [ ! -e "$r" ] || say U folder "$d" ;; esac
  elif words=$(stat -L -c '' -- "$d" 2>&1) || ! nowhere "$words"; then
    say U folder "$d"
  fi
  say .
}

# z PATH OFFSET COUNT: as s, of the packed file at PATH. S sum count | X reason | Y flaw
z() {
  unpackable "$1" || return 0
  words=$({
    { unpack "$1"; echo "u$?" >&3; } | { tail -c +$(($2 - $3 + 1)); echo "t$?" >&3; } |
      { head -c "$3"; echo "h$?" >&3; } | cksum && echo c0
  } 3>&1)
  exec 5<&-
  statuses $words
  # Whoever has all that was asked for needs no more, and those before it end with a signal.
  if [ "$k" = 0 ] && { [ "$count" = "$3" ] || { whole "$1" && [ "$t$h" = 00 ]; }; }; then say S "$sum $count"
  else say Y "$flaw"; fi
}

# u PATH OFFSET: as c, of the packed file at PATH. bytes, E | bytes, Y flaw | X reason
u() {
  unpackable "$1" || return 0
  {
    trap 'say Y failed' EXIT
    { words=$({ { unpack "$1"; echo "u$?" >&3; } | { tail -c +$(($2 + 1)) >&6; echo "t$?" >&3; }; } 3>&1); } 6>&1
    trap - EXIT
    statuses $words
    if whole "$1" && [ "$t" = 0 ]; then say E; else say Y "$flaw"; fi
  } &
  exec 5<&-
}

# Open the packed file at $1 on descriptor 5; X reason, if it cannot be.
unpackable() {
  opens "$1" && command exec 5<"$1" && return
  why "$1"
  say X "$why"
  return 1
}

unpack() {
  case $1 in
    *.gz | *.Z) gzip -dc ;;
    *.xz | *.lzma) xz -dc ;;
    *.bz2) bzip2 -dc ;;
    *.zst) zstd -dc ;;
    *.lz4) lz4 -dc ;;
  esac <&5 2>/dev/null
}

# How the parts of a pipeline ended.
statuses() {
  u= t= h= k= sum= count= flaw=failed
  for word do
    case $word in
      u*) u=${word#u} ;;
      t*) t=${word#t} ;;
      h*) h=${word#h} ;;
      c0) k=0 ;;
      *) if [ -z "$sum" ]; then sum=$word; else count=$word; fi ;;
    esac
  done
}

# Whether the file at $1 was unpacked to its end; else $flaw says why not. 2 of gzip and xz is a warning.
whole() {
  case $u:$1 in
    0:* | 2:*.gz | 2:*.Z | 2:*.xz | 2:*.lzma) flaw=failed ;;
    126:* | 127:*) flaw=tool; return 1 ;;
    '':* | 1[3-9]?:*) flaw=failed; return 1 ;;
    *) flaw=damaged; return 1 ;;
  esac
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
