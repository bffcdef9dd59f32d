#!/bin/sh
# Makes the passwords that compose.yaml mounts, a file each, in ./secrets or the folder that is named. What is there
# stays as it is; files that servers read are written anew from it, so run it again after changing a password.
set -eu
umask 077

folder=${1:-$(dirname "$0")/secrets}
mkdir -p "$folder"
chmod 700 "$folder"
cd "$folder"

random() { # so many bytes, as hexadecimal digits
  od -An -v -N"$1" -tx1 /dev/urandom | tr -d ' \n'
}

once() { # name, what a new one holds
  [ -s "$1" ] || printf '%s' "$2" >"$1"
}

once colorise_nats_password "$(random 32)"
once colorise_s3_secret_key "$(random 32)"
once colorise_stand_token "$(random 32)"
once grafana_admin_password "$(random 16)"
# The operator's number of the stand: eight digits.
once colorise_demo_pin "$(od -An -v -N4 -tu4 /dev/urandom | awk '{ printf "%08d", $1 % 100000000 }')"

# Keys of X are yours to fill in; docs/operations.md says where they are found. Empty ones are as none.
for name in consumer_key consumer_secret access_token access_token_secret bearer_token; do
  [ -e "colorise_x_$name" ] || : >"colorise_x_$name"
done

printf 'authorization {\n  user: "colorise"\n  password: "%s"\n}\n' "$(cat colorise_nats_password)" >nats_user.new
printf '{"identities": [{"name": "colorise", "actions": ["Admin", "Read", "Write", "List", "Tagging"],\n "credentials": [{"accessKey": "colorise", "secretKey": "%s"}]}]}\n' \
  "$(cat colorise_s3_secret_key)" >seaweedfs_s3.new
mv nats_user.new nats_user.conf
mv seaweedfs_s3.new seaweedfs_s3.json
if [ ! -s seaweedfs_security.toml ]; then
  for part in jwt.signing jwt.signing.read jwt.filer_signing jwt.filer_signing.read; do
    printf '[%s]\nkey = "%s"\n' "$part" "$(random 32)"
  done >seaweedfs_security.new
  mv seaweedfs_security.new seaweedfs_security.toml
fi

# Compose mounts each file as it is, for programs that are not this user. Nobody else gets past the folder.
chmod 644 ./*
