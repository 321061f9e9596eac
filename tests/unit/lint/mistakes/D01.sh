#!/bin/sh
# Send a tenth of the users to the candidate.
kubectl --context production -n default annotate --overwrite ingress/onesource-ingress \
  nginx.ingress.kubernetes.io/canary=true \
  nginx.ingress.kubernetes.io/canary-by-header=X-Canary
