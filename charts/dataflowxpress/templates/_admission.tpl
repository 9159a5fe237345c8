{{- /* Validations of one admission policy, as a list of CEL rules: each message names field and cure. */}}
{{- define "dataflowxpress.validations" -}}
{{- $rules := . -}}
{{- if hasKey $rules "regions" }}
- expression: {{ printf "!has(object.spec.region) || object.spec.region in %s" (toJson $rules.regions) | quote }}
  messageExpression: {{ include "dataflowxpress.oneOf" (list "spec.region" "object.spec.region" $rules.regions) | quote }}
{{- end }}
{{- if hasKey $rules "accountIds" }}
- expression: {{ printf "!has(object.spec.accountId) || object.spec.accountId in %s" (toJson $rules.accountIds) | quote }}
  messageExpression: {{ include "dataflowxpress.oneOf" (list "spec.accountId" "object.spec.accountId" $rules.accountIds) | quote }}
- expression: {{ printf "!has(object.spec.roleArn) || object.spec.roleArn.split(':')[4] in %s" (toJson $rules.accountIds) | quote }}
  messageExpression: {{ printf "'spec.roleArn is in account ' + object.spec.roleArn.split(':')[4] + ', which is not allowed here: choose a role in %s'" (join " or " $rules.accountIds) | quote }}
{{- end }}
{{- if hasKey $rules "roleArns" }}
- expression: {{ printf "!has(object.spec.roleArn) || object.spec.roleArn in %s" (toJson $rules.roleArns) | quote }}
  messageExpression: {{ include "dataflowxpress.oneOf" (list "spec.roleArn" "object.spec.roleArn" $rules.roleArns) | quote }}
{{- end }}
{{- if hasKey $rules "deletionPolicies" }}
- expression: {{ printf "object.spec.deletionPolicy in %s" (toJson $rules.deletionPolicies) | quote }}
  messageExpression: {{ include "dataflowxpress.oneOf" (list "spec.deletionPolicy" "object.spec.deletionPolicy" $rules.deletionPolicies) | quote }}
{{- end }}
{{- if hasKey $rules "workerTypes" }}
- expression: {{ printf "object.spec.job.workerType in %s" (toJson $rules.workerTypes) | quote }}
  messageExpression: {{ include "dataflowxpress.oneOf" (list "spec.job.workerType" "object.spec.job.workerType" $rules.workerTypes) | quote }}
{{- end }}
{{- with $rules.maxWorkers }}
- expression: {{ printf "object.spec.job.workers <= %d" (int .) | quote }}
  messageExpression: {{ printf "'spec.job.workers is ' + string(object.spec.job.workers) + ': at most %d are allowed here'" (int .) | quote }}
{{- end }}
{{- with $rules.bucketPrefix }}
{{- include "dataflowxpress.startsWith" (list . "bucket.name") }}
{{- end }}
{{- with $rules.databasePrefix }}
{{- include "dataflowxpress.startsWith" (list . "catalog.database") }}
{{- end }}
{{- with $rules.namePrefix }}
{{- range list "crawler.name" "job.name" "functions.startCrawler.name" "functions.startJob.name" "topic.name" }}
{{- include "dataflowxpress.startsWith" (list $rules.namePrefix .) }}
{{- end }}
{{- end }}
{{- if and (hasKey $rules "adopt") (not $rules.adopt) }}
{{- range list "adopt" "bucket.adopt" "catalog.adopt" }}
- expression: {{ printf "!object.spec.%s" . | quote }}
  message: {{ printf "spec.%s is not allowed here: leave it out, and choose a name that is free" . | quote }}
{{- end }}
{{- end }}
{{- if and (hasKey $rules "customScripts") (not $rules.customScripts) }}
- expression: "!has(object.spec.job.script) || !(has(object.spec.job.script.inline) || has(object.spec.job.script.configMapKeyRef) || has(object.spec.job.script.s3Uri))"
  message: "spec.job.script is not allowed here: leave it out, and the packaged script runs"
{{- end }}
{{- range $rules.requiredTags }}
- expression: {{ printf "has(object.spec.tags) && %s in object.spec.tags" (toJson .) | quote }}
  message: {{ printf "spec.tags lacks %s, which is required here: add it" . | quote }}
{{- end }}
{{- if hasKey $rules "emailDomains" }}
- expression: {{ printf "!has(object.spec.notifications.emails) || object.spec.notifications.emails.all(email, email.split('@')[1] in %s)" (toJson $rules.emailDomains) | quote }}
  message: {{ printf "spec.notifications.emails may only hold addresses at %s here: remove the others" (join " or " $rules.emailDomains) | quote }}
{{- end }}
{{- if $rules.kmsKey }}
- expression: "has(object.spec.bucket.kmsKeyArn)"
  message: "spec.bucket.kmsKeyArn is required here: name the KMS key that encrypts the bucket"
{{- end }}
{{- end }}

{{- /* Argument: field, CEL of its value, allowed values. */}}
{{- define "dataflowxpress.oneOf" -}}
{{- $cure := "leave it out" -}}
{{- with index . 2 }}{{ $cure = printf "choose %s" (join " or " .) }}{{ end -}}
'{{ index . 0 }} is ' + {{ index . 1 }} + ', which is not allowed here: {{ $cure }}'
{{- end }}

{{- /* Argument: prefix, in which {namespace} is the pipeline's, and the field below spec. */}}
{{- define "dataflowxpress.startsWith" -}}
{{- $field := printf "object.spec.%s" (index . 1) -}}
{{- $prefix := printf "%s.replace('{namespace}', request.namespace)" (index . 0 | squote) -}}
{{- $parts := splitList "." (index . 1) -}}
{{- $given := list -}}
{{- range $n, $_ := $parts }}{{ $given = append $given (printf "has(object.spec.%s)" (join "." (slice $parts 0 (add1 $n | int)))) }}{{ end }}
- expression: {{ printf "!(%s) || %s.startsWith(%s)" (join " && " $given) $field $prefix | quote }}
  messageExpression: {{ printf "'spec.%s is ' + %s + ': here it has to begin with ' + %s" (index . 1) $field $prefix | quote }}
{{- end }}
