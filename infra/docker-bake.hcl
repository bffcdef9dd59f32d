# All images: docker buildx bake --file infra/docker-bake.hcl            (from the root of the repository)
# One:        docker buildx bake --file infra/docker-bake.hcl --load --set '*.platform=linux/amd64' colorise
# Published:  REVISION=$(git rev-parse HEAD) CREATED=$(date -u +%Y-%m-%dT%H:%M:%SZ) docker buildx bake … --push
#
# SBOM and provenance are kept beside an image in a registry: --load drops them, or is refused for them. `--set
# '*.attest='` does without.

variable "REGISTRY" {
  default = "ghcr.io/colorisebot"
}

variable "VERSION" {
  default = "0.1.0"
}

variable "REVISION" {
  default = "unknown"
}

variable "CREATED" {
  default = "1970-01-01T00:00:00Z"
}

# With its digest, python@sha256:…, a build a year later begins with the same base.
variable "BASE" {
  default = "python:3.11-slim-bookworm"
}

group "default" {
  targets = ["colorise", "video-split", "connector", "bot", "demo"]
}

target "program" {
  context   = "."
  platforms = ["linux/amd64", "linux/arm64"]
  args = {
    BASE     = BASE
    VERSION  = VERSION
    REVISION = REVISION
    CREATED  = CREATED
  }
  attest = ["type=provenance,mode=max", "type=sbom"]
}

target "colorise" {
  inherits   = ["program"]
  dockerfile = "functions/colorise/Dockerfile"
  tags       = ["${REGISTRY}/colorise:${VERSION}"]
}

target "video-split" {
  inherits   = ["program"]
  dockerfile = "functions/video_split/Dockerfile"
  tags       = ["${REGISTRY}/video-split:${VERSION}"]
}

target "connector" {
  inherits   = ["program"]
  dockerfile = "functions/connector/Dockerfile"
  tags       = ["${REGISTRY}/connector:${VERSION}"]
}

target "bot" {
  inherits   = ["program"]
  dockerfile = "bot/Dockerfile"
  tags       = ["${REGISTRY}/bot:${VERSION}"]
}

target "demo" {
  inherits   = ["program"]
  dockerfile = "demo/Dockerfile"
  tags       = ["${REGISTRY}/demo:${VERSION}"]
}
