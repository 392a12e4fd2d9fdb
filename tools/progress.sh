# Progress of a run of steps: a bar with the last line of output on a terminal, plain lines elsewhere.
#
#   steps_total=3; step "TITLE" COMMAND...     runs COMMAND with its output in $steps_log

steps_done=0
steps_total=0
steps_log=/dev/null
heartbeat_seconds=30

bar() { # bar DONE TOTAL: ten cells
  local filled=$((10 * $1 / $2)) cells=''
  while [ ${#cells} -lt $filled ]; do cells+='#'; done
  printf '%-10s' "$cells" | tr ' ' '.'
}

last_line() { tail -c 400 "$steps_log" | tr '\r' '\n' | sed '/^[[:space:]]*$/d' | tail -n 1; }

show_running() { # show_running TITLE SECONDS
  local width=$((${COLUMNS:-$(tput cols 2>/dev/null || echo 80)} - 1)) line
  line="[$steps_done/$steps_total] $(bar $((steps_done - 1)) "$steps_total") $1 ($2 s) $(last_line)"
  printf '\r\e[K%s' "${line:0:width}"
}

watch_step() { # watch_step PID TITLE: until the process ends
  local began=$SECONDS
  while kill -0 "$1" 2>/dev/null; do
    if [ -t 1 ]; then
      show_running "$2" $((SECONDS - began))
    elif [ $((SECONDS - began)) -ge $heartbeat_seconds ]; then
      echo "[$steps_done/$steps_total] $2: $((SECONDS - began)) s so far: $(last_line | cut -c1-80)"
      heartbeat_seconds=$((heartbeat_seconds + 30))
    fi
    sleep 0.2
  done
  heartbeat_seconds=30
}

step() {
  local title=$1 began=$SECONDS pid
  shift
  steps_done=$((steps_done + 1))
  [ -t 1 ] || echo "[$steps_done/$steps_total] $title …"
  (set -e; "$@") >"$steps_log" 2>&1 </dev/null &
  pid=$!
  trap 'kill $pid 2>/dev/null; exit 130' INT TERM
  watch_step $pid "$title"
  trap - INT TERM
  [ ! -t 1 ] || printf '\r\e[K'
  if ! wait $pid; then
    tail -n 30 "$steps_log" >&2
    fail "[$steps_done/$steps_total] $title failed; the whole output is in ${steps_log#"$root"/}"
  fi
  echo "[$steps_done/$steps_total] $title: done in $((SECONDS - began)) s"
}
