#!/bin/sh
# Removes the cluster that up.sh made.
#   scripts/kind/down.sh [NAME]
set -eu

command -v kind >/dev/null || {
  echo 'kind/down.sh: kind is missing' >&2
  exit 1
}
kind delete cluster --name "${1:-aiopslab}"
