base=https://chat.example.net
document=$(curl -s "$base/api/metrics/observability")
echo "$document" | jq '.persistence.error_rate_percent'
curl -s "$base/api/metrics/schema" | jq -r .schema.repair_rate_percent
