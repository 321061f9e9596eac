# What the backend said in the last hour
kubectl --context production -n default logs --selector app=onesource --since=1h
kubectl --context production -n default logs -lapp=onesource --since=1h --tail=500 | jq -R 'fromjson? | .latency_ms'
