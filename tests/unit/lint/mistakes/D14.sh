kubectl set env deployment/onesource FEATURE_DYNAMIC_PROMPTS=0
kubectl --context production -n default set env deployment/onesource-backend FEATURE_DYNAMIC_PROMPTS=0
kubectl -n default scale deployment/onesource --replicas=4
