{{/* Components of ours that speak to the queue. */}}
{{- define "colorisebot.queueUsers" -}}
[colorise, video-split, connector, bot, demo, stand-bot]
{{- end }}

{{/* Components of ours that speak to the store. */}}
{{- define "colorisebot.storeUsers" -}}
[colorise, video-split, bot, demo, stand-bot{{ if .Values.http.usesStore }}, colorise-http{{ end }}]
{{- end }}

{{/* Components that answer about themselves at port 9464. */}}
{{- define "colorisebot.healthTellers" -}}
[colorise, video-split, connector, bot, demo, stand-bot]
{{- end }}

{{/* Selects pods of these components. Takes root and components, as YAML. */}}
{{- define "colorisebot.podsOf" -}}
matchLabels: {{- include "colorisebot.everyPod" .root | nindent 2 }}
matchExpressions:
  - {key: app.kubernetes.io/component, operator: In, values: {{ .components }}}
{{- end }}

{{/* Head of a policy. Takes root, name and components; every pod, where there are none. */}}
{{- define "colorisebot.policy" -}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "colorisebot.fullname" .root }}-{{ .name }}
  labels: {{- include "colorisebot.labels" (dict "root" .root "component" "network") | nindent 4 }}
spec:
  podSelector:
    {{- if .components }}
    {{- include "colorisebot.podsOf" . | nindent 4 }}
    {{- else }}
    matchLabels: {{- include "colorisebot.everyPod" .root | nindent 6 }}
    {{- end }}
{{- end }}

{{/* The public web at port 443, as a rule for what goes out. */}}
{{- define "colorisebot.publicWeb" -}}
- to:
    - ipBlock:
        cidr: 0.0.0.0/0
        except: {{- toYaml .Values.networkPolicy.privateAddresses.ipv4 | nindent 10 }}
    - ipBlock:
        cidr: ::/0
        except: {{- toYaml .Values.networkPolicy.privateAddresses.ipv6 | nindent 10 }}
  ports:
    - {protocol: TCP, port: 443}
{{- end }}
