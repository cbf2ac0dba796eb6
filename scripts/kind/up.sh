#!/bin/sh
# Makes a kind cluster with all that sessions can use: Chaos Mesh for network and kill faults, charts/observability for metrics with a
# history. Safe to repeat. Needs docker, kind, kubectl and helm; runs on x86-64 and on ARM.
#   scripts/kind/up.sh [NAME]        NAME of the cluster, aiopslab by default
#   NODE_IMAGE=kindest/node:v1.34.0 OBSERVABILITY=no CHAOS_MESH=no scripts/kind/up.sh
set -eu

name=${1:-aiopslab}
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
node_image=${NODE_IMAGE:-kindest/node:v1.35.0}
chaos_version=${CHAOS_MESH_VERSION:-2.7.2}

fail() {
  echo "kind/up.sh: $*" >&2
  exit 1
}

for tool in docker kind kubectl helm; do
  command -v "$tool" >/dev/null || fail "$tool is missing"
done
docker info >/dev/null 2>&1 || fail 'docker does not run, or you may not use it'

case $(uname -m) in
  x86_64 | amd64) platform=linux/amd64 ;;
  aarch64 | arm64) platform=linux/arm64 ;;
  *) fail "no images for $(uname -m)" ;;
esac

if ! kind get clusters 2>/dev/null | grep -qx "$name"; then
  kind create cluster --name "$name" --image "$node_image" --config "$here/cluster.yaml" --wait 180s
fi
context=kind-$name

# The shop's one image goes to the nodes from here, so that no session waits for a registry.
docker pull --quiet --platform "$platform" busybox:1.36 >/dev/null
kind load docker-image busybox:1.36 --name "$name"

if [ "$platform" = linux/arm64 ]; then
  # HotelReservation's images exist for x86-64 only: the host has to be able to run them.
  docker run --rm --privileged tonistiigi/binfmt --install amd64 >/dev/null ||
    echo 'kind/up.sh: x86-64 images will not run; the corner shop does not need them' >&2
fi

if [ "${CHAOS_MESH:-yes}" = yes ]; then
  helm upgrade --install chaos-mesh chaos-mesh --repo https://charts.chaos-mesh.org --version "$chaos_version" \
    --kube-context "$context" --namespace chaos-mesh --create-namespace \
    --set chaosDaemon.runtime=containerd \
    --set chaosDaemon.socketPath=/run/containerd/containerd.sock \
    --set dashboard.create=false --set controllerManager.replicaCount=1 \
    --wait --timeout 10m
fi

if [ "${OBSERVABILITY:-yes}" = yes ]; then
  helm upgrade --install observability "$root/charts/observability" \
    --kube-context "$context" --namespace observe --create-namespace --wait --timeout 10m
fi

kubectl --context "$context" get nodes
echo "aiopslab-mcp run --problems 'corner_shop*' --cluster :$context"
