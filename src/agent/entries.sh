# Files among many names, in POSIX sh and coreutils: each name is examined, and what cannot be is reported.
#
# Its user defines $form, the format of stat, and two functions: seen ABOUT PATH is called for each file,
# unseen PATH for each name that cannot be examined. A directory, or a link that leads nowhere, is neither.
nl='
'

# entries PATH...: examine these names. Fails if one of them went away meanwhile ($gone).
entries() {
  gone= odd=
  files "$@"
  [ -z "$odd" ] || strays "$@"
  [ -z "$gone" ]
}

# The files among them, a hundred in one call: a directory may have more names than fit into one.
files() {
  begun=
  for path do
    [ -n "$begun" ] || { begun=1; set --; }
    if [ -f "$path" ]; then
      set -- "$@" "$path"
      [ $# -lt 100 ] || { measure "$@"; set --; }
    elif ! [ -e "$path" ]; then odd=1; fi
  done
  [ -z "$begun" ] || [ $# -eq 0 ] || measure "$@"
}

measure() {
  if found=$(stat -L -c "$form" -- "$@" 2>/dev/null); then
    set -f
    IFS=$nl
    for line in $found; do
      unset IFS
      set +f
      seen "$line" "$1"
      shift
    done
  else
    for name do
      if found=$(stat -L -c "$form" -- "$name" 2>/dev/null); then seen "$found" "$name"; else stray "$name"; fi
    done
  fi
}

# The names among them that lead to nothing, a hundred in one call.
strays() {
  begun=
  for path do
    [ -n "$begun" ] || { begun=1; set --; }
    [ -e "$path" ] || set -- "$@" "$path"
    [ $# -lt 100 ] || { doubt "$@"; set --; }
  done
  [ -z "$begun" ] || [ $# -eq 0 ] || doubt "$@"
}

doubt() {
  words=$(stat -L -c '' -- "$@" 2>&1 >/dev/null)
  count=0 harmless=1
  set -f
  IFS=$nl
  for line in $words; do
    count=$((count + 1))
    nowhere "$line" || harmless=
  done
  unset IFS
  set +f
  [ $count -eq $# ] || harmless=
  for name do [ -n "$harmless" ] && [ -L "$name" ] || stray "$name"; done
}

# Why a name led to nothing.
stray() {
  if words=$(stat -L -c '' -- "$1" 2>&1) || { nowhere "$words" && ! [ -L "$1" ]; }; then gone=$1
  elif ! nowhere "$words"; then unseen "$1"; fi
}

# Whether these words of stat say that nothing is there.
nowhere() {
  case $1 in
    *': No such file or directory' | *': Not a directory') ;;
    *': Too many levels of symbolic links' | *': Symbolic link loop') ;;
    *) return 1 ;;
  esac
}
