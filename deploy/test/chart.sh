#!/bin/sh
# Lints the chart, renders it for every file of ci/, checks what comes out against the schemas of Kubernetes, and that what must be
# refused is. HELM and VALIDATE name the programs (helm 3, kubernetes-validate of PyPI); without VALIDATE that part is left out.
set -eu
cd "$(dirname -- "$0")/../.."
helm=${HELM:-helm}
chart=deploy/helm/queueclaw
if ! command -v "$helm" >/dev/null; then
  echo 'skipped: there is no helm (HELM names it)'
  exit 0
fi
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
version=1.34.0

for values in "$chart"/ci/*-values.yaml; do
  "$helm" lint --strict --quiet --kube-version "$version" "$chart" --values "$values"
  "$helm" template queueclaw "$chart" --namespace queueclaw --kube-version "$version" --values "$values" >"$out/chart.yaml"
  if [ -n "${VALIDATE:-}" ]; then
    "$VALIDATE" --strict --no-warn --kubernetes-version "$version" "$out/chart.yaml" >"$out/log" 2>&1 || { cat "$out/log"; exit 1; }
  fi
  echo "passed: $values"
done

refused() {
  if "$helm" template queueclaw "$chart" --kube-version "$version" --values "$chart/ci/trial-values.yaml" "$@" >"$out/log" 2>&1; then
    echo "failed: accepted $*"
    exit 1
  fi
  echo "passed: refused $*"
}
refused --set nonsense=1
refused --set services.agent.env.OPENAI_API_KEY=x
refused --set services.console.autoscaling.kind=keda
refused --set redis.host=redis.example.com
refused --set redis.trial.enabled=false
refused --set toolTimeoutSeconds=900
refused --set config.server.host=0.0.0.0
refused --set config.state.shards=4
refused --set services.agent.autoscaling.min=30
refused --set services.agent.autoscaling.kind=keda --set services.console.enabled=false
refused --set blobs.claim.enabled=false
refused --set ingress.kind=ingress
refused --set secrets.external.enabled=true

before=$(cat deploy/kubernetes/*.yaml | cksum)
HELM=$helm node scripts/render-chart.mjs >/dev/null
[ "$before" = "$(cat deploy/kubernetes/*.yaml | cksum)" ] || { echo 'failed: deploy/kubernetes was not fresh'; exit 1; }
echo 'passed: deploy/kubernetes is fresh'
