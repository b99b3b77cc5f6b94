# Shared by every script that runs on a CVM. why PATH: set $why to the reason why there is no file at PATH that
# can be read: folder, denied, special, notdir (a file stands where a directory should), loop (of links) or missing.
# Starts no process, except where a link leads nowhere.
why() {
  if [ -d "$1" ]; then why=folder
  elif [ -f "$1" ]; then why=denied
  elif [ -e "$1" ]; then why=special
  else
    why= up=$1 hops=0
    until [ "$why" ]; do
      # The deepest part of the path that is there, and the part below it that is not. Each round makes $up
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
        # A link that leads nowhere: the part that is not there is on its way.
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
