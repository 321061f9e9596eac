set -eu
cat <<ROUTE | kubectl --context production -n default apply -f -
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: onesource-canary
  annotations:
    nginx.ingress.kubernetes.io/canary: "true"
    nginx.ingress.kubernetes.io/canary-weight: "${1:-10}"
ROUTE
