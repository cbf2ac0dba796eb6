#!/bin/sh
# The price history is checked in memory before the first order is taken: 24 MiB of it.
echo 'orders: loading the price history'
head -c 25165824 /dev/zero | tail -c 25165824 >/dev/null || exit $?
echo "orders: serving on port $PORT, the stock is at $STOCK_URL"
exec httpd -f -p "$PORT" -h /shop/www
