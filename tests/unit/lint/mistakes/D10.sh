# Is it fast enough?
kubectl --context production -n default logs deployment/onesource --since=1h \
  | jq -R 'fromjson? | .latency_ms' | tail -n 40
kubectl --context production -n default logs deployment/onesource --since=1h | grep latency_ms | head -20
