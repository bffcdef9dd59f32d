{{/* Beginning of all names; short enough for what comes behind it. */}}
{{- define "colorisebot.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end }}

{{/* Labels that never change: Deployments cannot be given others. Takes root and component. */}}
{{- define "colorisebot.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{/* All labels. Takes root and component. */}}
{{- define "colorisebot.labels" -}}
{{ include "colorisebot.selector" . }}
app.kubernetes.io/part-of: colorisebot
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{/* Every pod of this release. */}}
{{- define "colorisebot.everyPod" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* Of an image of ours. Takes root, image (its last word) and tag. */}}
{{- define "colorisebot.image" -}}
{{- $image := .root.Values.image -}}
{{- printf "%s/%s:%s" $image.registry .image (.tag | default $image.tag | default .root.Chart.AppVersion) -}}
{{- end }}
