-- Three fields of half of the records.
CREATE STREAM q1 WITH (KAFKA_TOPIC = '${SINK}') AS
  SELECT station, id, river, flow FROM readings WHERE flow >= 500;
