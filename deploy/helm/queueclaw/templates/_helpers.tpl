{{- define "queueclaw.name" -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- end }}

{{- /* Arguments: root, service. */}}
{{- define "queueclaw.labels" -}}
app.kubernetes.io/name: queueclaw
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .service }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- end }}

{{- define "queueclaw.selector" -}}
app.kubernetes.io/name: queueclaw
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .service }}
{{- end }}

{{- define "queueclaw.image" -}}
{{- $of := index .root.Values.services .service -}}
{{- $tag := .root.Values.image.tag | default .root.Chart.AppVersion -}}
{{- $of.image | default (printf "%s%s-%s:%s" .root.Values.image.registry .root.Values.image.name .service $tag) -}}
{{- end }}

{{- define "queueclaw.redisHost" -}}
{{- if .Values.redis.trial.enabled -}}
{{ include "queueclaw.name" . }}-redis
{{- else -}}
{{ .Values.redis.host }}
{{- end -}}
{{- end }}

{{- define "queueclaw.redisUrl" -}}
{{- $redis := .root.Values.redis -}}
{{- $user := $redis.user | default .service -}}
{{ ternary "rediss" "redis" (and $redis.tls (not $redis.trial.enabled)) }}://{{ $user }}@{{ include "queueclaw.redisHost" .root }}:{{ ternary 6379 $redis.port $redis.trial.enabled }}
{{- end }}

{{- /* Seconds that a service is given to drain. */}}
{{- define "queueclaw.shutdownSeconds" -}}
{{- if eq .service "tool-runner" -}}
{{- add .root.Values.toolTimeoutSeconds 15 -}}
{{- else -}}
{{- (index .root.Values.services .service).shutdownSeconds -}}
{{- end -}}
{{- end }}

{{- /* 8080 of the ingress, 3080 of the console, nothing of the others. */}}
{{- define "queueclaw.webPort" -}}
{{- if eq . "ingress" -}}8080{{- else if eq . "console" -}}3080{{- end -}}
{{- end }}

{{- define "queueclaw.enabled" -}}
{{- $on := list -}}
{{- range $service, $of := .Values.services -}}
{{- if $of.enabled }}{{ $on = append $on $service }}{{ end -}}
{{- end -}}
{{- toJson $on -}}
{{- end }}

{{- define "queueclaw.blobsClaim" -}}
{{ .Values.blobs.claim.existing | default (printf "%s-blobs" (include "queueclaw.name" .)) }}
{{- end }}
{{- define "queueclaw.workspacesClaim" -}}
{{ .Values.workspaces.claim.existing | default (printf "%s-workspaces" (include "queueclaw.name" .)) }}
{{- end }}

{{- /* Up at once, to twice as many in 15 s; down only after a calm, a quarter in a minute. */}}
{{- define "queueclaw.scalingBehavior" -}}
scaleUp:
  stabilizationWindowSeconds: 0
  selectPolicy: Max
  policies:
    - { type: Percent, value: 100, periodSeconds: 15 }
    - { type: Pods, value: 2, periodSeconds: 15 }
scaleDown:
  stabilizationWindowSeconds: {{ .Values.autoscaling.scaleDownSeconds }}
  selectPolicy: Max
  policies:
    - { type: Percent, value: 25, periodSeconds: 60 }
    - { type: Pods, value: 1, periodSeconds: 60 }
{{- end }}
