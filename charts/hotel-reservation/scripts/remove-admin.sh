#!/bin/bash

echo "Removing the admin user..."

mongo admin -u root -p root --authenticationDatabase admin --eval 'db.dropUser("admin")'

echo "Admin user removed."
