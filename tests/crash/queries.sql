-- The shapes of the proof: several queries over shared sources. model.py has the same rules again.
-- ${run} keeps the topics of runs on one cluster apart.

CREATE STREAM events (k VARCHAR KEY, id BIGINT, grp VARCHAR, v BIGINT, note VARCHAR)
  WITH (kafka_topic = '${run}events', value_format = 'JSON', partitions = 4);
CREATE TABLE users (k VARCHAR PRIMARY KEY, city VARCHAR, serial BIGINT)
  WITH (kafka_topic = '${run}users', value_format = 'JSON', partitions = 4);
CREATE TABLE caps (k VARCHAR PRIMARY KEY, serial BIGINT)
  WITH (kafka_topic = '${run}caps', value_format = 'JSON', partitions = 4);

CREATE STREAM picked WITH (kafka_topic = '${run}PICKED') AS
  SELECT k, id, v * 2 AS w, UCASE(note) AS note FROM events WHERE v % 3 <> 0;

-- By the record's own key: no exchange.
CREATE TABLE by_key WITH (kafka_topic = '${run}BY_KEY') AS
  SELECT k, COUNT(*) AS n, SUM(v) AS s FROM events
  WINDOW TUMBLING (SIZE 10 SECONDS, GRACE PERIOD 2 SECONDS) GROUP BY k;

-- By another column: an exchange between four partitions and four.
CREATE TABLE by_grp WITH (kafka_topic = '${run}BY_GRP') AS
  SELECT grp, COUNT(*) AS n, SUM(v) AS s FROM events
  WINDOW TUMBLING (SIZE 10 SECONDS, GRACE PERIOD 2 SECONDS) GROUP BY grp;

-- Rows come and go, since v may be negative.
CREATE TABLE hot WITH (kafka_topic = '${run}HOT') AS
  SELECT k, COUNT(*) AS n, SUM(v) AS s FROM events GROUP BY k HAVING SUM(v) % 2 = 0;

-- Over a table: a change takes the old row out of its group and puts the new one into another.
CREATE TABLE cities WITH (kafka_topic = '${run}CITIES') AS
  SELECT city, COUNT(*) AS n, SUM(serial) AS s FROM users GROUP BY city;

CREATE STREAM enriched WITH (kafka_topic = '${run}ENRICHED') AS
  SELECT events.k AS k, events.id AS id, users.city AS city, users.serial AS serial
  FROM events LEFT JOIN users ON events.k = users.k;

CREATE TABLE pairs WITH (kafka_topic = '${run}PAIRS') AS
  SELECT ROWKEY AS k, users.serial AS us, caps.serial AS cs
  FROM users FULL OUTER JOIN caps ON users.k = caps.k;

-- A table made from a table that is made here.
CREATE TABLE levels WITH (kafka_topic = '${run}LEVELS') AS
  SELECT n, COUNT(*) AS m, SUM(s) AS s FROM hot GROUP BY n;
