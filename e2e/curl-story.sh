#!/bin/sh
# The whole story with nothing but curl and a shell: upload, topology, plan, deploy, infer, move while it serves, events, clean up.
# Usage: curl-story.sh CONSOLE_URL MODEL.onnx [SHAPE]
#   SHAPE    sizes of the model's one float32 input, with commas (default 1,3,48,192)
#   TOKEN    environment: the credential of a console that demands one
# Needs two online nodes and a model with at least one legal cut. Exits 0 when every answer was as it must be; says which one was not.
set -eu

console=${1:?console URL}
model=${2:?model file}
shape=${3:-1,3,48,192}
api=$console/api/v1
name=curl-story-$$
work=$(mktemp -d)
waiter=
trap '[ -z "$waiter" ] || kill "$waiter" 2> /dev/null || :; rm -rf "$work"' EXIT
[ -z "${TOKEN:-}" ] || printf 'header = "Authorization: Bearer %s"\n' "$TOKEN" > "$work/curlrc"
touch "$work/curlrc"

say() { printf '%s\n' "$*"; }
fail() { say "FAILED: $*" >&2; exit 1; }

# call METHOD PATH [JSON]: the answer on stdout; any status but 2xx fails with what the console said.
call() {
  if [ $# -ge 3 ]; then
    status=$(curl -sS -K "$work/curlrc" -X "$1" -H 'content-type: application/json' -d "$3" -o "$work/answer" -w '%{http_code}' "$api$2")
  else
    status=$(curl -sS -K "$work/curlrc" -X "$1" -o "$work/answer" -w '%{http_code}' "$api$2")
  fi
  case $status in 2*) cat "$work/answer" ;; *) fail "$1 $2 answered $status: $(cat "$work/answer")" ;; esac
}

# first KEY: the first string of that key. after KEY: the id of the object under that key.
first() { grep -o "\"$1\":\"[^\"]*\"" | sed -n "1s/^\"$1\":\"\(.*\)\"\$/\1/p"; }
after() { sed -n "s/.*\"$1\":{\"id\":\"\([^\"]*\)\".*/\1/p"; }

# wait_for OPERATION: until it succeeded.
wait_for() {
  for _ in 1 2 3 4 5; do
    call GET "/operations/$1?waitSeconds=60" > "$work/operation"
    case $(first status < "$work/operation") in
      running) ;;
      succeeded) return 0 ;;
      *) fail "operation $1 ended as $(cat "$work/operation")" ;;
    esac
  done
  fail "operation $1 did not end: $(cat "$work/operation")"
}

# ── where the event log is now ──
head=$(call GET '/events?limit=1' | sed -n 's/.*"headSeq":\([0-9]*\).*/\1/p')

# ── upload ──
say "uploading $(basename "$model")"
status=$(curl -sS -K "$work/curlrc" -X POST -H 'content-type: application/octet-stream' --data-binary "@$model" -o "$work/model" -w '%{http_code}' "$api/models?name=$name&fileName=$(basename "$model")")
case $status in 200 | 201) ;; *) fail "the upload answered $status: $(cat "$work/model")" ;; esac
model_id=$(first id < "$work/model")
[ -n "$model_id" ] || fail "the upload's answer has no model: $(cat "$work/model")"

# ── topology: the first two online nodes, linked; figures are measured ──
call GET /nodes | sed 's/{"id":"nod_/\n{"id":"nod_/g' | grep '"status":"online"' | sed -n 's/^{"id":"\(nod_[^"]*\)".*/\1/p' > "$work/nodes"
first_node=$(sed -n 1p "$work/nodes")
second_node=$(sed -n 2p "$work/nodes")
[ -n "$second_node" ] || fail "two online nodes are needed"
topology_id=$(call POST /topologies "{\"name\":\"$name\",\"document\":{\"nodes\":[{\"id\":\"one\",\"name\":\"one\",\"nodeId\":\"$first_node\"},{\"id\":\"two\",\"name\":\"two\",\"nodeId\":\"$second_node\"}],\"links\":[{\"id\":\"link\",\"fromId\":\"one\",\"toId\":\"two\",\"bidirectional\":true}],\"sourceId\":\"one\"}}" | first id)
say "topology $topology_id over $first_node and $second_node"

# ── plan: solved over both nodes, checked against the whole model ──
call POST /plans/solve "{\"modelId\":\"$model_id\",\"topologyId\":\"$topology_id\",\"objective\":\"throughput\",\"minStages\":2,\"forDeploy\":true}" > "$work/solved"
# The same question as an operation: followed while it searches, its result is the plan with its proof.
asked="\"modelId\":\"$model_id\",\"topologyId\":\"$topology_id\",\"objective\":\"latency\",\"maxStages\":2"
planning_id=$(call POST /plans/start "{$asked,\"seed\":7}" | after operation)
wait_for "$planning_id"
grep -q '"search":{"elapsedMs"' "$work/operation" || fail "planning told no progress: $(cat "$work/operation")"
grep -q '"proved":true' "$work/operation" || fail "a small plan is not proved: $(cat "$work/operation")"
call POST /plans/compare "{$asked,\"solvers\":[\"cutplane/1\"]}" | grep -q '"key":"cutplane/1"' || fail "the comparison has no row"
placement=$(sed -n 's/.*"placement":\(\[[^]]*\]\).*/\1/p' "$work/solved")
[ -n "$placement" ] || fail "no plan was found: $(cat "$work/solved")"
plan_id=$(call POST /plans "{\"modelId\":\"$model_id\",\"topologyId\":\"$topology_id\",\"placement\":$placement}" | first id)
check=$(call GET "/operations?subjectId=$plan_id" | first id)
wait_for "$check"
call GET "/plans/$plan_id" | grep -q '"parity":{"status":"equal"' || fail "the plan's parity is not equal: $(call GET "/plans/$plan_id" | grep -o '"parity":{[^}]*')"
say "plan $plan_id, equal to the whole model"

# ── deploy ──
call POST /deployments "{\"name\":\"$name\",\"planId\":\"$plan_id\",\"idempotencyKey\":\"$name-deploy\"}" > "$work/deployment"
deployment_id=$(after deployment < "$work/deployment")
wait_for "$(after operation < "$work/deployment")"
call GET "/deployments/$deployment_id" > "$work/deployment"
ingress=$(grep -o '"ingress":\[{[^]]*' "$work/deployment" | first url)
[ -n "$ingress" ] || fail "the deployment has no ingress: $(cat "$work/deployment")"
say "deployment $deployment_id serves at $ingress"

# ── infer, straight at the ingress ──
input=$(curl -sS "$ingress/v2/models/$name" | sed -n 's/.*"inputs":\[{[^}]*"name":"\([^"]*\)".*/\1/p')
[ -n "$input" ] || fail "the ingress does not name the model's input"
count=1
for size in $(printf '%s' "$shape" | sed 's/,/ /g'); do count=$((count * size)); done
data=$(printf '0.25,%.0s' $(seq "$count"))
printf '{"inputs":[{"name":"%s","datatype":"FP32","shape":[%s],"data":[%s]}]}' "$input" "$shape" "${data%,}" > "$work/request"
# infer FILE URL: the outputs into FILE, or the status on stdout and failure.
infer() {
  code=$(curl -sS --max-time 60 -X POST -H 'content-type: application/json' --data-binary "@$work/request" -o "$1.raw" -w '%{http_code}' "$2") || { say "curl failed"; return 1; }
  [ "$code" = 200 ] || { say "status $code: $(cat "$1.raw")"; return 1; }
  sed -n 's/.*"outputs":\(.*\)$/\1/p' "$1.raw" | sed 's/"id":"[^"]*"//' > "$1"
  [ -s "$1" ]
}
infer "$work/before" "$ingress/v2/models/$name/infer" || fail "the ingress refused: $(cat "$work/before.raw")"
infer "$work/tried" "$api/deployments/$deployment_id/infer" || fail "the console's try-it refused: $(cat "$work/tried.raw")"
cmp -s "$work/before" "$work/tried" || fail "the try-it answer differs from the ingress' own"
say "it answers"

# ── move: the two stages change places, while requests run ──
moved=$(printf '%s' "$placement" | sed 's/"one"/"_"/g; s/"two"/"one"/g; s/"_"/"two"/g')
new_plan_id=$(call POST /plans "{\"modelId\":\"$model_id\",\"topologyId\":\"$topology_id\",\"placement\":$moved}" | first id)
wait_for "$(call GET "/operations?subjectId=$new_plan_id" | first id)"
call POST "/deployments/$deployment_id/plan" "{\"planId\":\"$new_plan_id\",\"dryRun\":true}" | grep -q '"operation":null' || fail "a dry run started something"
revision=$(grep -o '"currentRevision":{[^}]*' "$work/deployment" | sed -n 's/.*"number":\([0-9]*\).*/\1/p')
move=$(call POST "/deployments/$deployment_id/plan" "{\"planId\":\"$new_plan_id\",\"expectedRevision\":$revision,\"reason\":\"curl moves it\"}" | after operation)
( wait_for "$move"; touch "$work/moved" ) & waiter=$!
sent=0
while [ ! -e "$work/moved" ] && kill -0 "$waiter" 2> /dev/null; do
  infer "$work/during" "$ingress/v2/models/$name/infer" || fail "a request failed during the move: $(cat "$work/during.raw")"
  cmp -s "$work/before" "$work/during" || fail "an answer changed during the move"
  sent=$((sent + 1))
done
wait "$waiter" || fail "the move did not succeed"
waiter=
infer "$work/now" "$ingress/v2/models/$name/infer" || fail "the ingress refused after the move: $(cat "$work/now.raw")"
cmp -s "$work/before" "$work/now" || fail "the answer changed with the move"
say "moved; $sent requests meanwhile, every answer equal"

# ── events: everything that happened, in order, without a gap ──
call GET "/events?afterSeq=$head&limit=1000" > "$work/events"
for event in plan.created plan.checked deployment.created migration.started migration.step migration.finished; do
  grep -q "\"name\":\"$event\"" "$work/events" || fail "there was no event $event"
done
grep -o '"seq":[0-9]*' "$work/events" | sed 's/"seq"://' > "$work/seqs"
expected=$((head + 1))
while read -r seq; do
  [ "$seq" = "$expected" ] || fail "event $expected is missing"
  expected=$((expected + 1))
done < "$work/seqs"

# ── clean up ──
wait_for "$(call POST "/deployments/$deployment_id/stop" | after operation)"
call DELETE "/deployments/$deployment_id" > /dev/null
call DELETE "/topologies/$topology_id" > /dev/null
say "done: uploaded, planned, deployed, inferred, moved, read $(grep -c . "$work/seqs") events"
