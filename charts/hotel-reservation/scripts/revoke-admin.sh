#!/bin/bash

echo "Revoking readWrite privilege from the admin user for the {{ .db }}-db database..."

mongo admin -u admin -p admin --authenticationDatabase admin \
  --eval 'db.revokeRolesFromUser("admin", [{ role: "readWrite", db: "{{ .db }}-db" }])'

echo "Privilege readWrite on {{ .db }}-db revoked."
