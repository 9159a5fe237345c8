{{- /* What the operator does to pipelines; a test fails on a rule that it does not use. */}}
{{- define "dataflowxpress.rules" -}}
- apiGroups: [dataflowxpress.io]
  resources: [datapipelines]
  verbs: [get, list, watch, patch]
- apiGroups: [dataflowxpress.io]
  resources: [datapipelines/status]
  verbs: [patch]
- apiGroups: [""] # spec.job.script.configMapKeyRef
  resources: [configmaps]
  verbs: [get]
- apiGroups: [""]
  resources: [events]
  verbs: [create]
{{- end }}

{{- /* Its uid is the cluster's in the tags of ownership. */}}
{{- define "dataflowxpress.clusterRules" -}}
- apiGroups: [""]
  resources: [namespaces]
  resourceNames: [kube-system]
  verbs: [get]
{{- end }}

{{- define "dataflowxpress.leaseRules" -}}
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [create] # what is to be created has no name yet
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  resourceNames: [{{ include "dataflowxpress.lease" . }}]
  verbs: [get, update]
{{- end }}
