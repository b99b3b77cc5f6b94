# Outlives the test process, whatever its end. $1: the world's folder; the rest: the holder, a command
# that ends when stdin ends, and stdin ends when the test process does. Then nothing of the world stays.
dir=$1
shift
"$@"
sweep() {
  marked=' ' tree=''
  for file in $(grep -alF -- "$dir/" /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null); do
    pid=${file#/proc/}
    pid=${pid%/*}
    [ "$pid" = $$ ] || marked="$marked$pid "
  done
  for file in /proc/[0-9]*/stat; do
    { IFS= read -r line <"$file"; } 2>/dev/null || continue
    rest=${line##*) }
    rest=${rest#? }
    tree="$tree ${line%% *}:${rest%% *}"
  done
  more=y
  while [ "$more" ]; do
    more=''
    for pair in $tree; do
      case $marked in *" ${pair%:*} "*) continue ;; esac
      case $marked in *" ${pair#*:} "*) marked="$marked${pair%:*} " more=y ;; esac
    done
  done
  for pid in $marked; do kill -KILL "$pid" 2>/dev/null; done
}
sweep
sweep
# What stays is a directory that a test closed, or something that was being written.
rm -rf "$dir" 2>/dev/null || { sleep 0.2; sweep; chmod -R u+rwX "$dir"; rm -rf "$dir"; }
