#!/bin/sh
echo "web: serving on port $PORT, orders go to $ORDERS_URL"
touch /tmp/requests
exec httpd -f -p "$PORT" -h /shop/www
