#!/usr/bin/env bash
# Requests keep coming while upstreams are killed, stopped and slow, and prints what became of them: every request gets an answer, none
# later than its time-out, what clients have counted is what the proxy has counted, and no worker keeps anybody waiting.
#
#   cargo build --release && benches/faults.sh [SECONDS]
#
# SECONDS (2) is for how long each fault lasts. Needs curl, python3 and wrk. Fails if any of that does not hold.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

lasts=${1:-2}
program=${TOLLGATE:-target/release/tollgate}
for tool in curl python3 wrk "$program"; do
  command -v "$tool" >/dev/null || { echo "benches/faults.sh needs $tool" >&2; exit 2; }
done
# Of a request, of an attempt, and what the machine may add.
timeout_ms=1000 try_ms=250 slack_ms=${SLACK_MS:-500}
connections=32
folder=$(mktemp -d)
pids=()
# One that is stopped hears no other signal.
trap 'for pid in "${pids[@]}"; do kill -KILL "$pid" 2>/dev/null || :; done; wait 2>/dev/null || :; rm -rf "$folder"' EXIT
pause() { read -rt "$1" <> <(:) || :; }

ports=(0 0 0) upstreams=(0 0 0)
# Starts upstream $1, at the port that it had.
start() {
  : >"$folder/upstream$1"
  python3 benches/faults.py "${ports[$1]}" >"$folder/upstream$1" &
  upstreams[$1]=$!
  pids+=("$!")
  # Bash would tell of its end.
  disown
  until [ -s "$folder/upstream$1" ]; do pause 0.05; done
  ports[$1]=$(cat "$folder/upstream$1")
}
for upstream in 0 1 2; do start "$upstream"; done
tell() { for upstream in "${@:2}"; do kill "-$1" "${upstreams[$upstream]}"; done; }

endpoints=$(printf '{"endpoint": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": %s}}}},' "${ports[@]}")
cp examples/hello/plugin.wasm "$folder"
cat >"$folder/envoy.yaml" <<YAML
admin: { address: { socket_address: { address: 127.0.0.1, port_value: 0 } } }
static_resources:
  listeners:
  - address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: faults
          http_filters:
          - name: envoy.filters.http.wasm
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm
              config: { name: hello, vm_config: { code: { local: { filename: plugin.wasm } } } }
          - name: envoy.filters.http.router
            typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
          route_config:
            virtual_hosts:
            - name: all
              domains: ["*"]
              routes:
              - match: { path: /direct }
                direct_response: { status: 200 }
              - match: { prefix: / }
                route:
                  cluster: upstream
                  timeout: $((timeout_ms / 1000))s
                  retry_policy: { retry_on: "5xx,reset,connect-failure", num_retries: 3, per_try_timeout: 0.${try_ms}s }
  clusters:
  - name: upstream
    connect_timeout: 0.${try_ms}s
    circuit_breakers: { thresholds: [{ max_retries: 1024 }] }
    load_assignment: { cluster_name: upstream, endpoints: [{ lb_endpoints: [${endpoints%,}] }] }
YAML
"$program" run "$folder/envoy.yaml" --concurrency 2 --log-level error >"$folder/said" 2>"$folder/log" &
proxy=$!
pids+=("$proxy")
until grep -qs '^admin ' "$folder/said"; do
  kill -0 "$proxy" 2>/dev/null || { cat "$folder/log" >&2; exit 1; }
  pause 0.05
done
url=$(sed -n 's/^listener .*\(http:.*\)/\1/p' "$folder/said")
admin=$(sed -n 's/^admin *//p' "$folder/said")
stat() { curl -s --max-time 5 "$admin/stats" | sed -n "s/^$1: //p"; }

# Does $2 to the end while requests come; $1 says what it is.
faults=() statuses=() slowest=0 lost=0
phase() {
  local what=$1
  shift
  wrk -t2 -c"$connections" -d"$((lasts + 2))s" --timeout 10s -s benches/faults.lua "$url/" >"$folder/wrk" &
  local load=$!
  # Beside them, requests that need no upstream: whoever is kept waiting here is kept by a worker.
  wrk -t1 -c8 -d"$((lasts + 2))s" --timeout 10s -s benches/faults.lua "$url/direct" >"$folder/beside" &
  local beside=$!
  pause 1
  "$@"
  wait "$load" "$beside"
  local answers
  answers=$(sed -n 's/^status //p' "$folder/wrk" | sort | awk '{ printf "%s: %s  ", $1, $2 }')
  local took waited
  took=$(sed -n 's/^slowest //p' "$folder/wrk") waited=$(sed -n 's/^slowest //p' "$folder/beside")
  printf '%-34s slowest %5s ms, beside %4s ms   %s\n' "$what" "$took" "$waited" "$answers"
  sed -n 's/^status //p' "$folder/wrk" "$folder/beside" >>"$folder/statuses"
  lost=$((lost + $(sed -n 's/^lost //p' "$folder/wrk") + $(sed -n 's/^lost //p' "$folder/beside")))
  if [ "$took" -gt $((timeout_ms + slack_ms)) ]; then faults+=("$what: an answer took $took ms"); fi
  if [ "$waited" -gt "$slack_ms" ]; then faults+=("$what: a worker kept a request for $waited ms"); fi
}
killed() { tell KILL "$@"; pause "$lasts"; for upstream in "$@"; do start "$upstream"; done; }
stopped() { tell STOP "$@"; pause "$lasts"; tell CONT "$@"; }
slow() { tell USR1 "$@"; pause "$lasts"; tell USR2 "$@"; }

phase "all is well" true
phase "one of three is killed" killed 0
phase "one of three is stopped" stopped 1
phase "one of three is slow" slow 2
phase "two of three are stopped" stopped 0 1
phase "all are slow" slow 0 1 2
phase "all are stopped" stopped 0 1 2
phase "all are killed" killed 0 1 2
phase "all is well again" true

until [ "$(stat http.faults.downstream_rq_active)" = 0 ]; do pause 0.1; done
of() { awk -v code="$1" '$1 ~ "^" code { sum += $2 } END { print sum + 0 }' "$folder/statuses"; }
ok=$(of 200) failed=$(of '5') other=$(($(of '') - $(of 200) - $(of 5)))
total=$(stat http.faults.downstream_rq_total) stat_ok=$(stat http.faults.downstream_rq_2xx) stat_failed=$(stat http.faults.downstream_rq_5xx)
echo "answers that clients have:   200: $ok  503: $(of 503)  504: $(of 504)  others: $other  none: $lost"
echo "answers that /stats has:     2xx: $stat_ok  5xx: $stat_failed  of $total requests"
for name in upstream_rq_retry upstream_rq_per_try_timeout upstream_rq_timeout upstream_cx_connect_fail; do
  echo "$name: $(stat "cluster.upstream.$name")"
done
[ "$lost" = 0 ] || faults+=("$lost requests got no answer")
[ "$other" = 0 ] || faults+=("$other answers are neither 200 nor 5xx")
[ $((stat_ok + stat_failed)) -ge $((ok + failed)) ] || faults+=("/stats has fewer answers than clients")
# When wrk ends, it takes up to a request per connection back.
cut=$((9 * (connections + 8)))
[ $((total - ok - failed)) -le "$cut" ] || faults+=("$((total - ok - failed)) requests have no answer, of which at most $cut were taken back")
if [ -s "$folder/log" ]; then faults+=("the proxy has logged: $(head -n 3 "$folder/log")"); fi
kill -TERM "$proxy"
wait "$proxy" || faults+=("the proxy ends with status $?")
for fault in "${faults[@]}"; do echo "FAILED: $fault" >&2; done
[ ${#faults[@]} = 0 ]
