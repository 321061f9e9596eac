kubectl --context production -n default logs deployment/onesource --since=1h |
  grep 'msg_count_before' |
  awk '{ if ($NF >= 1) known++; all++ } END { print 100 * known / all }'
