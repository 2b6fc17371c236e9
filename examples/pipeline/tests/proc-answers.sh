#!/bin/sh
# TAP: one line for each file that everything on a machine relies on.
echo "1..4"
n=0
for file in uptime meminfo stat loadavg; do
  n=$((n + 1))
  if [ -n "$(cat "/proc/$file")" ]; then echo "ok $n $file"; else echo "not ok $n $file"; fi
done
