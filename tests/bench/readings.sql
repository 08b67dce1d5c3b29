-- What bench_make writes: seven fields, all declared.
CREATE STREAM readings (station STRING KEY, id BIGINT, sent BIGINT, river STRING, level DOUBLE,
    flow INTEGER, temperature DOUBLE, remark STRING)
  WITH (KAFKA_TOPIC = '${TOPIC}', VALUE_FORMAT = 'JSON', PARTITIONS = 4);
