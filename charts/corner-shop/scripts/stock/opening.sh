#!/bin/sh
. /shop/lib.sh
until fetch "$STOCK_URL/cgi-bin/healthz"; do
  echo 'waiting for the stock store'
  sleep 2
done
while read -r item _; do
  fetch "$STOCK_URL/cgi-bin/restock?item=$item&n=$AMOUNT" || exit 1
done </catalogue/catalogue.txt
echo 'the shelves are full'
