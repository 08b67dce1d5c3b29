-- By the record's own key: nothing is repartitioned.
SET 'cache.max.bytes.buffering' = '${CACHE}';
SET 'oxbow.store.cap.bytes' = '${CAP}';
CREATE TABLE q2 WITH (KAFKA_TOPIC = '${SINK}') AS
  SELECT station, COUNT(*) AS n, SUM(flow) AS total
  FROM readings WINDOW TUMBLING (SIZE ${SIZE} MILLISECONDS)
  GROUP BY station;
