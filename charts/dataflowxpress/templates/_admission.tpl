{{- /* CEL validations of one admission policy. Each message names the field and a fix. */}}
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
  messageExpression: {{ printf "'spec.job.workers is ' + string(object.spec.job.workers) + ': the limit is %d'" (int .) | quote }}
{{- end }}
{{- with $rules.bucketPrefix }}
{{- include "dataflowxpress.startsWith" (list . "bucket.name") }}
{{- end }}
{{- with $rules.databasePrefix }}
{{- include "dataflowxpress.startsWith" (list . "catalog.database") }}
{{- end }}
{{- with $rules.namePrefix }}
{{- range list "crawler.name" "job.name" "functions.startCrawler.name" "functions.startJob.name" "functions.notify.name" "topic.name" }}
{{- include "dataflowxpress.startsWith" (list $rules.namePrefix .) }}
{{- end }}
{{- end }}
{{- if and (hasKey $rules "adopt") (not $rules.adopt) }}
{{- range list "adopt" "bucket.adopt" "catalog.adopt" }}
- expression: {{ printf "!object.spec.%s" . | quote }}
  message: {{ printf "spec.%s is not allowed here: leave it out, and choose an unused name" . | quote }}
{{- end }}
{{- end }}
{{- if and (hasKey $rules "customScripts") (not $rules.customScripts) }}
- expression: "!has(object.spec.job.script) || !(has(object.spec.job.script.inline) || has(object.spec.job.script.configMapKeyRef) || has(object.spec.job.script.s3Uri))"
  message: "spec.job.script is not allowed here: leave it out to run the packaged script"
{{- end }}
{{- range $rules.requiredTags }}
- expression: {{ printf "has(object.spec.tags) && %s in object.spec.tags" (toJson .) | quote }}
  message: {{ printf "spec.tags lacks the required tag %s: add it" . | quote }}
{{- end }}
{{- if hasKey $rules "emailDomains" }}
- expression: {{ printf "!has(object.spec.notifications.emails) || object.spec.notifications.emails.all(email, email.split('@')[1] in %s)" (toJson $rules.emailDomains) | quote }}
  message: {{ printf "spec.notifications.emails must contain only addresses at %s: remove the others" (join " or " $rules.emailDomains) | quote }}
{{- end }}
{{- if $rules.kmsKey }}
- expression: "has(object.spec.encryption.kmsKeyArn) || has(object.spec.bucket.kmsKeyArn)"
  message: "spec.encryption.kmsKeyArn or spec.bucket.kmsKeyArn is required here: name the KMS key that encrypts the bucket"
{{- end }}
{{- end }}

{{- /* Arguments: field, CEL expression of its value, allowed values. */}}
{{- define "dataflowxpress.oneOf" -}}
{{- $fix := "leave it out" -}}
{{- with index . 2 }}{{ $fix = printf "choose %s" (join " or " .) }}{{ end -}}
'{{ index . 0 }} is ' + {{ index . 1 }} + ', which is not allowed here: {{ $fix }}'
{{- end }}

{{- /* Arguments: prefix, in which {namespace} stands for the pipeline's namespace; field below spec. */}}
{{- define "dataflowxpress.startsWith" -}}
{{- $field := printf "object.spec.%s" (index . 1) -}}
{{- $prefix := printf "%s.replace('{namespace}', request.namespace)" (index . 0 | squote) -}}
{{- $parts := splitList "." (index . 1) -}}
{{- $given := list -}}
{{- range $n, $_ := $parts }}{{ $given = append $given (printf "has(object.spec.%s)" (join "." (slice $parts 0 (add1 $n | int)))) }}{{ end }}
- expression: {{ printf "!(%s) || %s.startsWith(%s)" (join " && " $given) $field $prefix | quote }}
  messageExpression: {{ printf "'spec.%s is ' + %s + ': it must begin with ' + %s" (index . 1) $field $prefix | quote }}
{{- end }}
