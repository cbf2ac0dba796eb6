#!/bin/sh
# Items that were never counted get an empty shelf; what is on the volume stays.
while read -r item _; do
  [ -f "/data/$item" ] || echo 1000000 >"/data/$item"
done </catalogue/catalogue.txt
rm -rf /data/*.lock
echo "stock: serving on port $PORT with $(ls /data | wc -l) items"
exec httpd -f -p "$PORT" -h /shop/www
