#!/usr/bin/env bash
# Reloads the configuration again and again while requests keep coming, and prints what became of them and of memory.
#
#   cargo build --release && benches/reload.sh [RELOADS]
#
# Needs curl and wrk. Fails if a request got no answer, or another one than it should have.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

reloads=${1:-200}
program=${TOLLGATE:-target/release/tollgate}
for tool in curl wrk "$program"; do
  command -v "$tool" >/dev/null || { echo "benches/reload.sh needs $tool" >&2; exit 2; }
done
folder=$(mktemp -d)
pid=''
trap 'if [ -n "$pid" ]; then kill "$pid"; wait "$pid" || :; fi; rm -rf "$folder"' EXIT
cp examples/hello/plugin.wasm "$folder"
# Ports of the system's choice.
sed 's/port_value: [0-9]*/port_value: 0/; s#examples/hello/##' examples/hello/envoy.yaml >"$folder/envoy.yaml"
"$program" run "$folder/envoy.yaml" --concurrency 2 --log-level error >"$folder/said" &
pid=$!
until grep -q '^admin ' "$folder/said"; do
  kill -0 "$pid" 2>/dev/null || exit 1
  read -rt 0.05 <> <(:) || :
done
url=$(sed -n 's/^listener .*\(http:.*\)/\1/p' "$folder/said")
admin=$(sed -n 's/^admin *//p' "$folder/said")
resident() { awk '/^VmRSS/ { print $2 }' "/proc/$pid/status"; }
stat() { curl -s "$admin/stats" | sed -n "s/^$1: //p"; }

# As long as it takes: wrk is stopped when the last reload is done.
wrk -t1 -c32 -d600s "$url/" >"$folder/wrk" &
load=$!
until [ "$(stat http.ingress_http.downstream_rq_2xx)" -gt 10000 ]; do :; done
before=$(resident)
for _ in $(seq "$reloads"); do
  curl -sf -X POST "$admin/reload" >/dev/null
done
until [ "$(stat reload.generations_active)" = 1 ]; do :; done
after=$(resident)
kill -INT "$load"
wait "$load" || :
cat "$folder/wrk"
echo "reloads taken:       $(stat reload.success), refused: $(stat reload.failure)"
echo "connections made:    $(stat http.ingress_http.downstream_cx_total)"
echo "answers of 200:      $(stat http.ingress_http.downstream_rq_2xx) of $(stat http.ingress_http.downstream_rq_total) requests"
echo "VMs made, there now: $(stat wasm.envoy.wasm.runtime.wasmtime.created), $(stat wasm.wasm_vm_count)"
echo "resident memory:     $before kB before, $after kB after"
if grep -Eq 'Socket errors|Non-2xx' "$folder/wrk"; then exit 1; fi
