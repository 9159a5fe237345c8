{{- /* RBAC rules for pipelines. A test fails on a rule that the operator does not use. */}}
{{- define "dataflowxpress.rules" -}}
- apiGroups: [dataflowxpress.io]
  resources: [datapipelines]
  verbs: [get, list, watch, patch]
- apiGroups: [dataflowxpress.io]
  resources: [datapipelines/status]
  verbs: [patch]
{{- if .Values.rbac.configMaps }}
- apiGroups: [""] # spec.job.script.configMapKeyRef
  resources: [configmaps]
  verbs: [get]
{{- end }}
- apiGroups: [""]
  resources: [events]
  verbs: [create]
{{- end }}

{{- /* The ownership tags identify the cluster by the uid of kube-system. */}}
{{- define "dataflowxpress.clusterRules" -}}
- apiGroups: [""]
  resources: [namespaces]
  resourceNames: [kube-system]
  verbs: [get]
{{- end }}

{{- define "dataflowxpress.leaseRules" -}}
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [create] # RBAC cannot restrict create by name
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  resourceNames: [{{ include "dataflowxpress.lease" . }}]
  verbs: [get, update]
{{- end }}

{{- define "dataflowxpress.uiRules" -}}
- apiGroups: [dataflowxpress.io]
  resources: [datapipelines]
  verbs: [list, watch]
- apiGroups: [""]
  resources: [events]
  verbs: [list, watch]
{{- end }}

{{- /* Who a viewer is, and what the viewer may see: reviews have no namespace. */}}
{{- define "dataflowxpress.uiReviewRules" -}}
- apiGroups: [authentication.k8s.io]
  resources: [tokenreviews]
  verbs: [create]
- apiGroups: [authorization.k8s.io]
  resources: [subjectaccessreviews]
  verbs: [create]
{{- end }}
