-- By another column than the key: every record changes its partition. Windows are kept for so long
-- that all can be compared at the end, and no pause of the machine makes a partition idle.
SET 'num.stream.threads' = '${WORKERS}';
SET 'oxbow.upstream.idle.ms' = '600000';
CREATE TABLE flows WITH (KAFKA_TOPIC = 'flows') AS
  SELECT gauge, COUNT(*) AS n, SUM(flow) AS total, MIN(flow) AS least, MAX(flow) AS most
  FROM readings
  WINDOW TUMBLING (SIZE 1 SECOND, RETENTION 365 DAYS, GRACE PERIOD 2 SECONDS)
  GROUP BY gauge;
