{{/* Labels of an object that belongs to the service given as `name`. */}}
{{- define "shop.labels" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/part-of: corner-shop
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- end }}

{{/* An environment variable from the shop's configuration. */}}
{{- define "shop.setting" -}}
- name: {{ . }}
  valueFrom:
    configMapKeyRef:
      name: shop-config
      key: {{ . }}
{{- end }}
