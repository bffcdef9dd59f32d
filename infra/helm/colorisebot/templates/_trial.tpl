{{/*
A server on trial: one pod with one volume. Takes root, component, own (its part of the values), program, args, env, ports
(name → number, as YAML), probe (as YAML), volumes and mounts (further ones, as YAML; may be empty). The volume is /data.
*/}}
{{- define "colorisebot.trial" -}}
{{- $name := printf "%s-%s" (include "colorisebot.fullname" .root) .component -}}
{{- $ports := fromYaml .ports -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ $name }}
  labels: {{- include "colorisebot.labels" . | nindent 4 }}
automountServiceAccountToken: false
---
apiVersion: v1
kind: Service
metadata:
  name: {{ $name }}
  labels: {{- include "colorisebot.labels" . | nindent 4 }}
spec:
  selector: {{- include "colorisebot.selector" . | nindent 4 }}
  # Programs may look for it before it says that it is ready.
  publishNotReadyAddresses: true
  ports:
    {{- range $port, $number := $ports }}
    - {name: {{ $port }}, port: {{ int $number }}, targetPort: {{ $port }}}
    {{- end }}
---
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: {{ $name }}
  labels: {{- include "colorisebot.labels" . | nindent 4 }}
  annotations:
    colorisebot/for-trials: one pod, one volume, no copies and no backups
spec:
  serviceName: {{ $name }}
  replicas: 1
  selector:
    matchLabels: {{- include "colorisebot.selector" . | nindent 6 }}
  template:
    metadata:
      labels: {{- include "colorisebot.labels" . | nindent 8 }}
    spec:
      serviceAccountName: {{ $name }}
      automountServiceAccountToken: false
      enableServiceLinks: false
      terminationGracePeriodSeconds: 30
      securityContext: {{- include "colorisebot.podSecurity" .root | nindent 8 }}
      {{- with .root.Values.image.pullSecrets }}
      imagePullSecrets:
        {{- range . }}
        - name: {{ . }}
        {{- end }}
      {{- end }}
      containers:
        - name: {{ .component }}
          image: {{ .own.image }}
          imagePullPolicy: {{ .root.Values.image.pullPolicy }}
          command: [{{ .program }}]
          args: {{- .args | nindent 12 }}
          env: {{- .env | nindent 12 }}
          ports:
            {{- range $port, $number := $ports }}
            - {name: {{ $port }}, containerPort: {{ int $number }}}
            {{- end }}
          securityContext: {{- include "colorisebot.containerSecurity" .root | nindent 12 }}
          resources: {{- toYaml .own.resources | nindent 12 }}
          startupProbe: {{- .probe | nindent 12 }}
            periodSeconds: 2
            failureThreshold: 60
          livenessProbe: {{- .probe | nindent 12 }}
            periodSeconds: 20
            timeoutSeconds: 10
            failureThreshold: 6
          readinessProbe: {{- .probe | nindent 12 }}
            periodSeconds: 5
          volumeMounts:
            - {name: data, mountPath: /data}
            - {name: temporary, mountPath: /tmp}
            {{- with .mounts }}{{ . | nindent 12 }}{{ end }}
      volumes:
        - name: temporary
          emptyDir: {sizeLimit: 1Gi}
        {{- with .volumes }}{{ . | nindent 8 }}{{ end }}
  volumeClaimTemplates:
    - apiVersion: v1
      kind: PersistentVolumeClaim
      metadata:
        name: data
      spec:
        accessModes: [ReadWriteOnce]
        {{- with .root.Values.trial.storageClass }}
        storageClassName: {{ . }}
        {{- end }}
        resources:
          requests: {storage: {{ .own.size }}}
{{- end }}

{{/* A variable from the Secret of the pipeline. Takes root, name and key. */}}
{{- define "colorisebot.trialSecret" -}}
- name: {{ .name }}
  valueFrom:
    secretKeyRef: {name: {{ .root.Values.secrets.pipeline }}, key: {{ .key }}}
{{- end }}
