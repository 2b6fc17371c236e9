#!/bin/sh
# Copies the signed repository to a bucket or a web server's folder, for a CDN to serve: to-bucket.sh FOLDER TARGET
# TARGET is rclone's (`s3:patches/klp`, `sftp:/srv/www/klp`, a folder). Run it after every change: a timer of a minute will do.
set -eu
[ $# = 2 ] || { echo "usage: to-bucket.sh FOLDER TARGET" >&2; exit 64; }
folder=$1 target=$2

# The timestamp names all the rest, so it is read first and written last: whatever it names is there by then, and machines
# that read meanwhile see the state before. Only it ever changes.
timestamp=$(mktemp)
trap 'rm -f "$timestamp"' EXIT
cat "$folder/metadata/timestamp.json" > "$timestamp"

# No lock, no half-written file, nothing that a person put there. A file of the same name and other bytes is an error.
rclone copy --immutable --checksum \
  --header-upload 'Cache-Control: public, max-age=31536000, immutable' \
  --filter '- *.tmp*' --filter '- /metadata/timestamp.json' \
  --filter '+ /metadata/**' --filter '+ /targets/**' --filter '+ /payloads/**' --filter '- *' \
  "$folder" "$target"

rclone copyto --ignore-times --header-upload 'Cache-Control: no-cache' "$timestamp" "$target/metadata/timestamp.json"
