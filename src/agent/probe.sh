# What a check asks on a CVM, in POSIX sh and coreutils. Every field of an answer has a NUL behind it.
LC_ALL=C
export LC_ALL
say() { printf '%s\000' "$@"; }

# h: user, groups, tail's path, the first line it says of itself, which of the tools are not there
h() {
  T=$(command -v tail)
  case $T in /*) ;; *) for T in /usr/bin/tail /bin/tail ''; do [ -x "$T" ] && break; done ;; esac
  missing=
  for tool in stat cat cksum head wc dd readlink sleep; do
    command -v $tool >/dev/null 2>&1 || missing="$missing $tool"
  done
  version=
  [ -z "$T" ] || version=$("$T" --version 2>&1 </dev/null | while read -r line; do echo "$line"; done)
  say "$(id -un 2>/dev/null)" "$(id -Gn 2>/dev/null)" "$T" "$version" "${missing# }"
}

# c: seconds since the epoch, the zone's offset and name
c() { say "$(date '+%s.%N')" "$(date '+%z')" "$(date '+%Z')"; }

# l PATH: kind, what it links to, "size modified mode owner:group" of the file, yes if it can be read, yes if sudo
# can, how many rotated files are beside it, when the newest of them was written, what time it is
l() {
  f=$1 t= r=$1 stat= read= sudo= n=0 newest= when=
  if [ -L "$f" ]; then
    t=$(readlink -n -- "$f"; echo .) t=${t%.}
    r=$(readlink -n -f -- "$f"; echo .) r=${r%.}
  fi
  if [ -f "$f" ]; then kind=file; else why "$f" && kind=$why; fi
  if [ $kind = file ]; then
    stat=$(stat -L -c '%s %.9Y %a %U:%G' -- "$f")
    if (: <"$f") 2>/dev/null; then read=yes
    elif command -v sudo >/dev/null 2>&1 && sudo -n test -r "$f" </dev/null >/dev/null 2>&1; then sudo=yes; fi
    case ${r##*/} in
      *".${f##*.}."*) p=${r%".${f##*.}."*}.${f##*.}. ;;
      *) p=$r ;;
    esac
    for s in "$p"?*; do
      [ -f "$s" ] && ! [ "$s" -ef "$f" ] || continue
      n=$((n + 1))
      if [ -z "$newest" ] || [ "$s" -nt "$newest" ]; then newest=$s; fi
    done
    [ -z "$newest" ] || when=$(stat -L -c %Y -- "$newest")
  fi
  say "$kind" "$t" "$stat" "$read" "$sudo" "$n" "$when" "$(date +%s.%N)"
}
