#!/bin/bash

echo "Creating the admin user with access to the {{ .db }}-db database..."

mongo admin -u root -p root --authenticationDatabase admin \
  --eval 'db.createUser({ user: "admin", pwd: "admin", roles: [{ role: "userAdminAnyDatabase", db: "admin" }] })'
mongo admin -u root -p root --authenticationDatabase admin \
  --eval 'db.grantRolesToUser("admin", [{ role: "readWrite", db: "{{ .db }}-db" }])'

echo "Admin user restored."
