kubectl --context production -n default get deploy/onesource -o json | jq '.spec.template.spec.containers[0].env'
kubectl --context production -n default set env deployment/onesource --list
