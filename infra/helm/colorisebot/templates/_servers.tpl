{{/* Where the queue is. */}}
{{- define "colorisebot.queueUrl" -}}
{{- if .Values.trial.nats.enabled -}}
nats://{{ include "colorisebot.fullname" . }}-nats:4222
{{- else -}}
{{- .Values.queue.url -}}
{{- end -}}
{{- end }}

{{/* Where NATS tells of itself, as KEDA sees it. */}}
{{- define "colorisebot.queueMonitoring" -}}
{{- if .Values.trial.nats.enabled -}}
{{ include "colorisebot.fullname" . }}-nats.{{ .Release.Namespace }}.svc:8222
{{- else -}}
{{- required "autoscaling.kind keda needs queue.monitoring, such as nats-headless.NAMESPACE.svc:8222" .Values.queue.monitoring -}}
{{- end -}}
{{- end }}

{{/* Where the store is. */}}
{{- define "colorisebot.storeEndpoint" -}}
{{- if .Values.trial.store.enabled -}}
http://{{ include "colorisebot.fullname" . }}-store:8333
{{- else -}}
{{- .Values.store.endpoint -}}
{{- end -}}
{{- end }}

{{/* Ports of the queue's servers, with commas between them. */}}
{{- define "colorisebot.queuePorts" -}}
{{- $ports := list -}}
{{- range splitList "," (include "colorisebot.queueUrl" .) -}}
{{- $ports = append $ports (regexFind ":[0-9]+$" (urlParse (trim .)).host | trimPrefix ":" | default "4222") -}}
{{- end -}}
{{- $ports | uniq | join "," -}}
{{- end }}

{{/* Port of the store. */}}
{{- define "colorisebot.storePort" -}}
{{- include "colorisebot.portOf" (include "colorisebot.storeEndpoint" .) -}}
{{- end }}

{{/* Port of an address of the web. */}}
{{- define "colorisebot.portOf" -}}
{{- $url := urlParse . -}}
{{- regexFind ":[0-9]+$" $url.host | trimPrefix ":" | default (eq $url.scheme "https" | ternary "443" "80") -}}
{{- end }}

{{/* Variables that lead to the queue. */}}
{{- define "colorisebot.queueVariables" -}}
COLORISE_NATS_URL: {{ include "colorisebot.queueUrl" . | quote }}
COLORISE_ACK_WAIT_SECONDS: {{ .Values.queue.ackWaitSeconds | quote }}
{{- with .Values.queue.user }}
COLORISE_NATS_USER: {{ . | quote }}
{{- end }}
{{- if .Values.queue.replicas }}
COLORISE_NATS_REPLICAS: {{ int .Values.queue.replicas | toString | quote }}
{{- end }}
{{- end }}

{{/* Variables that lead to the store. */}}
{{- define "colorisebot.storeVariables" -}}
COLORISE_S3_ENDPOINT: {{ include "colorisebot.storeEndpoint" . | quote }}
COLORISE_S3_BUCKET: {{ .Values.store.bucket | quote }}
COLORISE_S3_REGION: {{ .Values.store.region | quote }}
{{- with .Values.store.accessKey }}
COLORISE_S3_ACCESS_KEY: {{ . | quote }}
{{- end }}
{{- end }}

{{/* Variables of all programs that answer about themselves at port 9464. */}}
{{- define "colorisebot.healthVariables" -}}
COLORISE_HEALTH_HOST: "0.0.0.0"
COLORISE_HEALTH_PORT: "9464"
{{- end }}

{{/* Files that queue and store ask for, as sources of a volume. Takes root, queue and store: whether they are used. */}}
{{- define "colorisebot.pipelineFiles" -}}
{{- $keys := list -}}
{{- if and .queue .root.Values.queue.user }}{{ $keys = append $keys "colorise-nats-password" }}{{ end -}}
{{- if and .store .root.Values.store.accessKey }}{{ $keys = append $keys "colorise-s3-secret-key" }}{{ end -}}
{{- if $keys -}}
{{- include "colorisebot.files" (dict "secret" .root.Values.secrets.pipeline "keys" $keys "optional" false) -}}
{{- end -}}
{{- end }}

{{/* Keys of a Secret as files, as a source of a volume. Takes secret, keys and optional. */}}
{{- define "colorisebot.files" -}}
- secret:
    name: {{ .secret }}
    {{- if .optional }}
    optional: true
    {{- end }}
    items:
      {{- range .keys }}
      - {key: {{ . }}, path: {{ . }}}
      {{- end }}
{{- end }}
