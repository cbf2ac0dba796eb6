{{- define "suite.fullname" -}}{{ include "common.names.fullname" . }}{{- end -}}
{{- define "suite.image" -}}{{ include "common.images.image" (dict "imageRoot" .Values.image "global" .Values.global) }}{{- end -}}
{{- define "suite.validate" -}}
{{- $messages := list -}}
{{- $messages := append $messages (include "suite.validate.kind" .) -}}
{{- $messages := append $messages (include "suite.validate.password" .) -}}
{{- $messages := without $messages "" -}}
{{- $message := join "\n" $messages -}}
{{- if $message -}}{{- printf "\nVALUES VALIDATION:\n%s" $message | fail -}}{{- end -}}
{{- end -}}
{{- define "suite.validate.kind" -}}
{{- if not (has .Values.controller.kind (list "Deployment" "DaemonSet")) -}}
suite: controller.kind
    Must be Deployment or DaemonSet, is {{ .Values.controller.kind | quote }}
{{- end -}}{{- end -}}
{{- define "suite.validate.password" -}}{{- if and .Values.auth.password (lt (len .Values.auth.password) 4) -}}suite: auth.password too short{{- end -}}{{- end -}}
{{- define "suite.args" -}}
- --name={{ include "suite.fullname" . }}
{{- range $k, $v := .Values.controller.config }}
{{- if kindIs "slice" $v }}
- --{{ $k | kebabcase }}={{ join "," $v }}
{{- else if not (kindIs "invalid" $v) }}
- --{{ $k | kebabcase }}={{ $v | toString | trimSuffix "\n" }}
{{- end }}{{- end }}
{{- with .Values.controller.tcp }}
- --tcp-services=$(NS)/{{ printf "%s-tcp" (include "suite.fullname" $) | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end -}}
