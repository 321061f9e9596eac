#!/usr/bin/env bash
# The same by hand, where the profile's routing is that of ingress-nginx.
set -euo pipefail
NAMESPACE="${1:-default}"
K="kubectl --context production -n $NAMESPACE"

$K annotate --overwrite ingress/onesource-ingress \
  nginx.ingress.kubernetes.io/affinity=cookie nginx.ingress.kubernetes.io/session-cookie-name=onesource-arm

$K apply -f - <<'ROUTE'
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: onesource-canary
  annotations:
    nginx.ingress.kubernetes.io/canary: "true"
    nginx.ingress.kubernetes.io/canary-weight: "10"
    nginx.ingress.kubernetes.io/canary-by-header: X-Canary
    nginx.ingress.kubernetes.io/canary-by-cookie: canary
spec:
  ingressClassName: nginx
ROUTE

for weight in 15 20; do
  $K patch ingress onesource-canary -p "{\"metadata\":{\"annotations\":{\"nginx.ingress.kubernetes.io/canary-weight\":\"$weight\"}}}"
  sleep 900
done

# Back: never up, and the canary is taken out before the flags are set.
now=$($K get ingress onesource-canary -o jsonpath='{.metadata.annotations.nginx\.ingress\.kubernetes\.io/canary-weight}')
for weight in 75 50 25 10 0; do
  if [ "$weight" -lt "$now" ]; then
    $K annotate --overwrite ingress/onesource-canary "nginx.ingress.kubernetes.io/canary-weight=$weight"
  fi
done
$K delete ingress onesource-canary
$K set env deployment/onesource USE_UNIFIED_PIPELINE=0 CONV_STORE_PRIMARY=mongo
timeout 60 $K rollout status deployment/onesource
$K annotate ingress/onesource-ingress nginx.ingress.kubernetes.io/canary-
