errors=$(kubectl --context production -n default logs deployment/onesource --since=30m | grep -ciE 'error|failed|5[0-9]{2}')
echo "errors: $errors"
kubectl --context production -n default logs deployment/onesource --since=30m > backend.log
awk '/ERROR|50[0-9]/ { n++ } END { print n }' backend.log
