{{- /* Pod fields that the operator and the Helm test share: identity and scheduling. */}}
{{- define "dataflowxpress.pod" -}}
serviceAccountName: {{ include "dataflowxpress.serviceAccountName" . }}
automountServiceAccountToken: true
enableServiceLinks: false # avoids unused variables for each Service of the namespace
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
