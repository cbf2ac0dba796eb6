#!/bin/bash
# Makes the users of the {{ .db }} database. The entry point runs this once, on an empty data directory.

echo "Creating the users of the {{ .db }}-db database..."

mongo admin <<EOF
db.createUser({
  user: "admin",
  pwd: "admin",
  roles: [
    { role: "userAdminAnyDatabase", db: "admin" },
    { role: "readWrite", db: "{{ .db }}-db" }
  ]
})
db.createUser({
  user: "root",
  pwd: "root",
  roles: [
    { role: "userAdminAnyDatabase", db: "admin" },
    { role: "readWrite", db: "{{ .db }}-db" }
  ]
})
EOF

echo "Users of the {{ .db }}-db database are in place."
