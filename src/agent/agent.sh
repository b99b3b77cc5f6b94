# The part of cvmtail that runs on a CVM, in POSIX sh, coreutils (8.22 or later) and /proc.
#
# Standard input is this text, then one call per line of a function that `Request` in protocol.rs names, until the
# client goes. Standard output is records, and between them the bytes of the log that is served: 0x1e, the client's
# nonce $N, a space, a word, arguments, NUL. Every record is one small write, so it stays whole between bytes of the
# log, wherever they come from. The records are listed in protocol.rs, by `Reply`.
#
# Nothing is decided here: what to read next is up to the client. And no tool fails without a record: `refused` (the
# file cannot be opened), `unread` (it was opened, but not read to its end) or `broken` (the CVM could not do it).
#
# The client sends this without comments and indentation, and sets before it: N nonce, Q redundant path segments that
# sign the messages of tail (each begins with the path that tail was called by).
LC_ALL=C
export LC_ALL
nl='
'

emit() { printf '\036%s %s\000' "$N" "$*" || exit 1; }

# end_answer: what was asked for before is answered. answered
end_answer() { emit answered; }

# ---- What is at a path

# The one format of stat: mode, identity, size, time of last change, number of links. An exclamation mark before it
# says that the file cannot be opened.
facts='%f %d:%i %s %.9Y %h'
stat_file() { exec stat -L -c "$facts" -- "$@" 2>/dev/null; } # only ever within $(...)

# True if the file at $1 can be opened. Starts no process, and touches nothing that might block.
opens() { [ -f "$1" ] && [ -r "$1" ] && true 2>/dev/null <"$1"; }
closed() { opens "$1" || printf '!'; }

# Sets $why to the reason why there is no file at $1 that can be read: directory, denied, special, notdir (a file
# stands where a directory should), loop (of links) or missing. Starts no process, except where a link leads nowhere.
why_not() {
  if [ -d "$1" ]; then why=directory
  elif [ -f "$1" ]; then why=denied
  elif [ -e "$1" ]; then why=special
  else
    why= up=$1 hops=0
    until [ "$why" ]; do
      # The deepest part of the path that exists, and the part below it that does not. Each round makes $up
      # shorter, or ends: what has no slash stands in the working directory.
      below=
      until [ -e "$up" ]; do
        below=$up
        case $up in
          / | .) break ;;
          */*) up=${up%/*} up=${up:-/} ;;
          *) up=. ;;
        esac
      done
      if ! [ -d "$up" ] && [ -e "$up" ] && [ "$below" ]; then why=notdir
      elif ! [ -x "$up" ]; then why=denied
      elif ! [ -L "$below" ]; then why=missing
      elif [ $hops -ge 40 ]; then why=loop
      else
        # A dangling link: go on with the path it leads to.
        hops=$((hops + 1)) link=$(readlink -n -- "$below" && echo .)
        case $link in
          /*) up=${link%.} ;;
          *?.) up=$up/${link%.} ;;
          *) why=missing ;; # it went away just now
        esac
      fi
    done
  fi
}

# True if these words of stat say that nothing is there.
is_nowhere() {
  case $1 in
    *': No such file or directory' | *': Not a directory') ;;
    *': Too many levels of symbolic links' | *': Symbolic link loop') ;;
    *) return 1 ;;
  esac
}

# examine NUMBER PATH: how the file or directory at PATH is. examined NUMBER ok FACTS | examined NUMBER WHY
examine() {
  why_not "$2"
  case $why in
    denied) ! opens "$2" || why="ok $(stat_file "$2")" ;;
    directory) [ -r "$2" ] && [ -x "$2" ] || why=denied ;;
  esac
  emit examined "$1 $why"
}

# ---- Files among many names: each is examined, and what cannot be is reported

# list_entries PATH...: file for each file, hidden for each name that cannot be examined. A directory, or a link that
# leads nowhere, is neither. Fails if a name went away meanwhile ($gone).
list_entries() {
  gone= odd=
  list_present "$@"
  [ -z "$odd" ] || list_absent "$@"
  [ -z "$gone" ]
}

# The files among them, a hundred per call: a directory may have more names than fit into one.
list_present() {
  begun=
  for path do
    [ -n "$begun" ] || { begun=1; set --; }
    if [ -f "$path" ]; then
      set -- "$@" "$path"
      [ $# -lt 100 ] || { list_hundred "$@"; set --; }
    elif ! [ -e "$path" ]; then odd=1; fi
  done
  [ -z "$begun" ] || [ $# -eq 0 ] || list_hundred "$@"
}

list_hundred() {
  if found=$(stat_file "$@"); then
    set -f
    IFS=$nl
    for line in $found; do
      unset IFS
      set +f
      emit_file "$line" "$1"
      shift
    done
  else
    for name do
      if found=$(stat_file "$name"); then emit_file "$found" "$name"; else explain_stray "$name"; fi
    done
  fi
}

# emit_file FACTS PATH, unless it has become something else meanwhile (S_IFREG is 8000).
emit_file() {
  mark=!
  ! opens "$2" || mark=
  case $1 in 8*) emit file "$mark$1 $2" ;; esac
}

# The names among them that lead to nothing, a hundred per call.
list_absent() {
  begun=
  for path do
    [ -n "$begun" ] || { begun=1; set --; }
    [ -e "$path" ] || set -- "$@" "$path"
    [ $# -lt 100 ] || { explain_hundred "$@"; set --; }
  done
  [ -z "$begun" ] || [ $# -eq 0 ] || explain_hundred "$@"
}

explain_hundred() {
  words=$(stat -L -c '' -- "$@" 2>&1 >/dev/null)
  count=0 harmless=1
  set -f
  IFS=$nl
  for line in $words; do
    count=$((count + 1))
    is_nowhere "$line" || harmless=
  done
  unset IFS
  set +f
  [ $count -eq $# ] || harmless=
  for name do [ -n "$harmless" ] && [ -L "$name" ] || explain_stray "$name"; done
}

# Why a name led to nothing.
explain_stray() {
  if words=$(stat -L -c '' -- "$1" 2>&1) || { is_nowhere "$words" && ! [ -L "$1" ]; }; then gone=$1
  elif ! is_nowhere "$words"; then emit hidden entry "$1"; fi
}

# list_directories PATH...: hidden for each directory that exists and cannot be listed
list_directories() {
  for directory do
    [ -r "$directory" ] && [ -x "$directory" ] && continue
    if words=$(stat -L -c '' -- "$directory" 2>&1) || ! is_nowhere "$words"; then emit hidden directory "$directory"; fi
  done
}

# find_files PATH...: link for each link, file and hidden as above, relisted if a name went away meanwhile
find_files() {
  for name do [ ! -L "$name" ] || emit link "$name"; done
  # A pattern that matches nothing stands for itself.
  [ $# -gt 1 ] || [ -e "$1" ] || [ -L "$1" ] || return 0
  list_entries "$@" || emit relisted
}

# read_links PATH...: link and target for each link
read_links() {
  for name do
    [ ! -L "$name" ] || { emit link "$name"; emit_target "$name"; }
  done
}
emit_target() {
  target=$(readlink -n -- "$1"; echo .)
  emit target "${target%.}"
}

# ---- What the CVM is like

# clock: seconds.nanoseconds, offset and name of the zone, the link to its file
clock() { emit clock "$(date '+%s.%N %z %Z' 2>&1) $(readlink /etc/localtime 2>&1)"; }

# shell_facts: one per line, the user, the groups, tail's path, which of the tools are missing, what tail calls itself
shell_facts() {
  T=$(command -v tail)
  case $T in /*) ;; *) for T in /usr/bin/tail /bin/tail ''; do [ -x "$T" ] && break; done ;; esac
  missing=
  for tool in stat cat cksum head wc dd readlink sleep; do
    command -v $tool >/dev/null 2>&1 || missing="$missing $tool"
  done
  version=
  [ -z "$T" ] || version=$("$T" --version 2>&1 </dev/null | while read -r line; do echo "$line"; done)
  emit shell "$(id -un 2>/dev/null)$nl$(id -Gn 2>/dev/null)$nl$T$nl${missing# }$nl$version"
}

# describe_file PATH: target, if it is a link; then absent WHY, or described SUDO ROTATED NEWEST NOW FACTS OWNER:GROUP:
# whether sudo could read it, how many rotated files are beside it, when the newest of them was written (or -), the time
describe_file() {
  f=$1 r=$1 sudo=no n=0 newest= when=
  if [ -L "$f" ]; then
    emit_target "$f"
    r=$(readlink -n -f -- "$f"; echo .) r=${r%.}
  fi
  found=
  if [ -f "$f" ]; then found=$(stat -L -c "$facts %U:%G" -- "$f" 2>/dev/null) || found=; fi
  if [ -z "$found" ]; then
    why_not "$f"
    emit absent "$why"
    return
  fi
  mark=!
  ! opens "$f" || mark=
  [ -z "$mark" ] || ! command -v sudo >/dev/null 2>&1 || ! sudo -n test -r "$f" </dev/null >/dev/null 2>&1 || sudo=yes
  case ${r##*/} in
    *".${f##*.}."*) p=${r%".${f##*.}."*}.${f##*.}. ;;
    *) p=$r ;;
  esac
  for s in "$p"?*; do
    [ -f "$s" ] && ! [ "$s" -ef "$f" ] || continue
    n=$((n + 1))
    if [ -z "$newest" ] || [ "$s" -nt "$newest" ]; then newest=$s; fi
  done
  [ -z "$newest" ] || when=$(stat -L -c %Y -- "$newest" 2>/dev/null)
  emit described "$sudo $n ${when:--} $(date +%s.%N) $mark$found"
}

# cluster_members: cluster STATUS, and what svmips printed. By its full path: the shell of an ssh has a bare PATH.
cluster_members() {
  words=$(/usr/local/nutanix/cluster/bin/svmips </dev/null 2>&1)
  emit cluster "$? $words"
}

# ---- A small file server for one log, whose file is open on descriptor 4

M= W= G=
four=/proc/$$/fd/4

# serve PATH: begin to serve the log at PATH. serving, and the path of tail (none: there is no tail)
serve() {
  F=$1
  trap 'exit 1' HUP INT PIPE TERM
  trap 'trap "" TERM; kill -TERM 0' EXIT
  find_tail
  emit serving "$T"
  T=${T%/*}/$Q${T##*/}
}

# Where tail is, without starting a process.
find_tail() {
  set -f
  IFS=:
  for T in $PATH /usr/bin /bin; do
    case $T in /*) T=$T/tail ;; *) T= ;; esac
    [ ! -f "$T" ] || [ ! -x "$T" ] || break
    T=
  done
  unset IFS
  set +f
}

# Sets $p to the place where descriptor $1 stands.
find_place() {
  p=
  while read -r key value; do [ "$key" = pos: ] && p=$value; done </proc/$$/fdinfo/"$1"
  [ -n "$p" ]
}

# The permission to read the file on descriptor 4 may be gone: then a second reader of it gets refused denied.
reopens() { opens $four || { emit refused denied; false; }; }

# open_log PATH: open the file at PATH. opened FACTS PATH (links resolved) | refused WHY
open_log() {
  for attempt in 1 2; do # it may appear just now
    if opens "$1" && command exec 4<"$1"; then
      W= r=$1
      if [ -L "$1" ]; then r=$(readlink -f -- "$1" && echo .) r=${r%?.}; fi
      if h=$(stat_file $four); then emit opened "$h" "$r"; else emit broken "stat failed"; fi
      return
    fi
    why_not "$1"
    [ "$why" = denied ] || break
  done
  W=0 h=
  emit refused "$why"
}

# enter_log PATH ID PREFIX: open_log PATH, and if it is the file ID: list_series PREFIX, copy 0
enter_log() {
  open_log "$1"
  case $h in *" $2 "*) list_series "$3"; copy 0 ;; esac
}

# find_backlog COUNT: where the last COUNT lines (or the lines from +COUNT on) begin. backlog OFFSET
find_backlog() {
  reopens || return 0
  n=
  command exec 5<$four && n=$({ { tail -n "$1" && printf . >&3; } <&5 | wc -c; } 3>&1) && find_place 5 || n=
  exec 5<&-
  case $n in
    .*) emit backlog $((p - ${n#.})) ;;
    *) emit broken "tail | wc failed" ;;
  esac
}

# read_part OFFSET COUNT: COUNT bytes of the open file from OFFSET on, and a dot on descriptor 3 if all went well
read_part() { { dd bs=1 skip="$1" count=0 2>/dev/null && head -c "$2" && printf . >&3; } <$four; }

# peek OFFSET COUNT: show COUNT bytes of the open file from OFFSET on. peeked BASE64 (with a dot somewhere)
peek() {
  reopens || return 0
  bytes=$({ read_part "$1" "$2" | base64; } 3>&1) || bytes=
  case $bytes in
    *.*) emit peeked "$bytes" ;;
    *) emit broken "head | base64 failed" ;;
  esac
}

# copy OFFSET: send the open file from there to its end. bytes, end OFFSET | bytes, broken REASON | refused denied
copy() {
  ! opens $four || command exec 4<$four
  if ! find_place 4; then emit broken "the read offset is unknown"; return; fi
  # A descriptor that cannot be opened again can still go forward.
  if [ "$p" -gt "$1" ]; then emit refused denied; return; fi
  if [ "$p" -lt "$1" ] && ! dd bs=1 skip=$(($1 - p)) count=0 <&4 2>/dev/null; then
    emit broken "cannot seek to byte $1"
    return
  fi
  {
    trap 'emit broken "cat failed"' EXIT # also where the shell can start no process and exits
    if cat <&4 && find_place 4; then trap - EXIT; emit end "$p"; fi
  } &
}

# follow OFFSET PATH: send the open file from there, and what is appended; it is at PATH. bytes, following | bytes, halted
follow() {
  opens "$2" || { stop_tail; return; }
  "$T" -c +$(($1 + 1)) -f -s 1 --pid=$$ -- "$2" 2>&1 3<&- 4<&- &
  M=$! i=0
  until [ "/proc/$M/fd/3" -ef $four ]; do # the path may have got another file just now
    i=$((i + 1))
    if [ $i -gt 60 ] || ! [ "$2" -ef $four ]; then stop_tail; return; fi
    case $i in ?) sleep 0.002 ;; *) sleep 0.04 ;; esac
  done
  emit following
}

# follow_open OFFSET: the same without a path: tail gets the descriptor, and polls once a second
follow_open() { follow "$1" $four; }

# stop_tail: end the tail. halted
stop_tail() {
  [ -z "$M" ] || { kill -KILL "$M"; wait "$M"; } 2>/dev/null
  M=
  emit halted
}

# await_log: report when the log can be opened. appeared, later
await_log() { W=0; }

# checksum OFFSET COUNT: of the COUNT bytes before OFFSET of the open file. sum SUM COUNT SIZE | refused denied |
# unread failed
checksum() {
  reopens || return 0
  sum=$({ read_part $(($1 - $2)) "$2" | cksum; } 3>&1) && size=$(stat -L -c %s $four) || sum=
  case $sum in
    .*) emit sum "${sum#.}" "$size" ;;
    *) emit unread failed ;;
  esac
}

# list_series PREFIX: list the open file, the log's own path and all paths that begin with PREFIX. current FACTS; live
# FACTS or absent WHY (the log's path); file and hidden for each path; hidden directory, if it cannot be listed;
# relisted (what came so far is void, the list begins again); listed
list_series() {
  prefix=$1 tries=0
  if [ -e $four ]; then
    if found=$(closed $four; exec stat -L -c "$facts" $four); then emit current "$found"; else emit broken "stat failed"; fi
  fi
  if [ -f "$F" ] && found=$(closed "$F"; stat_file "$F"); then emit live "$found"
  elif [ -f "$F" ] && opens "$F"; then emit broken "stat failed"
  else why_not "$F"; emit absent "$why"; fi
  case $1 in */*) d=${1%/*} d=${d:-/} ;; *) d=. ;; esac
  if [ -r "$d" ] && [ -x "$d" ]; then
    while
      set -- "$prefix"*
      [ $# -gt 1 ] || [ -e "$1" ] || [ -L "$1" ] || shift
      ! list_entries "$@" && [ $tries -lt 5 ]
    do
      tries=$((tries + 1))
      emit relisted
    done
    [ -z "$gone" ] || emit hidden entry "$gone"
    # The open file has a name there: where nothing is found, the directory was not read.
    [ $# -gt 0 ] || case $r in "$prefix"*) [ ! -e "$r" ] || emit hidden directory "$d" ;; esac
  else list_directories "$d"; fi
  emit listed
}

# ---- Compressed files

# checksum_compressed PATH OFFSET COUNT: as checksum, of the file at PATH. sum SUM COUNT | refused WHY | unread FLAW
checksum_compressed() {
  open_compressed "$1" || return 0
  words=$({
    { decompress "$1"; echo "u$?" >&3; } | { tail -c +$(($2 - $3 + 1)); echo "t$?" >&3; } |
      { head -c "$3"; echo "h$?" >&3; } | cksum && echo c0
  } 3>&1)
  exec 5<&-
  read_statuses $words
  # If head got all it wanted, the programs before it end by a signal, which is no error.
  if [ "$k" = 0 ] && { [ "$count" = "$3" ] || { is_whole "$1" && [ "$t$h" = 00 ]; }; }; then emit sum "$sum $count"
  else emit unread "$flaw"; fi
}

# copy_compressed PATH OFFSET: as copy, of the file at PATH. bytes, end | bytes, unread FLAW | refused WHY
copy_compressed() {
  open_compressed "$1" || return 0
  {
    trap 'emit unread failed' EXIT
    { words=$({ { decompress "$1"; echo "u$?" >&3; } | { tail -c +$(($2 + 1)) >&6; echo "t$?" >&3; }; } 3>&1); } 6>&1
    trap - EXIT
    read_statuses $words
    if is_whole "$1" && [ "$t" = 0 ]; then emit end; else emit unread "$flaw"; fi
  } &
  exec 5<&-
}

# Open the compressed file at $1 on descriptor 5; refused WHY, if it cannot be.
open_compressed() {
  opens "$1" && command exec 5<"$1" && return
  why_not "$1"
  emit refused "$why"
  return 1
}

decompress() {
  case $1 in
    *.gz | *.Z) gzip -dc ;;
    *.xz | *.lzma) xz -dc ;;
    *.bz2) bzip2 -dc ;;
    *.zst) zstd -dc ;;
    *.lz4) lz4 -dc ;;
  esac <&5 2>/dev/null
}

# How the parts of a pipeline ended.
read_statuses() {
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

# True if the file at $1 was decompressed to its end; else $flaw says why not. 2 of gzip and xz is a warning.
is_whole() {
  case $u:$1 in
    0:* | 2:*.gz | 2:*.Z | 2:*.xz | 2:*.lzma) flaw=failed ;;
    126:* | 127:*) flaw=tool; return 1 ;;
    '':* | 1[3-9]?:*) flaw=failed; return 1 ;;
    *) flaw=damaged; return 1 ;;
  esac
}

# ---- The heartbeat

# alive: the client is.
alive() { [ -z "$G" ] || kill -USR1 "$G" 2>/dev/null; }

# tick: the client is alive, and asks for changes that tail does not report. halted: the tail is gone; appeared: the
# log, which could not be opened, can be; moved: the path has another file or none. While the log cannot be opened,
# moved comes every tenth time, as there may be other files of it.
tick() {
  alive
  if [ -n "$W" ]; then
    W=$((W + 1))
    if opens "$F"; then W=; emit appeared; return; fi
  fi
  if [ -n "$M" ] && ! [ "/proc/$M/fd/3" -ef $four ]; then stop_tail
  elif [ -n "$W" ]; then case $W in *0) emit moved ;; esac
  elif [ -n "$M" ] && ! [ "$F" -ef $four ]; then emit moved; fi
}

# watchdog SECONDS: end this connection when no heartbeat came for that long, twice that at most. Without it, all of
# this would stay for hours behind a cut cable, of which sshd learns nothing.
watchdog() {
  [ -z "$G" ] || return 0
  trap '' USR1
  (
    trap beaten=1 USR1
    trap - EXIT HUP INT PIPE TERM
    while beaten=; sleep "$1"; [ -n "$beaten" ]; do :; done
    kill -TERM "$PPID" $$
  ) >/dev/null 2>&1 &
  G=$!
}
