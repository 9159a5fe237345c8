{{- /* Environment of the operator and of the Helm test. */}}
{{- define "dataflowxpress.env" -}}
- name: HOME
  value: /tmp
{{- with .Values.aws.region }}
- name: AWS_REGION
  value: {{ . }}
- name: AWS_DEFAULT_REGION # boto3 reads only this variable
  value: {{ . }}
{{- end }}
{{- with .Values.aws.endpointUrl }}
- name: AWS_ENDPOINT_URL
  value: {{ . }}
{{- end }}
{{- if .Values.aws.existingSecret }}
{{- range list "AWS_ACCESS_KEY_ID" "AWS_SECRET_ACCESS_KEY" "AWS_SESSION_TOKEN" }}
- name: {{ . }}
  valueFrom:
    secretKeyRef:
      name: {{ $.Values.aws.existingSecret }}
      key: {{ . }}
      optional: {{ eq . "AWS_SESSION_TOKEN" }}
{{- end }}
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /* Namespaces and Lease of the operator. */}}
{{- define "dataflowxpress.scopeArgs" -}}
{{- range .Values.watch.namespaces }}
- --namespace={{ . }}
{{- end }}
{{- if .Values.leaderElection.enabled }}
- --lease={{ include "dataflowxpress.namespace" . }}/{{ include "dataflowxpress.lease" . }}
{{- end }}
{{- end }}

{{- /* Content of the file for --tenant-policy; empty without a policy. */}}
{{- define "dataflowxpress.tenantPolicyFile" -}}
{{- range $name, $rule := .Values.tenantPolicy }}
{{- with $rule }}
{{ dict $name . | toYaml }}
{{- end }}
{{- end }}
{{- end }}
