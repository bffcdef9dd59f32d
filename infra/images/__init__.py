"""Our images without a container engine: what a Dockerfile says, done in a folder, measured, and run from there."""
