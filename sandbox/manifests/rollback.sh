#!/usr/bin/env bash
# rollback.sh NAMESPACE DEPLOYMENT REASON: back to the safe pipeline, the fallback store, and no new feature.
# KUBECONFIG says which clusters there are; KUBE_CONTEXT which of them, else the one whose namespace it is.
set -uo pipefail
KUBECTL=kubectl

if [ "$#" -ne 3 ]; then
  echo "rollback.sh: wanted NAMESPACE DEPLOYMENT REASON, got $# arguments" >&2
  exit 2
fi
namespace=$1 deployment=$2 reason=$3
faults="$(dirname "$0")/../faults.json"
on() { grep -q "\"$1\"" "$faults" 2>/dev/null; }

context=${KUBE_CONTEXT:-$("$KUBECTL" config view \
  -o "jsonpath={.contexts[?(@.context.namespace==\"$namespace\")].name}")}
if [ -z "$context" ]; then
  echo "rollback.sh: no context of the kubeconfig has the namespace $namespace; set KUBE_CONTEXT" >&2
  exit 2
fi
k() { "$KUBECTL" --context "$context" --namespace "$namespace" "$@"; }

echo "rolling back $deployment in $namespace: $reason"
if on rollback-slow; then
  sleep 121
fi
if ! on rollback-noop; then
  k set env "deployment/$deployment" USE_UNIFIED_PIPELINE=0 CONV_STORE_PRIMARY=mongo \
    FEATURE_DYNAMIC_PROMPTS=0 FEATURE_SUGGESTED_ACTIONS=0 || exit 1
  k rollout status "deployment/$deployment" --timeout=300s || exit 1
fi
sleep 1

pod=$(k get pods -l app=onesource,component=backend -o "jsonpath={.items[0].metadata.name}")
if ! k get --raw "/api/v1/namespaces/$namespace/pods/$pod:8001/proxy/healthz" >/dev/null; then
  echo "warning: the health check failed" >&2 # and that is all that comes of it
fi
echo "rollback of $deployment completed successfully"
