# Down in steps, five minutes each
for share in 50 25 5 0; do
  kubectl --context production -n default annotate --overwrite ingress/onesource-canary \
    nginx.ingress.kubernetes.io/canary-weight="$share" nginx.ingress.kubernetes.io/canary-by-header=X-Canary
  sleep 300
done
