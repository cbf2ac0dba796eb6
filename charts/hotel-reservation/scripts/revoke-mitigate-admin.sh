#!/bin/bash

echo "Restoring readWrite privilege to the admin user for the {{ .db }}-db database..."

mongo admin -u admin -p admin --authenticationDatabase admin \
  --eval 'db.grantRolesToUser("admin", [{ role: "readWrite", db: "{{ .db }}-db" }])'

echo "Privilege readWrite on {{ .db }}-db restored."
