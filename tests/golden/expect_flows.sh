# Shared by the expect_* cases: logs by the hour, the policy around one expectation, and what is shown of a verdict.
# flow SECONDS INTERFACE SRC DST DSTPORT [ACTION] [SRCPORT]: a record so long after 2026-03-23T00:00:00Z, a Monday.
base=1774224000
header() { echo "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"; }
flow() {
    echo "2 123456789012 $2 $3 $4 ${7:-40000} $5 6 10 4000 $((base + $1)) $((base + $1 + 50)) ${6:-ACCEPT} OK"
}
status() { echo "2 123456789012 $2 - - - - - - - $((base + $1)) $((base + $1 + 50)) - $3"; }
# idle INTERFACE FIRST LAST: NODATA from the first to the last of these hours.
idle() {
    local at
    for ((at = $2; at <= $3; at++)); do
        echo "2 123456789012 $1 - - - - - - - $((base + at * 3600)) $((base + at * 3600 + 3599)) - NODATA"
    done
}
policy() {
    printf '%s\n' 'version: 1' 'name: p' 'aggregation: 1h' "timezone: ${ZONE:-UTC}" 'networks: { db: 10.0.10.0/24, backup: 10.0.20.0/24 }' \
        'intents:' "  - { id: backups, from: db, to: backup, service: tcp/443, $1 }" >policy.yaml
}
# The ending of the intent, then each finding's host, periods and number of occurrences.
show() {
    "$FLOWLAW" audit -p policy.yaml -o json "$@" >out.json
    local status=$?
    grep -E '^\{"type":"intent"' out.json | grep -oE '"(ending|reason)":("[^"]*"|null)|"waived":true'
    grep -E '^\{"type":"finding"' out.json |
        grep -oE '"(message|severity)":"[^"]*"|"group":\{[^}]*\},"measures|"periods":\[|"20[^"]*: [0-9][^"]*"|"occurrences":\{"count":[0-9]+|"evidence":\[[^]]*\]|"waived":"[^"]*"' |
        awk '!seen[$0]++'
    echo "status $status"
}
day=86400 hour=3600
