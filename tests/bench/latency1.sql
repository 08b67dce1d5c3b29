-- q1 with the time at which the record was sent.
CREATE STREAM q1 WITH (KAFKA_TOPIC = '${SINK}') AS
  SELECT station, id, sent, flow FROM readings WHERE flow >= 500;
