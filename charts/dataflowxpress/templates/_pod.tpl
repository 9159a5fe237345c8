{{- /* What the pods of the operator and of its test have in common: who they are, and where they run. */}}
{{- define "dataflowxpress.pod" -}}
serviceAccountName: {{ include "dataflowxpress.serviceAccountName" . }}
automountServiceAccountToken: true
enableServiceLinks: false # variables that nobody reads, one for each Service of the namespace
securityContext:
  {{- toYaml .Values.podSecurityContext | nindent 2 }}
{{- with concat .Values.imagePullSecrets ((.Values.global).imagePullSecrets | default list) }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- $given := pick .Values "priorityClassName" "runtimeClassName" "nodeSelector" "tolerations" "affinity" "dnsPolicy" "dnsConfig" "hostAliases" }}
{{- range $name, $value := $given }}
{{- with $value }}
{{ dict $name . | toYaml }}
{{- end }}
{{- end }}
{{- if kindIs "bool" .Values.hostUsers }}
hostUsers: {{ .Values.hostUsers }}
{{- end }}
{{- end }}
