-- q2 with the time at which the last record of the group was sent.
CREATE TABLE q2 WITH (KAFKA_TOPIC = '${SINK}') AS
  SELECT station, COUNT(*) AS n, SUM(flow) AS total, MAX(sent) AS sent
  FROM readings WINDOW TUMBLING (SIZE ${SIZE} MILLISECONDS)
  GROUP BY station;
