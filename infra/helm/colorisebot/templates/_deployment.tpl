{{/*
A program of ours as a Deployment, with its account and its disruption budget. Takes:
  root       the chart
  component  last word of its name, and its label
  own        its part of the values
  image      last word of the image's name
  args       for the entry point
  variables  name → value, as YAML; own.settings go before them
  files      sources of the volume of secrets, as YAML; may be empty
  port       name of the port at which it says whether it is well
  ports      name → number, as YAML
  replicas   how many; none where something else says how many
  strategy   of updates, as YAML
  startupSeconds  until it is given up that it comes up
*/}}
{{- define "colorisebot.deployment" -}}
{{- $name := printf "%s-%s" (include "colorisebot.fullname" .root) .component -}}
{{- $own := .own -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ $name }}
  labels: {{- include "colorisebot.labels" . | nindent 4 }}
automountServiceAccountToken: false
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ $name }}
  labels: {{- include "colorisebot.labels" . | nindent 4 }}
spec:
  {{- if ne .replicas "" }}
  replicas: {{ .replicas }}
  {{- end }}
  revisionHistoryLimit: 5
  strategy: {{- .strategy | nindent 4 }}
  selector:
    matchLabels: {{- include "colorisebot.selector" . | nindent 6 }}
  template:
    metadata:
      labels: {{- include "colorisebot.labels" . | nindent 8 }}
      {{- with $own.podAnnotations }}
      annotations: {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      serviceAccountName: {{ $name }}
      automountServiceAccountToken: false
      # A Service called colorise-http would set COLORISE_HTTP_PORT to a URL, and the programs would not start.
      enableServiceLinks: false
      terminationGracePeriodSeconds: {{ int $own.graceSeconds }}
      securityContext: {{- include "colorisebot.podSecurity" . | nindent 8 }}
      {{- with .root.Values.image.pullSecrets }}
      imagePullSecrets:
        {{- range . }}
        - name: {{ . }}
        {{- end }}
      {{- end }}
      {{- with $own.priorityClassName }}
      priorityClassName: {{ . }}
      {{- end }}
      {{- with $own.nodeSelector }}
      nodeSelector: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $own.tolerations }}
      tolerations: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $own.affinity }}
      affinity: {{- toYaml . | nindent 8 }}
      {{- end }}
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels: {{- include "colorisebot.selector" . | nindent 14 }}
          matchLabelKeys: [pod-template-hash]
      containers:
        - name: {{ .component }}
          image: {{ include "colorisebot.image" (dict "root" .root "image" .image "tag" $own.tag) }}
          imagePullPolicy: {{ .root.Values.image.pullPolicy }}
          {{- with .args }}
          args: {{- toYaml . | nindent 12 }}
          {{- end }}
          env:
            {{- $variables := merge (deepCopy $own.settings) (fromYaml .variables) (dict "COLORISE_LOG_LEVEL" .root.Values.logLevel) }}
            {{- range $variable, $value := $variables }}
            - name: {{ $variable }}
              value: {{ $value | quote }}
            {{- end }}
          ports:
            {{- range $port, $number := fromYaml .ports }}
            - name: {{ $port }}
              containerPort: {{ int $number }}
            {{- end }}
          securityContext: {{- include "colorisebot.containerSecurity" . | nindent 12 }}
          resources: {{- toYaml $own.resources | nindent 12 }}
          startupProbe:
            httpGet: {path: /_/health, port: {{ .port }}}
            periodSeconds: 2
            failureThreshold: {{ div .startupSeconds 2 }}
          # It answers while it colours: only a program that is stuck is silent for two minutes.
          livenessProbe:
            httpGet: {path: /_/health, port: {{ .port }}}
            periodSeconds: 20
            timeoutSeconds: 10
            failureThreshold: 6
          readinessProbe:
            httpGet: {path: /_/ready, port: {{ .port }}}
            periodSeconds: 5
            timeoutSeconds: 5
          volumeMounts:
            - {name: temporary, mountPath: /tmp}
            {{- if .files }}
            - {name: secrets, mountPath: /var/openfaas/secrets, readOnly: true}
            {{- end }}
            {{- if $own.modelsClaim }}
            - {name: models, mountPath: /models, readOnly: true}
            {{- end }}
      volumes:
        # On the node's disk, not in memory: a film would count against the container's memory, and kill it.
        - name: temporary
          emptyDir: {sizeLimit: {{ $own.temporarySize }}}
        {{- if .files }}
        - name: secrets
          projected:
            defaultMode: 0440
            sources: {{- .files | nindent 14 }}
        {{- end }}
        {{- if $own.modelsClaim }}
        - name: models
          persistentVolumeClaim: {claimName: {{ $own.modelsClaim }}, readOnly: true}
        {{- end }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ $name }}
  labels: {{- include "colorisebot.labels" . | nindent 4 }}
spec:
  # One at a time, also where there is only one: a drain must not hang, and what is in hand is finished first.
  maxUnavailable: 1
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels: {{- include "colorisebot.selector" . | nindent 6 }}
{{- end }}

{{/* Of every pod: Pod Security's level "restricted", and one user. */}}
{{- define "colorisebot.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{/* Of every container. */}}
{{- define "colorisebot.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* An update that never has fewer than there were: two versions work side by side for a while. */}}
{{- define "colorisebot.rolling" -}}
type: RollingUpdate
rollingUpdate: {maxSurge: 1, maxUnavailable: 0}
{{- end }}
