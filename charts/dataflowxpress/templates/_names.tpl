{{- define "dataflowxpress.name" -}}
{{ .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "dataflowxpress.fullname" -}}
{{- $name := include "dataflowxpress.name" . -}}
{{- $joined := contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name) -}}
{{ .Values.fullnameOverride | default $joined | trunc 52 | trimSuffix "-" }}
{{- end }}

{{- define "dataflowxpress.namespace" -}}
{{ .Values.namespaceOverride | default .Release.Namespace }}
{{- end }}

{{- define "dataflowxpress.serviceAccountName" -}}
{{ .Values.serviceAccount.name | default (.Values.serviceAccount.create | ternary (include "dataflowxpress.fullname" .) "default") }}
{{- end }}

{{- define "dataflowxpress.lease" -}}
{{ .Values.leaderElection.lease | default (include "dataflowxpress.fullname" .) }}
{{- end }}

{{- define "dataflowxpress.image" -}}
{{ .Values.image.repository }}
{{- if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{- define "dataflowxpress.selectorLabels" -}}
app.kubernetes.io/name: {{ include "dataflowxpress.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: operator
{{- end }}

{{- define "dataflowxpress.labels" -}}
{{ include "dataflowxpress.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: dataflowxpress
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "dataflowxpress.uiSelectorLabels" -}}
{{- set (include "dataflowxpress.selectorLabels" . | fromYaml) "app.kubernetes.io/component" "ui" | toYaml }}
{{- end }}

{{- define "dataflowxpress.uiLabels" -}}
{{- set (include "dataflowxpress.labels" . | fromYaml) "app.kubernetes.io/component" "ui" | toYaml }}
{{- end }}
