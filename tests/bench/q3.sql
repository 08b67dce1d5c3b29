-- By a column of a dozen values: every record changes its partition.
SET 'cache.max.bytes.buffering' = '${CACHE}';
SET 'oxbow.store.cap.bytes' = '${CAP}';
CREATE TABLE q3 WITH (KAFKA_TOPIC = '${SINK}') AS
  SELECT river, COUNT(*) AS n, SUM(flow) AS total
  FROM readings WINDOW TUMBLING (SIZE ${SIZE} MILLISECONDS, GRACE PERIOD 2 SECONDS)
  GROUP BY river;
