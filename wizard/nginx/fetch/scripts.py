"""The two static scripts that read a config at a vantage, for any POSIX `sh`.

User input and names from the vantage are never part of a script: they are arguments, which
`Vantage.argv` quotes. `$1` is a random mark that begins each part of the output.
"""

from wizard.nginx.load import MAX_FILES
from wizard.vantage.scripts import BARRED_FUNCTION

DUMP_SCRIPT = r"""
m=$1
part() { printf '\n%s %s\n' "$m" "$1"; }
# Find the running Nginx. Only a master process of root or of our own user counts, since we run the
# program and the config (its load_module) that it names with our rights. One in another network
# namespace belongs to another container.
mine=$(id -u 2>/dev/null) net=$(readlink /proc/self/ns/net 2>/dev/null)
bin= conf= prefix= dir= own= others= fits=0 inodes=
if [ -n "$3" ]; then
  inodes=$(grep -h ":$(printf %04X "$3") [0-9A-F:]* 0A " /proc/net/tcp /proc/net/tcp6 2>/dev/null |
    while read -r _ _ _ _ _ _ _ _ _ one _; do echo "$one"; done)
fi
# True if the process has a socket that listens on the requested port.
listening() {
  held=$(ls -l "$1/fd" 2>/dev/null)
  for one in $inodes; do
    case $held in *"socket:[$one]"*) return 0 ;; esac
  done
  return 1
}
master() {
  set -- "$1" $(ls -ldn "$1" 2>/dev/null)
  [ "$4" = 0 ] || [ "$4" = "$mine" ] || return 0
  far=$(readlink "$1/ns/net" 2>/dev/null)
  [ -z "$far" ] || [ "$far" = "$net" ] || return 0
  d=$1 c= p= seen=
  title=$(tr '\000' ' ' <"$1/cmdline" 2>/dev/null) || return 0
  set -f; set -- $title; set +f
  title=$*
  while [ $# -gt 0 ]; do
    case $1 in
      -c) c=$2 ;; -c?*) c=${1#-c} ;; -p) p=$2 ;; -p?*) p=${1#-p} ;; -g) break ;;
    esac
    shift
  done
  case $c in /*) [ -e "$c" ] || return 0 ;; esac
  title=${title#nginx: master process } fit=
  listening "$d" && fit=1 fits=$((fits + 1))
  if [ -n "$dir" ]; then
    if [ -z "$fit" ] || [ "$fits" -gt 1 ]; then others="$others$title
"; return 0; fi
    others="$own
$others"
  fi
  dir=$d conf=$c prefix=$p own=$title bin=
  exe=$(readlink "$d/exe" 2>/dev/null)
  [ -n "$exe" ] && [ -x "$exe" ] && bin=$exe
  return 0
}
for line in $(grep -l '^nginx: master process ' /proc/[0-9]*/cmdline 2>/dev/null); do
  master "${line%/cmdline}"
done
for one in nginx openresty /usr/sbin/nginx /usr/local/sbin/nginx /usr/local/nginx/sbin/nginx \
  /usr/local/openresty/nginx/sbin/nginx /usr/local/openresty/bin/openresty \
  /opt/bitnami/nginx/sbin/nginx /opt/homebrew/bin/nginx; do
  [ -n "$bin" ] && break
  bin=$(command -v "$one" 2>/dev/null)
done
if [ -z "$bin" ]; then part none; part end; exit 0; fi
# A relative config or prefix starts at the working directory of that Nginx.
case $conf$prefix in ?*) cd "$dir/cwd" 2>/dev/null ;; esac
want=$2
set -- "$bin"
[ -n "$prefix" ] && set -- "$@" -p "$prefix"
[ -n "$conf" ] && set -- "$@" -c "$conf"
part words; printf '%s' "$*"
[ -n "$others" ] && { part others; printf '%s\n' "$fits" "$own" "$others"; }
part version; "$bin" -v 2>&1
[ "$want" = dump ] || { part end; exit 0; }
# In the background, so that TERM ends it with us: it may wait for a name that does not resolve.
trap 'kill $! 2>/dev/null; exit' TERM
part dump; "$@" -T </dev/null &
wait $!
code=$?
part end; printf '%s' "$code"
"""
"""Prints the output of `nginx -v`, and if `$2` is `dump` also the output of `nginx -T` with the
options `-c` and `-p` of the running Nginx.

Of several that run, it chooses the one that listens on port `$3`, else the first. The part `others`
has the number of those that listen on it, the command line of the chosen one, and those of the
others; `none` means that there is no Nginx; `end` has the exit status of `nginx -T`.
"""

FILES_SCRIPT = rf"""{BARRED_FUNCTION}
m=$1 n=0 k=0
shift
command -v head >/dev/null || {{ echo 'head: not found' >&2; exit 127; }}
part() {{ printf '\n%s %s %s %s\n' "$m" "$n" "$1" "$2"; }}
one() {{
  if [ -f "$1" ] && [ -r "$1" ]; then part text "$1"; head -c 16777217 <"$1"
  elif [ -f "$1" ]; then part unreadable "$1"
  elif [ -d "$1" ]; then part directory "$1"
  elif [ -p "$1" ]; then part pipe "$1"
  elif [ -S "$1" ]; then part socket "$1"
  elif [ -e "$1" ]; then part device "$1"
  elif barred "$1"; then part unreachable "$1"; printf %s "$d"
  else part missing "$1"
  fi
}}
IFS=
for p in "$@"; do
  n=$((n + 1))
  case $p in
    *[*?[]*)
      d=${{p%/*}}
      if [ -d "$d" ] && [ ! -r "$d" ] || barred "$d/."; then part unlistable "$d"; fi
      for f in $p; do
        [ -e "$f" ] || [ -h "$f" ] || continue
        k=$((k + 1)); [ "$k" -gt {MAX_FILES + 1} ] && break
        one "$f"
      done ;;
    *) one "$p" ;;
  esac
done
printf '\n%s end\n' "$m"
"""
"""Prints the files that match each further argument, a path or a glob.

The heading of a part is the argument's number, the kind (`text`, or why there is no text) and the
file's name. An empty IFS keeps an unquoted word from being split; it is still expanded as a glob.
"""
