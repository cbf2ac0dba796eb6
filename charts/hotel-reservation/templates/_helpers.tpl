{{- define "hotel.annotations" -}}
kompose.cmd: kompose convert
kompose.version: 1.22.0 (955b78124)
{{- end }}

{{- define "hotel.podAnnotations" -}}
{{ include "hotel.annotations" . }}
sidecar.istio.io/statsInclusionPrefixes: cluster.outbound,cluster_manager,listener_manager,http_mixer_filter,tcp_mixer_filter,server,cluster.xds-grp,listener,connection_manager
sidecar.istio.io/statsInclusionRegexps: http.*
{{- end }}

{{/* metadata of an object named like its service; takes the name */}}
{{- define "hotel.metadata" -}}
name: {{ . }}
labels:
  io.kompose.service: {{ . }}
annotations:
  {{- include "hotel.annotations" . | nindent 2 }}
{{- end }}

{{/* a ClusterIP Service; takes a dict with name and ports, each "8083" or "6831/UDP" or "8600/UDP:53" */}}
{{- define "hotel.service" -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "hotel.metadata" .name | nindent 2 }}
spec:
  selector:
    io.kompose.service: {{ .name }}
  ports:
    {{- range .ports }}
    {{- $parts := splitList ":" . }}
    {{- $protocol := splitList "/" (first $parts) }}
    - name: {{ first $protocol | quote }}
      port: {{ first $protocol }}
      {{- if gt (len $protocol) 1 }}
      protocol: {{ last $protocol }}
      {{- end }}
      targetPort: {{ if gt (len $parts) 1 }}{{ last $parts }}{{ else }}{{ first $protocol }}{{ end }}
    {{- end }}
{{- end }}

{{/* head of a Deployment up to its pod's spec; takes a dict with name, root and optionally recreate */}}
{{- define "hotel.deployment" -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "hotel.metadata" .name | nindent 2 }}
spec:
  replicas: {{ .root.Values.replicas }}
  selector:
    matchLabels:
      io.kompose.service: {{ .name }}
  {{- if .recreate }}
  strategy:
    type: Recreate
  {{- end }}
  template:
    metadata:
      labels:
        io.kompose.service: {{ .name }}
      annotations:
        {{- include "hotel.podAnnotations" . | nindent 8 }}
{{- end }}
