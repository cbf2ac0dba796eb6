# What the shop's scripts share. Each is run by httpd for one request.

# Says something in the container's log, in one line that telemetry can read.
log() {
  echo "service=${HOSTNAME%%-*} request=${HTTP_X_REQUEST_ID:--} $*" >&2
}

# A request that comes from a customer gets its id here; services hand it on.
new_request() {
  local up
  [ -n "$HTTP_X_REQUEST_ID" ] && return
  read -r up _ </proc/uptime
  export HTTP_X_REQUEST_ID="${up%.*}${up#*.}-$$"
}

# param NAME: a value of the query string.
param() {
  local rest=$QUERY_STRING pair
  while [ -n "$rest" ]; do
    pair=${rest%%&*}
    case $pair in "$1="*) echo "${pair#*=}"; return ;; esac
    [ "$pair" = "$rest" ] && return
    rest=${rest#*&}
  done
}

# reply 'STATUS REASON' TEXT: answers the request.
reply() {
  printf 'Status: %s\r\nContent-Type: text/plain\r\nX-Request-Id: %s\r\n\r\n%s\n' "$1" "${HTTP_X_REQUEST_ID:--}" "$2"
}

# fetch URL: asks another service on behalf of this request; gives up after 3 s.
fetch() {
  timeout 3 wget -q -O - --header "X-Request-Id: ${HTTP_X_REQUEST_ID:--}" --header "X-Shop-Key: $STOCK_KEY" "$1"
}

# count OPERATION STATUS: one line for each request, which /cgi-bin/metrics adds up.
count() {
  echo "$1 $2" >>/tmp/requests
}
